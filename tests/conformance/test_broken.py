"""The suite can fail: of a hub that breaks a rule it names the check and the rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.conformance import broken
from tests.conformance.__main__ import main
from tests.conformance.run import Result, all_checks, make
from tests.conformance.world import Place


CHECKS = {check.name: check for check in all_checks()}


@pytest.fixture
def place(hubs: Callable[[str], Place]) -> Place:
    """A hub that keeps every rule; one server is enough to break them before."""
    return hubs("uvicorn")


async def judged(place: Place, kind: type[broken.Spoiler], name: str) -> Result:
    """Make one check of the hub as the proxy shows it."""
    real = place.url.replace("http", "ws", 1)
    async with broken.broken_hub(real, kind) as spoilt:
        return await make(CHECKS[name], replace(place, socket_url=spoilt))


@pytest.mark.parametrize(
    ("kind", "name", "rule"),
    [
        (broken.DropsAnEvent, "order.gapless", "chain"),
        (broken.DropsAnEventAndHidesIt, "order.gapless", "gapless"),
        (broken.RepeatsAnEvent, "order.gapless", "once"),
        (broken.SwapsTwoEvents, "order.gapless", "chain"),
        (broken.ClaimsToHaveRecovered, "resume.other_epoch", "recovered"),
        (broken.ClaimsToHaveRecovered, "snapshots.first", "recovered"),
        (broken.RecoversAPart, "resume.inside_the_ring", "count"),
        (broken.NeverRecovers, "resume.one_behind", "recovered"),
        (broken.ShowsAnOldRow, "order.gapless", "version"),
        (broken.ForgetsReceipts, "order.critical_events_carry_receipts", "critical"),
        (broken.TellsStrangers, "topics.hidden_from_strangers", "secrecy"),
        (broken.ForgetsWhoAsked, "commands.ok", "answer"),
        (broken.SendsText, "snapshots.first", "frame"),
        (broken.ForgivesEverything, "malformed.three_close", "close"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_broken_rule_is_named(
    place: Place, kind: type[broken.Spoiler], name: str, rule: str
) -> None:
    result = await judged(place, kind, name)
    assert (result.state, result.rule) == ("failed", rule), result.got


@pytest.mark.parametrize(
    "name", ["order.gapless", "resume.one_behind", "snapshots.first", "malformed.three_close"]
)
async def test_the_proxy_itself_breaks_nothing(place: Place, name: str) -> None:
    result = await judged(place, broken.Spoiler, name)
    assert result.state == "passed", result


class TestCommandLine:
    def test_ends_with_a_count_and_0_when_all_passed(
        self, place: Place, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--url", place.url, "--token", place.staff_token]
        assert main([*where, "--only", "snapshots.first"]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"

    def test_ends_with_1_when_one_failed(
        self, place: Place, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--url", "http://127.0.0.1:9", "--token", place.staff_token]
        assert main([*where, "--only", "snapshots.first"]) == 1
        assert "served: expected a hub that answers" in capsys.readouterr().out

    def test_says_what_was_left_out(
        self, place: Place, capsys: pytest.CaptureFixture[str]
    ) -> None:
        where = ["--url", place.url, "--token", place.staff_token]
        assert main([*where, "--only", "topics.own_jobs", "--json"]) == 0
        assert '"left out": 1' in capsys.readouterr().out

    def test_names_every_check(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--list"]) == 0
        named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
        assert set(named) <= set(CHECKS)
        assert "resume.same_position" in named
