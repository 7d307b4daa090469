"""The verdict from outside: every part of the check, one after the other."""

import asyncio
import json
import subprocess

from core.environment import ROOT
from web.demo.findings import Findings
from web.demo.installation import Installation
from web.demo.processes import manage
from web.demo.simulation import Simulation
from web.demo.verify_messages import verify_messages
from web.demo.verify_orders import verify_orders
from web.demo.verify_streams import verify_streams


OWN_CHECK = "check_orders"
OWN_CHECK_SECONDS = 600


async def verify(simulation: Simulation, installation: Installation) -> Findings:
    """Ask the API and the sockets whether everything is as it must be."""
    findings = Findings()
    for fault in simulation.world.tally.faults:
        findings.wrong(f"a player stumbled: {fault}")
    await verify_orders(simulation, findings)
    await verify_messages(simulation, findings)
    await verify_streams(simulation, findings)
    await asyncio.to_thread(_run_own_check, installation, findings)
    return findings


def _run_own_check(installation: Installation, findings: Findings) -> None:
    """Ask the product's own check too; it sees what no person may."""
    done = subprocess.run(  # noqa: S603  our own command line
        manage(OWN_CHECK, "--json"),
        cwd=ROOT,
        env=installation.server.env,
        capture_output=True,
        text=True,
        timeout=OWN_CHECK_SECONDS,
        check=False,
    )
    try:
        broken: dict[str, list[str]] = json.loads(done.stdout)["broken"]
    except ValueError:
        findings.wrong(f"{OWN_CHECK} failed: {done.stderr.strip()[-500:]}")
        return
    for rule, lines in broken.items():
        for line in lines:
            findings.wrong(f"{OWN_CHECK}: {rule}: {line}")
