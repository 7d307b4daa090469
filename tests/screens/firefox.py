"""A headless Firefox whose push service is the sandbox, driven over its own Marionette protocol.

No other program stands between: each request is one line of JSON with its length before it.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

from notifications.sandbox.autopush import SOCKET_PATH
from tests.services.ports import release_port, reserve_port


FIREFOX: Final = "firefox-esr"
PATIENCE_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.1
CHUNK_BYTES: Final = 65_536

PREFERENCES: Final[dict[str, object]] = {
    # Marionette's own set of preferences switches push off.
    "remote.prefs.recommended": False,
    "dom.push.connection.enabled": True,
    "dom.push.testing.allowInsecureServerURL": True,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,  # no desktop is there to draw them
    # It talks to nobody but us.
    "app.normandy.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """One browser with a fresh profile; leave it to end it."""

    def __init__(self, folder: Path, *, sandbox_url: str) -> None:
        self._folder = folder
        self._port = reserve_port()
        self._settings = {
            **PREFERENCES,
            "marionette.port": self._port,
            "dom.push.serverURL": sandbox_url.replace("http", "ws", 1) + SOCKET_PATH,
        }
        self._beside = ExitStack()
        self._socket: socket.socket | None = None
        self._read = b""
        self._number = 0

    def __enter__(self) -> Self:
        lines = (
            f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in self._settings.items()
        )
        (self._folder / "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [FIREFOX, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote",
             "--profile", str(self._folder)],
            env={**os.environ, "HOME": str(self._folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._beside.callback(release_port, self._port)
        self._beside.callback(process.wait)
        self._beside.callback(process.kill)
        self._socket = self._beside.enter_context(wait_for("Firefox", self._connected))
        self._receive()  # it introduces itself
        self.ask("WebDriver:NewSession")
        self.ask("WebDriver:SetTimeouts", script=int(PATIENCE_SECONDS * 1000))
        return self

    def __exit__(self, *_ended: object) -> None:
        self._beside.close()

    def _connected(self) -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", self._port), PATIENCE_SECONDS)
        except OSError:
            return None

    def ask(self, command: str, **parameters: object) -> Any:
        """Give one command of the protocol; return its answer."""
        assert self._socket is not None
        self._number += 1
        frame = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(frame), frame))
        _kind, _number, error, answer = self._receive()
        assert error is None, f"{command}: {error}"
        return answer

    def _receive(self) -> Any:
        assert self._socket is not None
        while b":" not in self._read:
            self._read += self._socket.recv(CHUNK_BYTES)
        length, _, rest = self._read.partition(b":")
        while len(rest) < int(length):
            rest += self._socket.recv(CHUNK_BYTES)
        self._read = rest[int(length) :]
        return json.loads(rest[: int(length)])

    def open(self, url: str) -> None:
        """Go to `url` and wait until it is loaded."""
        self.ask("WebDriver:Navigate", url=url)

    def run(self, script: str, *given: object) -> Any:
        """Run the body of an asynchronous function on the page; return what it returns."""
        body = "const done = arguments[arguments.length - 1]; const given = [...arguments];"
        body += f"(async () => {{ {script} }})().then(done, (error) => done(String(error)));"
        return self.ask("WebDriver:ExecuteAsyncScript", script=body, args=list(given))["value"]

    def press(self, selector: str) -> None:
        """Press what is there, as soon as it is."""
        found = wait_for(selector, lambda: self._find(selector))
        self.ask("WebDriver:ElementClick", id=found)

    def _find(self, selector: str) -> str | None:
        found = self.ask("WebDriver:FindElements", using="css selector", value=selector)
        return next((next(iter(each.values())) for each in found), None)

    def in_chrome(self, script: str) -> Any:
        """Run a script where the browser draws itself, as its alerts."""
        self.ask("Marionette:SetContext", value="chrome")
        try:
            return self.ask("WebDriver:ExecuteScript", script=script, args=[])["value"]
        finally:
            self.ask("Marionette:SetContext", value="content")

    def addresses(self) -> list[str]:
        """Where each tab stands."""
        found = []
        for handle in self.ask("WebDriver:GetWindowHandles"):
            self.ask("WebDriver:SwitchToWindow", handle=handle)
            found.append(str(self.ask("WebDriver:GetCurrentURL")["value"]))
        return found


def wait_for(what: str, look: Callable[[], Any]) -> Any:
    """Return the first true answer of `look`."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < give_up_at, f"{what} did not come: {seen!r}"
        time.sleep(LOOK_SECONDS)
