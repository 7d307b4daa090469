"""Identifiers: time-ordered UUIDs (version 7) for everything the outside can name."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a fresh UUIDv7."""
    return uuid_utils.compat.uuid7()
