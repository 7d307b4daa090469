"""Asking a routing service over HTTP: in time, and believing no more than it says."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

import urllib3
from pydantic import BaseModel, ValidationError

from dispatch.travel.model import ServiceUnavailable


TIMEOUT: Final = urllib3.Timeout(connect=0.5, read=2.0)
MOST_BYTES: Final = 2_000_000
"""Of an answer; a matrix of 50 by 50 takes 200 KB."""

_pool: Final = urllib3.PoolManager(num_pools=8, maxsize=4, timeout=TIMEOUT, retries=False)

Answer = TypeVar("Answer", bound=BaseModel)


def ask(
    method: str, url: str, shape: type[Answer], *, json: Mapping[str, Any] | None = None
) -> Answer:
    """Return what the service answers, in its documented shape.

    :raises ServiceUnavailable: no answer in time, an error, or an answer of another shape.
    """
    try:
        response = _pool.request(
            method, url, json=json, headers={"Accept": "application/json"}, preload_content=False
        )
        try:
            body = response.read(MOST_BYTES + 1)
        finally:
            response.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise ServiceUnavailable(f"no answer: {error}") from error
    if response.status != 200:  # noqa: PLR2004  OK
        raise ServiceUnavailable(f"answered {response.status}: {body[:200]!r}")
    if len(body) > MOST_BYTES:
        raise ServiceUnavailable("answered too much")
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        raise ServiceUnavailable(f"answered in another shape: {error}") from error
