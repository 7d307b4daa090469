"""The demonstration's wall: all panes live, every trouble heals, the tour ends in an audit."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    APIRequestContext,
    Browser,
    BrowserContext,
    Frame,
    FrameLocator,
    Page,
    ViewportSize,
    expect,
)
from playwright.sync_api import Error as Gone

from core.environment import ROOT
from tests.screens.devices import DESKTOP, PHONE
from tests.screens.looks import AXE, CUT, LANGUAGES, RULES, SCHEMES, STILL, axe
from tests.services import MariaDB, Redis
from tests.services.ports import release_port, reserve_port


PANES = ("board-a", "board-b", "tracking", "courier", "operator")
SIZES: tuple[ViewportSize, ...] = (
    DESKTOP,
    {"width": 1440, "height": 900},
    {"width": 1920, "height": 1080},
)
WHOLE = 0.99
HEAL_MS = 400_000
AT_ONCE = ("cut_board", "pay_twice", "pay_late", "sold_out", "two_couriers", "rush", "asleep")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running demonstration."""
    port = reserve_port()
    folder = tmp_path_factory.mktemp("city")
    env = {**os.environ, "PAIDAN_DATA_DIR": str(folder)}
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port)]
    with ExitStack() as beside:
        if "DATABASE_URL" in os.environ:
            env["DATABASE_URL"] = beside.enter_context(MariaDB()).url
        if "REDIS_URL" in os.environ:
            env["REDIS_URL"] = beside.enter_context(Redis()).url
        log = beside.enter_context((folder / "log").open("w"))
        playing = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            yield _address(playing, folder / "log")
        finally:
            playing.terminate()
            playing.wait()
            release_port(port)


def _address(playing: "subprocess.Popen[bytes]", log: Path) -> str:
    while "/demo" not in log.read_text():
        try:
            playing.wait(1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(log.read_text())
    return log.read_text().partition("open ")[2].split()[0]


@pytest.fixture
def wall(browser: Browser, city: str) -> Iterator[Page]:
    """The wall in a visitor's browser."""
    context = browser.new_context(viewport=DESKTOP, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(HEAL_MS)
    page.goto(city)
    yield page
    context.close()


def pane(wall: Page, name: str) -> FrameLocator:
    return wall.frame_locator(f'[data-pane-of="{name}"] iframe')


def press(wall: Page, name: str) -> None:
    wall.click(f'[data-deed="{name}"]')


def heals(wall: Page, trouble: str) -> None:
    line = wall.locator(f'[data-line="{trouble} healed"]').first
    expect(line).to_be_attached(timeout=HEAL_MS)


@pytest.fixture
def phones(browser: Browser) -> Iterator["Phones"]:
    made = Phones(browser)
    yield made
    made.close()


class Phones:
    """Phones that scan codes of the wall, each a browser that knows nothing."""

    def __init__(self, browser: Browser) -> None:
        self.errors: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def scan(self, url: str) -> Page:
        context = self._browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def code_of(wall: Page, name: str) -> str:
    """Press the pane's sign, open the network if it is not; return what the code says."""
    wall.click(f'[data-pane-of="{name}"] [data-deed="phone"]')
    switch = wall.locator("dialog [name=network]")
    if not switch.is_checked():
        expect(wall.locator("dialog .qr")).to_have_count(0)
        switch.check(force=True)
    address = wall.locator("dialog .phone-address")
    expect(address).to_have_text(re.compile(r"^http://[\d.]+:\d+/demo/open/[\w-]{22}$"))
    expect(wall.locator("dialog .qr")).to_be_visible()
    url = address.inner_text()
    wall.click("dialog [data-deed=no]")
    return url


def close_network(wall: Page) -> None:
    press(wall, "network")
    wall.uncheck("dialog [name=network]", force=True)
    expect(wall.locator("dialog [name=network]")).not_to_be_checked()


def refusal(request: APIRequestContext, url: str, **options: Any) -> int:
    return request.fetch(url, headers={"X-Paidan-Wall": "1"}, **options).status


def faults_of(frame: Frame) -> list[str]:
    """What axe, and our own measures, find in one document."""
    frame.evaluate(STILL)
    frame.evaluate(axe())
    return [*frame.evaluate(AXE, list(RULES)), *frame.evaluate(CUT)]


def faults(wall: Page) -> list[str]:
    """The same of the wall and of every pane; a pane may change under the eye, and is left out."""
    found = faults_of(wall.main_frame)
    for frame in wall.main_frame.child_frames:
        with suppress(Gone):
            found += [f"{frame.name}: {fault}" for fault in faults_of(frame)]
    return found


def accept_ringing(wall: Page) -> None:
    """Accept what rings on the owner's board until it was one that rang on both."""
    while wall.locator(".tour").get_attribute("data-step") == "accept":
        ringing = pane(wall, "board-a").locator('.order.rings [data-deed="accept"]').first
        ringing.click(timeout=HEAL_MS)
        with suppress(AssertionError):
            expect(wall.locator(".tour")).not_to_have_attribute("data-step", "accept")


class TestPhone:
    @pytest.mark.parametrize("name", PANES)
    def test_shows_the_screen_of_a_pane(self, wall: Page, phones: Phones, name: str) -> None:
        expect(pane(wall, name).locator(".freshness").first).to_contain_text("实时")
        phone = phones.scan(code_of(wall, name))
        phone.wait_for_url(re.compile(f"pane=phone-{name}"))
        badge = phone.locator(".freshness").first
        expect(badge).to_have_attribute("data-state", re.compile("live|replayed"))
        assert phones.errors == []

    def test_comes_in_once_by_each_code(self, wall: Page, phones: Phones) -> None:
        url = code_of(wall, "board-a")
        phones.scan(url).wait_for_url("**/app/board/index*")
        expect(phones.scan(url).locator(".empty-title")).to_contain_text("已用过")

    def test_never_reaches_the_wall(self, wall: Page, phones: Phones) -> None:
        url = code_of(wall, "board-a")
        phone = phones.scan(url)
        phone.wait_for_url("**/app/board/index*")
        outside = url.partition("/demo")[0]
        for path in ("scene", "phones", "tunnel", "control/state"):
            assert refusal(phone.request, f"{outside}/demo/api/{path}") == 403
        for path in ("sessions", "control/speed", "control/network", "control/codes"):
            assert refusal(phone.request, f"{outside}/demo/api/{path}", method="POST") == 403
        assert refusal(phone.request, f"{outside}/api/v1/client") == 200
        assert refusal(wall.request, f"{outside}/api/v1/client") == 403

    def test_shares_its_order_with_another_phone(self, wall: Page, phones: Phones) -> None:
        url = code_of(wall, "tracking")
        phone = phones.scan(url)
        phone.click('[data-deed="share"]', timeout=HEAL_MS)
        link = phone.locator("dialog [name=url]")
        expect(link).to_have_value(re.compile(re.escape(url.partition("/demo")[0]) + "/t/.+"))
        friend = phones.scan(link.input_value())
        expect(friend.locator("h2[data-state], [data-over=expired]")).to_be_visible()
        assert phones.errors == []

    def test_is_hung_up_on_when_the_network_is_closed(self, wall: Page, phones: Phones) -> None:
        url = code_of(wall, "operator")
        phone = phones.scan(url)
        badge = phone.locator(".freshness").first
        expect(badge).to_have_attribute("data-state", re.compile("live|replayed"))
        close_network(wall)
        expect(badge).to_have_attribute("data-state", "reconnecting")
        with pytest.raises(Gone):
            phone.request.get(url)


class TestWall:
    def test_shows_everybody_live(self, wall: Page) -> None:
        for name in PANES:
            badge = pane(wall, name).locator(".freshness").first
            expect(badge).to_contain_text("实时", timeout=HEAL_MS)
        expect(wall.locator(".messages .message").first).to_be_visible(timeout=HEAL_MS)

    @pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']}")
    def test_lets_everybody_accept_without_scrolling(self, wall: Page, size: ViewportSize) -> None:
        wall.set_viewport_size(size)
        for name in ("board-a", "board-b"):
            accept = pane(wall, name).locator('[data-deed="accept"]').first
            expect(accept).to_be_visible(timeout=HEAL_MS)
            expect(accept).to_be_in_viewport(ratio=WHOLE)
        expect(pane(wall, "operator").locator(".desk-map")).to_be_in_viewport(ratio=WHOLE)
        wall.locator('[data-deed^="trouble-"]').last.scroll_into_view_if_needed()
        expect(wall.locator('[data-deed^="trouble-"]').last).to_be_in_viewport(ratio=WHOLE)

    def test_is_for_everybody(self, wall: Page) -> None:
        """Neither axe nor a look finds fault with it, in any language and scheme."""
        for name in PANES:
            expect(pane(wall, name).locator(".freshness").first).to_contain_text("实时")
        for language in LANGUAGES:
            if wall.evaluate("document.documentElement.lang") != language:
                wall.click('.wall-top [data-deed="language"]')
            for scheme in SCHEMES:
                wall.emulate_media(color_scheme=scheme)
                assert faults(wall) == [], f"{language} {scheme}"

    @pytest.mark.parametrize("deed", ["network", "audit"])
    def test_asks_everybody(self, wall: Page, deed: str) -> None:
        press(wall, deed)
        expect(wall.locator("dialog")).to_be_visible()
        assert faults_of(wall.main_frame) == []

    def test_is_for_phones_too(self, wall: Page) -> None:
        wall.set_viewport_size(PHONE)
        for name in (*PANES, "phones", "control"):
            press(wall, f"tab-{name}")
            expect(wall.locator(f'[data-deed="tab-{name}"]')).to_have_attribute(
                "aria-selected", "true"
            )
            assert faults_of(wall.main_frame) == []

    def test_changes_the_pace_for_all(self, wall: Page, city: str) -> None:
        for speed in (30, 5):
            press(wall, f"speed-{speed}")
            chosen = wall.locator(f'[data-deed="speed-{speed}"]')
            expect(chosen).to_have_attribute("aria-pressed", "true", timeout=HEAL_MS)
            with urlopen(city.replace("/demo", "/api/v1/client")) as answer:
                assert json.load(answer)["clock_speed"] == speed

    def test_heals_from_every_trouble(self, wall: Page) -> None:
        expect(pane(wall, "board-b").locator(".freshness").first).to_contain_text("实时")
        for trouble in AT_ONCE:
            press(wall, f"trouble-{trouble}")
        for trouble in AT_ONCE:
            heals(wall, trouble)
        for trouble in ("courier_vanishes", "kill_dispatcher"):
            press(wall, f"trouble-{trouble}")
            heals(wall, trouble)
        last = "flush_redis" if "REDIS_URL" in os.environ else "restart_web"
        press(wall, f"trouble-{last}")
        heals(wall, last)

    def test_makes_a_ring_for_the_tour(self, wall: Page) -> None:
        press(wall, "tour-start")
        for name in ("board-a", "board-b"):
            expect(pane(wall, name).locator(".freshness").first).to_contain_text("实时")
        for bar in pane(wall, "board-a").locator('[data-deed="acknowledge"]').all():
            bar.click()
        expect(wall.locator(".tour")).to_contain_text("两台同时响铃", timeout=HEAL_MS)

    def test_leads_through_the_tour_to_a_clean_audit(self, wall: Page, tmp_path: Path) -> None:
        press(wall, "tour-start")
        tour = wall.locator(".tour")
        accept_ringing(wall)
        expect(tour).to_have_attribute("data-step", "follow", timeout=HEAL_MS)
        wall.click('[data-pane-of="operator"] [data-deed="enlarge"]')
        expect(tour).to_have_attribute("data-step", "break", timeout=HEAL_MS)
        press(wall, "trouble-sold_out")
        audit = wall.locator(".audit")
        expect(audit).to_have_attribute("data-audit", "right", timeout=HEAL_MS)
        expect(audit.locator('[data-fact="lost"] dd')).to_have_text("0")
        expect(audit.locator('[data-fact="duplicates"] dd')).to_have_text("0")
        for kind in ("json", "html"):
            with wall.expect_download() as download:
                press(wall, f"audit-{kind}")
            download.value.save_as(tmp_path / f"audit.{kind}")
        assert json.loads((tmp_path / "audit.json").read_text())["events"]["lost"] == 0
        assert "一切正确" in (tmp_path / "audit.html").read_text()
