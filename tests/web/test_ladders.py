"""The page of ladders: for operators, with a word for everything it can show."""

import pytest

from notifications.escalation import Channel, Condition
from notifications.ladders.scopes import every_scope
from notifications.ladders.steps import Wrong
from notifications.ladders.timeline import END
from notifications.policies import Role
from tests.builders import make_merchant, make_operator, make_person
from tests.web.test_pages import client_of
from web.languages import LOCALES, words_in


class TestPage:
    @pytest.mark.django_db
    def test_is_for_operators_and_names_the_shops(self) -> None:
        merchant = make_merchant()
        answer = client_of(make_operator()).get("/operator/ladders")
        assert merchant.name in answer.content.decode()
        assert client_of(make_person("Li")).get("/operator/ladders").status_code == 404

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
