"""The outside's way in: the public HTTP API, with repeats that cannot act twice."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import aiohttp


RETRY_SECONDS = 0.3
ATTEMPTS = 120
UNAVAILABLE = frozenset({502, 503, 504})


class Refused(Exception):
    """The API said no; `problem` is its RFC 9457 document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        """Keep the answer."""
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


class OutsideUnreachable(Exception):
    """The API did not come back within the attempts."""


@dataclass(frozen=True, slots=True)
class Api:
    """One person's access; repeats a request while the server is away, under the same key."""

    session: aiohttp.ClientSession
    base_url: str
    token: str

    async def get(self, path: str, **query: Any) -> Any:
        """GET `/api/v1` + path."""
        return await self._request("GET", path, params=query)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST to `/api/v1` + path, once in effect.

        :raises Refused: when the API answers with a problem.
        """
        return await self._request("POST", path, json=body or {})

    async def put(self, path: str, content: bytes, **query: Any) -> Any:
        """PUT bytes to `/api/v1` + path.

        :raises Refused: when the API answers with a problem.
        """
        return await self._request("PUT", path, data=content, params=query)

    async def ticket(self) -> str:
        """A fresh ticket for the socket."""
        answer = await self.post("/realtime/ticket")
        return str(answer["ticket"])

    async def _request(self, method: str, path: str, **options: Any) -> Any:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": str(uuid.uuid4()),
            "Paidan-Device": "simulation",
        }
        for _attempt in range(ATTEMPTS):
            try:
                async with self.session.request(
                    method, f"{self.base_url}/api/v1{path}", headers=headers, **options
                ) as response:
                    if response.status not in UNAVAILABLE:
                        answer = await response.json(content_type=None)
                        if response.status >= 400:  # noqa: PLR2004  the HTTP classes
                            raise Refused(response.status, answer)
                        return answer
            except (aiohttp.ClientConnectionError, TimeoutError):
                pass
            await asyncio.sleep(RETRY_SECONDS)
        message = f"{method} {path} got no answer"
        raise OutsideUnreachable(message)
