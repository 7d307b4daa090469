"""Private MariaDB and Redis servers for tests and benchmarks, on free loopback ports."""

from tests.services.mariadb import MariaDB, mariadb
from tests.services.redis import Redis, redis


__all__ = ["MariaDB", "Redis", "mariadb", "redis"]
