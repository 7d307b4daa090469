"""The pages on what became of notices: for operators, in both languages."""

import pytest

from notifications.models import Notice
from tests.builders import START, make_courier, make_merchant, make_operator, make_person, place
from tests.web.test_pages import INLINE_SCRIPT, client_of
from web.languages import LOCALES


pytestmark = pytest.mark.django_db


def notice_path() -> str:
    merchant = make_merchant()
    made = Notice.objects.create(
        event_id=place(merchant, make_person()).pk,
        template="new_order",
        category="order_alert",
        variables={"number": 1, "shop": "Noodles", "total": "1.00 CNY"},
        topic=f"merchant:{merchant.pk}",
        subject="order:1",
        created_at=START,
        expires_at=START,
    )
    return f"/operator/notices/{made.pk}"


class TestNotices:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_are_there_for_operators(self, locale: str) -> None:
        operator = make_operator()
        for path in ("/operator/notices", "/operator/dead-letters", notice_path()):
            answer = client_of(operator).get(f"{path}?locale={locale}")
            assert answer.status_code == 200
            assert not INLINE_SCRIPT.search(answer.content.decode())

    def test_are_not_there_for_anybody_else(self) -> None:
        courier = make_courier()
        for path in ("/operator/notices", "/operator/dead-letters", notice_path()):
            assert client_of(courier).get(path).status_code == 404

    def test_must_exist(self) -> None:
        path = "/operator/notices/01a21d94-63e9-7334-8486-a96b297e849b"
        assert client_of(make_operator()).get(path).status_code == 404

    def test_name_every_kind_in_the_readers_language(self) -> None:
        page = client_of(make_operator()).get("/operator/dead-letters?locale=en").content.decode()
        assert '"order_accepted": "Order accepted"' in page
        assert '"shop_campaign": "shop_campaign"' in page
