"""The client's document, the addresses that lead to its screens, and its service worker."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.builders import make_person
from tests.web.test_pages import client_of
from web.worker import ASSETS_URL


THING = "01a21d94-63e9-7334-8486-a96b297e849b"
LED = {
    "/": "/app/",
    "/login?next=/orders/1": "/app/login/index?next=%2Forders%2F1",
    "/shops": "/app/shops/index",
    f"/shops/{THING}": f"/app/shop/index?id={THING}",
    f"/orders/{THING}?notice=1": f"/app/order/index?notice=1&id={THING}",
    "/settings": "/app/settings/index",
    "/inbox": "/app/inbox/index",
}


class TestAddress:
    @pytest.mark.parametrize("address", LED)
    def test_leads_to_its_screen(self, address: str) -> None:
        for method in (Client().get, Client().head):
            answer = method(address)
            assert (answer.status_code, answer["Location"]) == (302, LED[address])

    def test_takes_nothing(self) -> None:
        assert Client().post("/settings").status_code == 405

    @pytest.mark.django_db
    @pytest.mark.parametrize("address", ["/nowhere", "/offline"])
    def test_of_nothing_shows_the_client_that_says_so(self, address: str) -> None:
        for client in (Client(), client_of(make_person())):
            answer = client.get(address)
            assert answer.status_code == 404
            assert '<div id="app">' in answer.content.decode()


class TestManifest:
    def test_makes_it_an_app(self) -> None:
        page = Client().get("/app/").content.decode()
        (address,) = re.findall(r'rel="manifest" href="([^"]+)"', page)
        manifest = json.loads(_read(address))
        assert (manifest["start_url"], manifest["display"]) == ("/app/", "standalone")
        sizes = {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]}
        wanted = {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"), ("any", "any")}
        assert sizes >= wanted
        for icon in manifest["icons"]:
            picture = _read(f"/static/web/{icon['src']}")
            if icon["type"] == "image/png":
                assert picture.startswith(b"\x89PNG")
                width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
                assert icon["sizes"] == f"{width}x{height}"


class TestServiceWorker:
    def test_is_served_from_the_root(self) -> None:
        answer = Client().get("/sw.js")
        assert answer["Content-Type"].startswith("text/javascript")
        assert answer["Cache-Control"] == "no-cache"
        assert b"showNotification" in answer.content

    def test_knows_every_file_of_the_build(self) -> None:
        page = Client().get("/app/").content.decode()
        needed = set(re.findall(rf'"({ASSETS_URL}assets/[^"]+\.(?:js|css))"', page))
        told = _told()
        assert needed
        assert needed <= set(told["files"])
        assert re.fullmatch(r"[0-9a-f]{16}", told["version"])
        assert all(_read(address) for address in told["files"])


def _told() -> dict[str, Any]:
    text = Client().get("/sw.js").content.decode()
    told: dict[str, Any] = json.loads(text.partition("self.CLIENT = ")[2].partition(";\n")[0])
    return told


def _read(address: str) -> bytes:
    answer = Client().get(address)
    assert answer.status_code == 200, address
    return b"".join(answer) if answer.streaming else answer.content
