"""Every documented operation, asked in the wrong way."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from core.api.api import api
from realtime.streaming.requests import PATH
from tests.api.stream_edge import ask_stream
from tests.api.town import Caller, caller


PUBLIC_WRITES = {
    "act_by_token",
    "join",
    "login",
    "read_share",
    "rotate_push",
    "sandbox_callback",
}
"""Operations that are not a GET and that nobody needs a token for."""

pytestmark = pytest.mark.django_db


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    import urls  # noqa: F401, PLC0415  composes the API, which needs every app to be ready

    schema = api.get_openapi_schema()
    return [
        (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.fixture
def somebody() -> Caller:
    return caller(is_operator=True)


class TestOperations:
    def test_have_their_own_id_and_a_summary(self) -> None:
        ids = [operation["operationId"] for _, _, operation in _operations()]
        assert len(ids) == len(set(ids))
        assert all(operation["summary"] for _, _, operation in _operations())

    def test_refuse_strangers_unless_documented_as_public(self) -> None:
        for method, path, operation in _operations():
            answer = _call(Client(), method, path, operation, {})
            refused = answer.status_code == 401 and answer.json()["code"] == "unauthenticated"
            assert refused == ("security" in operation), operation["operationId"]

    def test_are_public_for_a_reason(self) -> None:
        public = {
            operation["operationId"]
            for method, _, operation in _operations()
            if method != "get" and "security" not in operation
        }
        assert public == PUBLIC_WRITES

    def test_refuse_unknown_fields(self, somebody: Caller) -> None:
        lenient = []
        for method, path, operation in _operations():
            if "application/json" not in operation.get("requestBody", {}).get("content", ()):
                continue
            answer = _call(
                Client(headers=somebody.headers()), method, path, operation, {"surprise": 1}
            )
            named = [error["loc"][-1] for error in answer.json().get("errors", [])]
            if answer.status_code != 422 or "surprise" not in named:
                lenient.append(operation["operationId"])
        assert lenient == []

    def test_never_fail_inside(self, somebody: Caller) -> None:
        client = Client(headers=somebody.headers())
        broken = [
            operation["operationId"]
            for method, path, operation in _operations()
            if _call(client, method, path, operation, {}).status_code >= 500
        ]
        assert broken == []


def _call(
    client: Client, method: str, path: str, operation: dict[str, Any], body: dict[str, Any]
) -> Any:
    if path == PATH:
        token = client.defaults.get("HTTP_AUTHORIZATION")
        headers = {"authorization": token} if token else {}
        return ask_stream({"topic": f"order:{uuid4()}"}, method=method.upper(), headers=headers)
    filled = path
    for part in operation.get("parameters", ()):
        value = "1" if part["schema"].get("type") == "integer" else str(uuid4())
        filled = filled.replace(f"{{{part['name']}}}", value)
    return client.generic(method.upper(), filled, json.dumps(body), "application/json")
