"""A socket that stays open for 25 hours."""

import json
import subprocess
import sys

from django.db import connection

from tests.faults import day
from tests.realtime.conftest import Shop


class TestSocketOfADay:
    def test_renews_its_lease_in_band_and_leaks_nothing(self, shop: Shop) -> None:
        options = {
            "database": str(connection.settings_dict["NAME"]),
            "person": str(shop.person.pk),
            "topic": shop.topic,
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", day.__name__, json.dumps(options)],
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        seen = json.loads(done.stdout.splitlines()[-1])
        assert seen["said"] >= 150  # one in ten minutes
        assert seen["close_codes"] == []
        assert seen["freshness"] == "live"
        assert seen["applied"] == seen["said"]
        # A lease of 900 s is renewed 60 s before its end, a ping comes every 20 s.
        assert seen["tickets"] >= 100
        assert seen["pings"] >= 4400
        early, late = seen["looks"]
        assert late["tasks"] <= early["tasks"] + 2
        assert late["timers"] <= early["timers"] + 10
        assert late["objects"] < early["objects"] * 1.1
        assert late["rss_mb"] < early["rss_mb"] * 1.2
