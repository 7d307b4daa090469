"""Pictures in a folder of this machine, or of a file system that all web processes share."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import structlog

from core.proofs.storage.interface import ObjectMissing, StoreUnavailable, check_name


log = structlog.get_logger(__name__)


class DiskStore:
    """Each picture is a file that only this user may read, below the folder of its leg."""

    def __init__(self, root: Path) -> None:
        """Keep everything below `root`."""
        self._root = root

    def put(self, name: str, content: bytes, *, content_type: str) -> None:  # noqa: ARG002  told by the name's end
        """Write beside, then rename: nobody reads half a picture."""
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, beside = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).replace(path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError as error:
            log.warning("proofs.disk_failed", name=name, error=str(error))
            raise StoreUnavailable from error

    def get(self, name: str) -> bytes:
        """Read the file."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError as error:
            raise ObjectMissing(name) from error
        except OSError as error:
            log.warning("proofs.disk_failed", name=name, error=str(error))
            raise StoreUnavailable from error

    def has(self, name: str) -> bool:
        """Look for the file."""
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        """Remove the file, and its folder with the last one."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("proofs.disk_failed", name=name, error=str(error))
            raise StoreUnavailable from error
        with suppress(OSError):
            path.parent.rmdir()

    def _path(self, name: str) -> Path:
        return self._root / check_name(name)
