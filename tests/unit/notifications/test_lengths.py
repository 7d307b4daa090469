"""No message becomes longer than its way carries, whatever its variables."""

import pytest

from notifications.channels.webpush import PLAINTEXT_LIMIT_BYTES
from notifications.checks import TOO_LONG, check_templates
from notifications.lengths import MOST_SEGMENTS, longest_push, longest_text, segments
from notifications.sandbox.texts import APPROVED
from notifications.templates import LOCALES, TEMPLATES, TEXT_VARIABLES
from notifications.texting.book import TextTemplate
from notifications.variables import VARIABLES, Variable


class TestPush:
    @pytest.mark.parametrize("template", TEMPLATES)
    def test_fits_at_worst(self, template: str) -> None:
        for locale in LOCALES:
            assert 200 < longest_push(template, locale) <= PLAINTEXT_LIMIT_BYTES

    def test_that_could_not_fit_is_refused_at_the_start(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        huge = Variable(kind=str, longest=5000, sample="x")
        monkeypatch.setattr("notifications.lengths.VARIABLES", {**VARIABLES, "shop": huge})
        monkeypatch.setattr("notifications.messages.TEXT_LIMIT", 5000)
        wrong = check_templates()
        assert {each.id for each in wrong} == {TOO_LONG}
        assert any("order_ready: en" in each.msg for each in wrong)


class TestText:
    @pytest.mark.parametrize(
        ("text", "in_china", "count"),
        [
            ("a" * 70, True, 1),
            ("a" * 71, True, 2),
            ("单" * 160, True, 3),  # 67, 67 and 26: the vendor's own example
            ("a" * 160, False, 1),
            ("a" * 350, False, 3),  # 153, 153 and 44: the vendor's own example
            ("a" * 70 + "单", False, 2),
        ],
    )
    def test_is_charged_in_segments(self, text: str, *, in_china: bool, count: int) -> None:
        assert segments(text, in_china=in_china) == count

    @pytest.mark.parametrize("name", TEXT_VARIABLES)
    @pytest.mark.parametrize("locale", LOCALES)
    def test_of_ours_is_short(self, name: str, locale: str) -> None:
        each = TextTemplate(provider="sandbox", template=name, locale=locale, text=APPROVED[name])
        text = longest_text(each)
        assert "$" not in text
        assert segments(text, in_china=True) <= MOST_SEGMENTS
