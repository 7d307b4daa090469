"""Every notice has its words, in every language, with declared variables only."""

from string import Template

import pytest

from notifications.policies import KINDS
from notifications.sandbox.texts import APPROVED
from notifications.templates import (
    LOCALES,
    TEMPLATES,
    TEXT_VARIABLES,
    sms_for,
    words_for,
)
from notifications.variables import VARIABLES


GIVEN = {
    "number": 7,
    "shop": "Noodle House",
    "total": "¥45.00",
    "minutes": 5,
    "provider": "aliyun",
    "percent": 80,
}


class TestTemplates:
    def test_exist_for_every_kind_of_notice(self) -> None:
        assert set(TEMPLATES) == set(KINDS)

    @pytest.mark.parametrize("name", TEMPLATES)
    def test_speak_every_language_with_declared_variables(self, name: str) -> None:
        template = TEMPLATES[name]
        assert tuple(template.words) == LOCALES
        for words in template.words.values():
            used = Template(f"{words.title} {words.body}").get_identifiers()
            assert set(used) <= template.variables <= set(VARIABLES)

    @pytest.mark.parametrize("name", [name for name, each in TEMPLATES.items() if each.sms])
    def test_fit_the_approved_text_message(self, name: str) -> None:
        for locale in LOCALES:
            text = sms_for(name, locale, GIVEN)
            assert text is not None
            assert "$" not in Template(APPROVED[text.template]).substitute(text.variables)
            assert set(text.variables) == TEXT_VARIABLES[text.template]

    def test_fall_back_to_the_default_language(self) -> None:
        assert words_for("order_ready", "fr", GIVEN) == words_for("order_ready", "zh-CN", GIVEN)
