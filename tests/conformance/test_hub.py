"""Our own hub passes every check of the suite, on both servers."""

import pytest

from tests.conformance.registry import Check
from tests.conformance.run import all_checks, make
from tests.conformance.world import Place


QUICK = [check for check in all_checks() if not check.slow and not check.ends]
SLOW = [check for check in all_checks() if check.slow]
LAST = [check for check in all_checks() if check.ends]


@pytest.mark.parametrize("check", QUICK, ids=lambda check: check.name)
async def test_keeps_the_rule(check: Check, place: Place) -> None:
    await passes(check, place)


@pytest.mark.parametrize("check", SLOW, ids=lambda check: check.name)
async def test_keeps_the_rule_that_takes_time(check: Check, impatient: Place) -> None:
    await passes(check, impatient)


@pytest.mark.parametrize("check", LAST, ids=lambda check: check.name)
async def test_keeps_the_rule_to_its_end(check: Check, short_lived: Place) -> None:
    await passes(check, short_lived)


async def passes(check: Check, place: Place) -> None:
    result = await make(check, place)
    assert result.state == "passed", f"{result.rule}: expected {result.expected}, got {result.got}"
