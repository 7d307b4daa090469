"""Run the proxy on its own: `python -m tests.proxy --upstream 8000 --port 9000 --seed 7`."""

import argparse
import asyncio
import json
import sys

from tests.proxy.control import serve_control
from tests.proxy.faults import Faults
from tests.proxy.proxy import HOST, Proxy


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proxy", description=__doc__)
    parser.add_argument("--upstream", required=True, action="append", help="[host:]port; repeat")
    parser.add_argument("--port", type=int, default=0, help="where clients connect")
    parser.add_argument("--control-port", type=int, default=0, help="where faults are set")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same fates")
    parser.add_argument("--faults", type=json.loads, default={}, help="members of Faults as JSON")
    return parser.parse_args()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host or HOST, int(port)


async def _main(options: argparse.Namespace) -> None:
    upstreams = [_address(text) for text in options.upstream]
    faults = Faults(**options.faults)
    async with Proxy(upstreams, port=options.port, seed=options.seed, faults=faults) as proxy:
        runner = await serve_control(proxy, options.control_port)
        try:
            control = runner.addresses[0][1]
            print(json.dumps({"port": proxy.port, "control_port": control}), flush=True)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    try:
        asyncio.run(_main(_options()))
    except KeyboardInterrupt:
        sys.exit(0)
