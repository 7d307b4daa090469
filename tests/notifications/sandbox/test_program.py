"""The simulated till: verifies what it is sent, misbehaves as told, and shows it all."""

import time

from notifications.webhooks.signature import new_secret, signed_headers
from tests.notifications.running import SandboxClient


BODY = b'{"type":"order.placed","subject":"order:1"}'


async def send(sandbox: SandboxClient, secret: str, message_id: str = "m1") -> int:
    headers = signed_headers(
        [secret], message_id=message_id, timestamp=int(time.time()), body=BODY
    )
    url = f"{sandbox.url}/program/hooks"
    async with sandbox.session.post(url, data=BODY, headers=headers) as response:
        return response.status


class TestProgram:
    async def test_takes_what_is_signed_with_any_of_its_secrets(
        self, sandbox: SandboxClient
    ) -> None:
        old, new = new_secret(), new_secret()
        await sandbox.call("PUT", "/program/knobs", {"secrets": [old, new]})
        assert [await send(sandbox, each) for each in (old, new, new_secret())] == [204, 204, 401]
        _, shown = await sandbox.call("GET", "/program/messages")
        verdicts = [(each["is_verified"], each["is_repeat"]) for each in shown["messages"]]
        assert verdicts == [(False, True), (True, True), (True, False)]
        assert shown["messages"][-1]["type"] == "order.placed"

    async def test_misbehaves_as_often_as_told(self, sandbox: SandboxClient) -> None:
        secret = new_secret()
        knobs = {"secrets": [secret], "status": 503, "count": 2, "retry_after": "5"}
        await sandbox.call("PUT", "/program/knobs", knobs)
        assert [await send(sandbox, secret) for _ in range(3)] == [503, 503, 204]

    async def test_has_a_page(self, sandbox: SandboxClient) -> None:
        for path in ("/program", "/program.js"):
            async with sandbox.session.get(sandbox.url + path) as response:
                assert response.status == 200
