"""Fixtures of the texting tests: the sandbox as three vendors of this installation."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.environment import environment
from notifications.escalation import Channel
from notifications.sandbox import aliyun, tencent, twilio
from notifications.sandbox.texts import SIGN, code_of
from notifications.templates import TEXT_VARIABLES
from notifications.texting.checks import needed_texts
from tests.notifications.delivery.world import SECRET, Outside, running_outside


TOKEN = "a-secret-part-of-the-address"
TEXTS = {name: sorted(TEXT_VARIABLES[name]) for name in sorted(needed_texts(Channel.SMS))}

WriteBook = Callable[[str], None]


def templates(*vendors: str) -> str:
    """Return the approved templates of these vendors, as the file has them."""
    prefixes = {"aliyun": "SMS_", "tencent": ""}
    return "\n".join(
        f'[[templates]]\nprovider = "{vendor}"\ntemplate = "{name}"\nvariables = {variables}\n'
        + (
            f'text = "Paidan {" ".join("$" + each for each in variables)}"\n'
            if vendor == "twilio"
            else f'sign = "{SIGN}"\ncode = "{code_of(name, prefix=prefixes[vendor])}"\n'
        )
        for vendor in vendors
        for name, variables in TEXTS.items()
    )


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    with running_outside() as running:
        url = running.running.url
        accounts = {
            "PAIDAN_ALIYUN_URL": f"{url}/aliyun/",
            "PAIDAN_ALIYUN_KEY_ID": aliyun.KEY_ID,
            "PAIDAN_ALIYUN_KEY_SECRET": SECRET,
            "PAIDAN_TENCENT_URL": f"{url}/tencent/",
            "PAIDAN_TENCENT_SECRET_ID": tencent.KEY_ID,
            "PAIDAN_TENCENT_SECRET_KEY": SECRET,
            "PAIDAN_TENCENT_APP_ID": tencent.APP_ID,
            "PAIDAN_TWILIO_URL": f"{url}/twilio",
            "PAIDAN_TWILIO_ACCOUNT_SID": twilio.ACCOUNT,
            "PAIDAN_TWILIO_AUTH_TOKEN": SECRET,
            "PAIDAN_TWILIO_SENDER": twilio.SENDER,
            "PAIDAN_SMS_RECEIPT_TOKEN": TOKEN,
        }
        for name, value in {**running.environment, **accounts}.items():
            monkeypatch.setenv(name, value)
        environment.cache_clear()
        yield running
    environment.cache_clear()


@pytest.fixture
def write_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WriteBook]:
    """Return what makes a text the installation's book of vendors."""

    def write(text: str) -> None:
        path = tmp_path / "vendors.toml"
        path.write_text(text)
        monkeypatch.setenv("PAIDAN_SMS_FILE", str(path))
        environment.cache_clear()

    yield write
    environment.cache_clear()
