"""Templates are looked at when the program starts, and can be looked at by people."""

from types import MappingProxyType

import pytest

from notifications.checks import check_templates, faults
from notifications.previews import get_previews
from notifications.templates import LOCALES, TEMPLATES, NoticeTemplate, Words


def template(title: str = "", variables: str = "", url: str = "/") -> NoticeTemplate:
    words = MappingProxyType({locale: Words(title=title, body="") for locale in LOCALES})
    return NoticeTemplate(words=words, variables=frozenset(variables.split()), url=url)


class TestCheck:
    def test_finds_nothing_wrong_with_ours(self) -> None:
        assert check_templates() == []

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (template("#$number"), "uses $number, which it does not declare"),
            (template(variables="weather"), "declares the unknown variable weather"),
            (template("100 $"), "cannot be read"),
            (template(url="/$colour"), "link: uses $colour"),
            (NoticeTemplate(words=MappingProxyType({})), "no words in en"),
        ],
    )
    def test_finds_what_a_notice_would_break_on(self, wrong: NoticeTemplate, said: str) -> None:
        assert any(said in each for each in faults(wrong))


class TestPreviews:
    def test_show_every_template_in_every_language_without_a_gap(self) -> None:
        previews = list(get_previews())
        assert len(previews) == len(TEMPLATES) * len(LOCALES)
        assert all(each.title and each.body for each in previews)
        assert not [each for each in previews if "$" in each.title + each.body]
