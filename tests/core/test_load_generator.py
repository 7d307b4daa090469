"""The load generator's publisher records as the product does, whatever follows changes by now."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from core.environment import ROOT
from core.events.models import StreamEntry
from loadtests.fanout.publish import Plan
from tests.dispatch import scene
from tests.notifications.delivery.world import database_environment


pytestmark = pytest.mark.django_db(transaction=True)


def test_publishes_on_boards(tmp_path: Path) -> None:
    topics = [f"merchant:{scene.shop().pk}" for _ in range(2)]
    plan = Plan("paidan", "", topics, first=0, last=3, events_per_second=1000.0)
    ended = subprocess.run(
        [sys.executable, "-m", "loadtests.fanout.publish", json.dumps(asdict(plan))],
        cwd=ROOT,
        env=os.environ | database_environment(tmp_path),
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    for topic in topics:
        kept = StreamEntry.objects.filter(topic=topic).order_by("seq")
        assert list(kept.values_list("seq", flat=True)) == [1, 2, 3]
