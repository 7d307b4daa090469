"""The example of docs/client.md, run as a program against a whole node."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from core.clock import now
from core.people.tokens import issue_token
from tests.realtime import probe
from tests.realtime.conftest import Shop, make_shop
from tests.realtime.node import Node


MANUAL = Path(__file__).resolve().parents[2] / "docs" / "client.md"


@pytest.fixture
def whole_node(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Node]:
    with Node("uvicorn", whole=True) as node:
        yield node


@pytest.fixture
def shop(whole_node: Node, transactional_db: None) -> Shop:
    return make_shop(whole_node)


class TestExample:
    def test_runs_as_it_is_printed(self, whole_node: Node, shop: Shop) -> None:
        example = re.findall(r"```python\n(.*?)```", MANUAL.read_text(), re.DOTALL)[0]
        probe.say(shop.topic, "one", "two")
        variables = {
            "BASE_URL": f"http://127.0.0.1:{whole_node.port}",
            "TOKEN": issue_token(person=shop.person, label="test", now=now()),
            "TOPIC": shop.topic,
            "UNTIL": "2",
        }
        done = subprocess.run(
            [sys.executable, "-c", example],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr
        assert "'text': 'two'" in done.stdout
