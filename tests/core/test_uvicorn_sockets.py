"""What uvicorn's sockets send arrives whole and in order, however slowly it is read."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from core.clock import real_now
from core.servers import FRAMES_EXTENSION
from core.uvicorn_sockets import UvicornSocket
from core.websocket_frames import text_frame


HOST = "127.0.0.1"
FRAMES = 3000
SECONDS = 60.0


@dataclass
class Framed:
    buffer: bytes


def text(number: int) -> str:
    """Frames of all sizes: many fit into the kernel's buffer, or a part of one."""
    return f"{number} ".ljust(number * 37 % 20_000, "x")


async def serve(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Send all frames as fast as the peer reads, half of them as others would."""
    await receive()
    await send({"type": "websocket.accept"})
    socket = scope["extensions"][FRAMES_EXTENSION]["socket"]
    for number in range(FRAMES):
        if number % 7:
            await socket.drain()
            socket.put(Framed(text_frame(text(number))))
        else:
            await send({"type": "websocket.send", "text": text(number)})
    await receive()


@asynccontextmanager
async def served(secured: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    config = Config(serve)
    config.loaded_app = serve
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: UvicornSocket(config, state, {}), HOST, 0, ssl=secured
    )
    async with server:
        yield server.sockets[0].getsockname()[1]
        for task in state.tasks:
            task.cancel()


async def reads_all(port: int, secured: ssl.SSLContext | None = None) -> bool:
    """Read everything, with rests in which every buffer on the way fills up."""
    url = f"{'wss' if secured else 'ws'}://{HOST}:{port}/"
    async with connect(url, ssl=secured, max_queue=1, compression=None) as peer:
        for number in range(FRAMES):
            if number % 500 == 0:
                await asyncio.sleep(0.1)
            async with asyncio.timeout(SECONDS):
                if await peer.recv() != text(number):
                    return False
    return True


async def plainly() -> bool:
    async with served() as port:
        return await reads_all(port)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a key and the certificate it signed for itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(real_now() - timedelta(days=1))
        .not_valid_after(real_now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


class TestFrames:
    def test_arrive_in_order_on_uvloop(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert runner.run(plainly())

    def test_arrive_in_order_on_asyncio(self) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            assert runner.run(plainly())

    def test_arrive_in_order_and_encrypted(self, certificate: Path) -> None:
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.load_cert_chain(certificate)
        theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE

        async def securely() -> bool:
            async with served(ours) as port:
                return await reads_all(port, theirs)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            assert runner.run(securely())
