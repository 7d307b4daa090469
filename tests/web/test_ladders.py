"""The screen of ladders has a word for everything it can show."""

import pytest

from notifications.escalation import Channel, Condition
from notifications.ladders.scopes import every_scope
from notifications.ladders.steps import Wrong
from notifications.ladders.timeline import END
from notifications.policies import Role
from web.languages import LOCALES, words_in


class TestWords:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_has_a_word_for_everything(self, locale: str) -> None:
        words = words_in(locale)
        assert words["ladder_channels"].keys() == {*Channel, END}
        assert words["ladder_conditions"].keys() == {*Condition}
        assert words["ladder_roles"].keys() == {*Role}
        assert words["ladder_faults"].keys() == {*Wrong, "unreadable"}
        scopes = list(every_scope())
        assert words["ladder_notices"].keys() == {each.template for each in scopes} - {""}
        assert {str(each.category) for each in scopes if each.category} <= words[
            "categories"
        ].keys()
