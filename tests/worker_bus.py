"""Give each xdist worker its own Redis, because Redis channels are global to a server.

A plugin named in pyproject.toml, so that it acts before Django reads its settings.
"""

import atexit
import os

from tests.services import Redis


if "REDIS_URL" in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    _redis = Redis()
    atexit.register(_redis.close)
    _redis.start()
    os.environ["REDIS_URL"] = _redis.url
