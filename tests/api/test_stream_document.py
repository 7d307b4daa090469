"""What the OpenAPI document says of the stream over HTTP is what the stream does."""

import inspect
import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client

from realtime.contract.asyncapi_stream import QUERY, WAIT
from realtime.cursors import CURSOR_CHARACTERS, TOPICS
from realtime.hub import Hub, Limits
from realtime.streaming import asgi, requests
from realtime.streaming.requests import MOST_WAIT_SECONDS, PATH, TICKET_CHARACTERS
from tests.api.stream_edge import Reply, ask_stream
from tests.api.town import caller


pytestmark = pytest.mark.django_db

ANY = {"topic": f"order:{uuid4()}"}


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/docs/openapi.json").json()
    return found


@pytest.fixture
def operation(document: dict[str, Any]) -> dict[str, Any]:
    assert list(document["paths"][PATH]) == ["get"]
    found: dict[str, Any] = document["paths"][PATH]["get"]
    return found


def leaving() -> Hub:
    hub = Hub()
    hub.admission.is_closed = True
    return hub


def without_database() -> Reply:
    with patch.object(asgi, "let_in", side_effect=OperationalError):
        return ask_stream(ANY)


def as_one_too_many() -> Reply:
    who = caller()
    own = {"topic": f"user:{who.person.pk}"}
    return ask_stream(own, headers=who.headers(), hub=Hub(Limits(sockets_per_person=0)))


REFUSED: dict[str, Callable[[], Reply]] = {
    "unauthenticated": lambda: ask_stream(ANY),
    "not_found": lambda: ask_stream(ANY, headers=caller().headers()),
    "method_not_allowed": lambda: ask_stream(ANY, method="POST"),
    "bad_cursor": lambda: ask_stream({**ANY, "since": "none of ours"}),
    "validation_failed": lambda: ask_stream({}),
    "connection_limit": as_one_too_many,
    "overload": lambda: ask_stream(ANY, hub=leaving()),
    "database_unavailable": without_database,
}


class TestRefusals:
    @pytest.mark.parametrize("code", REFUSED)
    def test_come_as_the_document_says(self, operation: dict[str, Any], code: str) -> None:
        reply = REFUSED[code]()
        assert reply.json()["code"] == code
        response = operation["responses"][str(reply.status_code)]
        assert f"`{code}`: {reply.json()['title']}" in response["description"].splitlines()
        assert list(response["content"]) == [reply.headers["content-type"]]
        assert ("retry-after" in reply.headers) == ("Retry-After" in response["headers"])

    def test_are_all_that_the_document_names(self, operation: dict[str, Any]) -> None:
        text = " ".join(each["description"] for each in operation["responses"].values())
        assert set(re.findall(r"`(\w+)`: ", text)) == set(REFUSED)


class TestParameters:
    def test_are_those_that_are_read(self, operation: dict[str, Any]) -> None:
        source = inspect.getsource(requests.read_request)
        read = set(re.findall(r'(?:_one\(query, |query\.get\(|headers\.get\(b)"([\w-]+)"', source))
        named = {parameter["name"].lower() for parameter in operation["parameters"]}
        assert named == read - {"accept"}
        assert {*QUERY["properties"], "wait", "last-event-id"} == named

    def test_are_bounded_as_they_are_read(self, operation: dict[str, Any]) -> None:
        schemas = {each["name"]: each["schema"] for each in operation["parameters"]}
        assert (schemas["topic"]["minItems"], schemas["topic"]["maxItems"]) == (1, TOPICS)
        assert schemas["wait"]["maximum"] == WAIT["maximum"] == MOST_WAIT_SECONDS
        for query in (
            {**ANY, "ticket": "t" * (TICKET_CHARACTERS + 1)},
            {**ANY, "since": "1" * (CURSOR_CHARACTERS + 1)},
            {**ANY, "wait": str(schemas["wait"]["maximum"] + 1)},
        ):
            assert ask_stream(query).status_code == 422
        assert schemas["ticket"]["maxLength"] == TICKET_CHARACTERS
        assert schemas["since"]["maxLength"] == CURSOR_CHARACTERS

    def test_of_a_ticket_are_a_way_to_be_known(self, document: dict[str, Any]) -> None:
        schemes = document["components"]["securitySchemes"]
        assert schemes["Ticket"] == {"type": "apiKey", "in": "query", "name": "ticket"}
        wanted = document["paths"][PATH]["get"]["security"]
        assert {name for each in wanted for name in each} <= set(schemes)
