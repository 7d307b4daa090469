"""Sockets that give commands: one a person, as their app has one."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from loadtests.measure.paidan import SUBPROTOCOL
from loadtests.measure.websocket import Conversation, Expectation, Socket, open_socket


PING, PONG = '{"t":"ping"}', '{"t":"pong"}'


class CommandSocket(Socket):
    """Pairs answers with commands by their number."""

    def __init__(self, url: str, ticket: str) -> None:
        auth = {"t": "auth", "ticket": ticket, "caps": []}
        talk = Conversation(
            f"{url}/ws/v1",
            steps=[("", json.dumps(auth)), ('"welcome"', "")],
            answers={PING: PONG},
            subprotocol=SUBPROTOCOL,
        )
        super().__init__(talk, Expectation(events=0))
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def heard(self, payload: bytes) -> None:
        said = json.loads(payload)
        if waiting := self._waiting.pop(said.get("id", 0), None):
            waiting.set_result(said)

    async def give(self, name: str, arguments: Mapping[str, Any], *, key: str) -> dict[str, Any]:
        """Give a command and return the `ok` or `err` that answers it."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        frame = {"t": "cmd", "id": number, "name": name, "args": arguments, "key": key}
        self.say(json.dumps(frame).encode())
        return await asyncio.wait_for(answer, 30)


class CommandSockets:
    """The sockets of everybody in a walk, by token."""

    def __init__(self, url: str, ticket_for: Callable[[str], Awaitable[str]]) -> None:
        self._url, self._ticket_for = url, ticket_for
        self._sockets: dict[str, CommandSocket] = {}

    async def open(self, token: str) -> None:
        """Connect a person once."""
        if token not in self._sockets:
            socket = CommandSocket(self._url, await self._ticket_for(token))
            self._sockets[token] = socket
            await open_socket(socket)

    def of(self, token: str) -> CommandSocket:
        return self._sockets[token]
