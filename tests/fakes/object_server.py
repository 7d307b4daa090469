"""A small S3 server that believes nobody: every request's signature is worked out anew.

Written after the published rules of Signature Version 4 and not after any client, so that a
client that signs wrongly is refused here as it would be elsewhere. Path-style, one bucket.
"""

import hashlib
import hmac
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote


REGION = "test-1"
BUCKET = "proofs"
ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOST_SKEW = timedelta(minutes=15)
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<scope>(?P<date>\d{8})/(?P<region>[^/]+)"
    r"/s3/aws4_request), ?SignedHeaders=(?P<signed>[a-z0-9;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


class Refusal(Exception):
    """An error of the protocol: HTTP status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def signature(handler: BaseHTTPRequestHandler, said: re.Match[str], digest: str) -> str:
    """Work out what the request's signature must be."""
    path, _, query = handler.path.partition("?")
    pairs = sorted(
        (quote(k, "-_.~"), quote(v, "-_.~")) for k, v in parse_qsl(query, keep_blank_values=True)
    )
    headers = "".join(
        f"{name}:{' '.join(str(handler.headers[name]).split())}\n"
        for name in said["signed"].split(";")
    )
    request = "\n".join(
        [
            handler.command,
            quote(unquote(path), "/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            said["signed"],
            digest,
        ]
    )
    hashed = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{handler.headers['x-amz-date']}\n{said['scope']}\n{hashed}"
    key = f"AWS4{SECRET_KEY}".encode()
    for part in said["scope"].split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def authorise(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Refuse whoever is not the one who knows the secret, and says so of this very request."""
    said = AUTHORIZATION.fullmatch(handler.headers.get("authorization", ""))
    if said is None:
        raise Refusal(403, "AccessDenied")
    if said["key"] != ACCESS_KEY:
        raise Refusal(403, "InvalidAccessKeyId")
    sent = {name.lower() for name in handler.headers if name.lower().startswith("x-amz-")}
    if not {"host", *sent} <= set(said["signed"].split(";")):
        raise Refusal(403, "AccessDenied")
    at = datetime.strptime(handler.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - at) > MOST_SKEW or said["date"] != f"{at:%Y%m%d}":
        raise Refusal(403, "RequestTimeTooSkewed")
    digest = hashlib.sha256(body).hexdigest()
    if handler.headers.get("x-amz-content-sha256") != digest:
        raise Refusal(400, "XAmzContentSHA256Mismatch")
    wanted = signature(handler, said, digest)
    if said["region"] != REGION or not hmac.compare_digest(wanted, said["signature"]):
        raise Refusal(403, "SignatureDoesNotMatch")


class ObjectServer:
    """The server, its objects and what it was asked; use it as a context manager."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.is_away = False
        """Whether it answers everything with 503, as one that is overloaded."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, bytes, str]:
        """Return status, body and content type."""
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        if self.is_away:
            raise Refusal(503, "SlowDown")
        authorise(handler, body)
        bucket, _, key = unquote(handler.path.partition("?")[0]).lstrip("/").partition("/")
        if bucket != BUCKET:
            raise Refusal(404, "NoSuchBucket")
        match handler.command:
            case "PUT":
                self.objects[key] = body, handler.headers.get("content-type", "")
                return 200, b"", ""
            case "DELETE":
                self.objects.pop(key, None)
                return 204, b"", ""
        if key not in self.objects:
            raise Refusal(404, "NoSuchKey")
        return 200, *self.objects[key]


def _handler(server: ObjectServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            try:
                status, body, content_type = server.answer(self)
            except Refusal as refusal:
                status, content_type = refusal.status, "application/xml"
                body = f"<Error><Code>{refusal.code}</Code></Error>".encode()
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_DELETE = _answer  # noqa: N815  named by the library

        def log_message(self, *_arguments: Any) -> None:
            pass

    return Handler
