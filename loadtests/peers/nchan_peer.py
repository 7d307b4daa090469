"""Write the nginx configuration of one nchan edge."""

import shutil
from pathlib import Path

from loadtests.measure.processes import ServerFailed


_TEMPLATE = Path(__file__).parent / "nchan" / "nginx.conf"
_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
    Path("/usr/lib64/nginx/modules/ngx_nchan_module.so"),
)


def command(*, folder: Path, port: int, redis_url: str) -> list[str]:
    """Return the command of an nginx that serves nchan on a port.

    :raises ServerFailed: when nginx or its nchan module is not installed.
    """
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    module = next((path for path in _MODULES if path.exists()), None)
    if not binary or not module:
        raise ServerFailed("needs nginx with nchan (Debian: nginx, libnginx-mod-nchan)")
    folder.mkdir()
    configuration = folder / "nginx.conf"
    text = _TEMPLATE.read_text(encoding="utf-8")
    configuration.write_text(
        text.format(module=module, folder=folder, port=port, redis_url=redis_url),
        encoding="utf-8",
    )
    return [binary, "-e", str(folder / "error.log"), "-c", str(configuration), "-p", str(folder)]
