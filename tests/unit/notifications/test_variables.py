"""Notices are recorded with what their template declares, or in production with a gap."""

from collections.abc import Iterator

import pytest

from core.environment import environment
from notifications.templates import TEMPLATES, declared_of, recorded_variables, sms_for, words_for
from notifications.variables import GAP, VARIABLES, VariablesWrong, wrong_variables


GIVEN = {"number": 7, "shop": "Noodle House"}
WRONG = [
    ({"number": 7}, "shop is missing", {"number": 7, "shop": GAP}),
    ({**GIVEN, "weather": "fine"}, "weather is not declared", GIVEN),
    ({**GIVEN, "number": "7"}, "number is str", {"number": "7", "shop": "Noodle House"}),
    ({**GIVEN, "shop": None}, "shop is NoneType", {"number": 7, "shop": GAP}),
    ({**GIVEN, "number": True}, "number is bool", {"number": "True", "shop": "Noodle House"}),
]


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PAIDAN_PRODUCTION", "1")
    monkeypatch.setenv("PAIDAN_SECRET_KEY", "x" * 50)
    environment.cache_clear()
    yield
    environment.cache_clear()


class TestRecorded:
    def test_is_exactly_what_is_declared(self) -> None:
        assert recorded_variables("order_ready", GIVEN) == GIVEN

    @pytest.mark.parametrize(("given", "fault", "_kept"), WRONG)
    def test_fails_where_the_mistake_is_made(
        self, given: dict[str, object], fault: str, _kept: dict[str, object]
    ) -> None:
        with pytest.raises(VariablesWrong, match=f"order_ready: .*{fault}"):
            recorded_variables("order_ready", given)

    @pytest.mark.usefixtures("production")
    @pytest.mark.parametrize(("given", "_fault", "kept"), WRONG)
    def test_loses_no_alert_in_production(
        self, given: dict[str, object], _fault: str, kept: dict[str, object]
    ) -> None:
        before = wrong_variables["order_ready"]
        assert recorded_variables("order_ready", given) == kept
        assert wrong_variables["order_ready"] == before + 1
        words = words_for("order_ready", "en", kept)
        assert words.title == "Ready to pick up"
        assert str(kept["number"]) in words.body

    def test_is_cut_to_its_length(self) -> None:
        kept = recorded_variables("order_ready", {**GIVEN, "shop": "n" * 200})
        assert kept["shop"] == "n" * 119 + "…"

    def test_shows_a_gap_for_what_older_notices_do_not_know(self) -> None:
        assert words_for("order_ready", "en", {"number": 7}).body == "Order #7 waits at …."
        text = sms_for("new_order", "en", {})
        assert text is not None
        assert text.variables == {"number": GAP}

    @pytest.mark.parametrize("template", TEMPLATES)
    def test_of_samples_is_what_words_need(self, template: str) -> None:
        samples = {name: each.sample for name, each in VARIABLES.items()}
        kept = recorded_variables(template, declared_of(template, samples))
        for locale in ("en", "zh-CN"):
            assert GAP not in words_for(template, locale, kept).body
