"""What browsers may keep of the client, and how it is sent."""

from contextlib import closing
from typing import Final

import pytest
from django.test import Client

from web.app import BUILT


# An answer that is closed by hand has Django look after its connections.
pytestmark = pytest.mark.django_db

SCRIPT: Final = next((BUILT / "assets").glob("index-*.js"))


def fetched(encoding: str) -> dict[str, str]:
    """Return the headers of the script's answer."""
    path = f"/static/app/assets/{SCRIPT.name}"
    with closing(Client().get(path, headers={"Accept-Encoding": encoding})) as response:
        return dict(response.items())


class TestScripts:
    def test_are_kept_for_good(self) -> None:
        assert "immutable" in fetched("gzip")["Cache-Control"]

    @pytest.mark.parametrize(("asked", "sent"), [("gzip", "gzip"), ("identity", None)])
    def test_are_packed_for_those_who_take_that(self, asked: str, sent: str | None) -> None:
        headers = fetched(asked)
        assert headers.get("Content-Encoding") == sent
        whole = SCRIPT.with_name(f"{SCRIPT.name}.gz") if sent else SCRIPT
        assert int(headers["Content-Length"]) == whole.stat().st_size


class TestDocument:
    def test_is_asked_for_each_time(self) -> None:
        assert Client().get("/app/login/index")["Cache-Control"] == "no-cache"
