"""A shop's program: takes webhooks, verifies each with the official library, keeps what it got."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Taken:
    """One request, its signature verified, and the status it was answered with."""

    id: str
    subject: str
    type: str
    status: int
    headers: dict[str, str]
    event: dict[str, Any]


@dataclass(slots=True)
class Program:
    """Answers with `statuses` first and then with 204; with `by_subject` instead where named."""

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    by_subject: dict[str, int] = field(default_factory=dict)
    answer_headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    answer: bytes = b""
    taken: list[Taken] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def accepted(self) -> list[Taken]:
        return [each for each in self.taken if each.status < 300]

    def accepted_of(self, subject: str) -> list[str]:
        """Types of the events of one thing, in the order in which they were first accepted."""
        found = {each.id: each.type for each in self.accepted if each.subject == subject}
        return list(found.values())

    def take(self, headers: dict[str, str], body: bytes) -> int:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(self.delay_seconds)
            return self._take(headers, body)
        finally:
            with self._lock:
                self._at_once -= 1

    def _take(self, headers: dict[str, str], body: bytes) -> int:
        try:
            for secret in self.secrets:
                Verifier(secret).verify(body, headers)
        except WebhookVerificationError as error:
            self.forged.append(str(error))
            return 401
        event = json.loads(body)
        subject = event["subject"]
        with self._lock:
            status = self.by_subject.get(subject) or (
                self.statuses.pop(0) if self.statuses else 204
            )
            known = {name.lower(): value for name, value in headers.items()}
            taken = Taken(event["id"], subject, event["type"], status, known, event)
            self.taken.append(taken)
        return status


@contextmanager
def running_program() -> Iterator[Program]:
    """Listen on a free loopback port for the length of the block."""
    program = Program()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = program.take(dict(self.headers), body)
            try:
                self.send_response(status)
                for name, value in program.answer_headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(program.answer)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(program.answer)
            except OSError:
                self.close_connection = True

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    program.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield program
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
