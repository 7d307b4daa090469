"""`manage.py check` refuses a book by which some text could not go out."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from notifications.channels.sms_provider import Approved
from notifications.escalation import Channel
from notifications.sandbox.texts import SPOKEN
from notifications.templates import TEXT_VARIABLES
from notifications.texting.book import Book, BookInvalidError, TextTemplate, read_book
from notifications.texting.checks import check_book, needed_texts
from tests.notifications.delivery.world import Outside
from tests.notifications.texting.conftest import WriteBook, templates


ROUTE = '[routes]\n"+86" = ["aliyun", "tencent"]\n'


def faults() -> list[str | None]:
    return [each.id for each in check_book()]


class TestBook:
    def test_that_names_everything_is_in_order(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(ROUTE + templates("aliyun", "tencent"))
        assert faults() == []
        call_command("check")

    def test_needs_an_approved_template_for_each_text_that_climbs(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        assert {"order_placed", "order_update"} <= needed_texts(Channel.SMS)
        write_book(ROUTE + templates("aliyun"))
        assert faults() == ["notifications.E004"] * len(needed_texts(Channel.SMS))
        with pytest.raises(SystemCheckError, match="tencent has no approved template"):
            call_command("check")

    def test_counts_no_template_that_waits_for_approval(
        self, outside: Outside, write_book: WriteBook
    ) -> None:
        write_book(ROUTE + templates("tencent", "aliyun") + 'status = "pending"\n')
        assert faults() == ["notifications.E004"]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("not toml", "notifications.E001"),
            ("surprise = 1", "notifications.E001"),
            ("[[limits.aliyun]]\ncount = 0\nseconds = 1", "notifications.E001"),
            ('[routes]\n"+" = ["pigeon"]', "notifications.E002"),
            ('[calls]\n"+" = ["aliyun"]', "notifications.E002"),
            (templates("twilio") + 'code = "HX1"', "notifications.E005"),
            (templates("aliyun") + 'text = "$secret"', "notifications.E005"),
            (templates("aliyun").replace("order_placed", "poem"), "notifications.E005"),
            (templates("aliyun") + f'text = "{"单" * 200}"', "notifications.E007"),
            (templates("aliyun").replace('sign = "派单"', 'sign = ""'), "notifications.E005"),
        ],
    )
    def test_is_told_where_it_is_wrong(
        self, outside: Outside, write_book: WriteBook, text: str, fault: str
    ) -> None:
        write_book(text)
        assert fault in faults()

    def test_needs_accounts_and_a_secret_address(self, write_book: WriteBook) -> None:
        write_book(ROUTE + templates("aliyun", "tencent"))
        assert faults() == ["notifications.E003"] * 2

    def test_needs_a_secret_address_for_vendors_that_sign_nothing(
        self, outside: Outside, write_book: WriteBook, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PAIDAN_SMS_RECEIPT_TOKEN")
        write_book(ROUTE + templates("aliyun", "tencent"))
        assert faults() == ["notifications.E006"] * 2

    def test_in_the_runbook_can_be_read(self, tmp_path: Path) -> None:
        page = (Path(__file__).resolve().parents[3] / "docs/runbook.md").read_text()
        path = tmp_path / "vendors.toml"
        path.write_text(page.partition("```toml\n")[2].partition("```")[0])
        known = read_book(path)
        assert known.route(Channel.SMS, "+8613800138000") == ("aliyun", "tencent")
        assert known.approved("twilio", "order_update", "en") is not None

    def test_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(BookInvalidError):
            read_book(tmp_path / "none.toml")


class TestTexts:
    def test_that_climb_have_their_values_named(self) -> None:
        assert needed_texts(Channel.SMS) <= set(TEXT_VARIABLES)

    def test_that_are_read_aloud_can_be_by_the_sandbox(self) -> None:
        assert needed_texts(Channel.CALL) <= set(SPOKEN)


class TestRoute:
    def test_is_that_of_the_longest_beginning(self) -> None:
        book = Book(routes={"+": ("twilio",), "+86": ("aliyun",), "+861": ("tencent",)})
        assert book.route(Channel.SMS, "+8613800138000") == ("tencent",)
        assert book.route(Channel.SMS, "+46701740605") == ("twilio",)
        assert book.route(Channel.CALL, "+46701740605") == ()


class TestApproved:
    def test_is_in_the_readers_language_where_there_is_one(self) -> None:
        book = Book(
            templates=tuple(
                TextTemplate(provider="twilio", template="order_placed", locale=each, text=each)
                for each in ("en", "zh-CN")
            )
        )
        for locale, words in (("en", "en"), ("zh-CN", "zh-CN"), ("fr", "zh-CN")):
            assert book.approved("twilio", "order_placed", locale) == Approved(text=words)
        assert book.approved("twilio", "order_update", "en") is None
