"""The documents of the protocol say what its classes say, byte for byte, and show no lies."""

import json
from typing import Any

import pytest
from django.test import Client

from realtime.codes import CLOSES, ERRORS
from realtime.contract.examples import CLIENT_EXAMPLES, EXAMPLES, SERVER_EXAMPLES, SESSION, Wire
from realtime.contract.files import contract_files
from realtime.contract.schemas import tag_of
from realtime.protocol import CLIENT_FRAMES, SERVER_FRAMES, Frame, decode, decode_server
from tests.architecture.source import ROOT


DOCS = ROOT / "docs"
FRAMES = [*CLIENT_FRAMES, *SERVER_FRAMES]


class TestFiles:
    @pytest.mark.parametrize("name", contract_files())
    def test_are_what_write_protocol_writes(self, name: str) -> None:
        assert (DOCS / name).read_text() == contract_files()[name]

    def test_leave_no_schema_of_another_time(self) -> None:
        written = {DOCS / name for name in contract_files()}
        assert set((DOCS / "schemas").iterdir()) <= written

    @pytest.mark.parametrize("name", contract_files())
    def test_are_served(self, name: str) -> None:
        response = Client().get(f"/api/docs/{name}")
        assert response.content.decode() == contract_files()[name]
        kind = "text/markdown" if name.endswith(".md") else "application/json"
        assert response["Content-Type"] == f"{kind}; charset=utf-8"

    def test_are_linked_from_the_http_document(self) -> None:
        description = Client().get("/api/docs/openapi.json").json()["info"]["description"]
        assert all(f"/api/docs/{name}" in description for name in contract_files())

    @pytest.mark.parametrize("name", ["", "schemas", "schemas/other.json", "../manage.py"])
    def test_are_all_that_is_served(self, name: str) -> None:
        assert Client().get(f"/api/docs/{name}").status_code == 404


class TestExamples:
    @pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
    def test_show_every_frame(self, frame: type[Frame]) -> None:
        assert EXAMPLES[frame]

    @pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
    def test_show_every_member(self, frame: type[Frame]) -> None:
        shown = set().union(*EXAMPLES[frame])
        assert set(frame.model_fields) <= shown

    @pytest.mark.parametrize("wire", CLIENT_EXAMPLES, ids=lambda wire: wire["t"])
    def test_of_the_client_are_taken_as_they_stand(self, wire: Wire) -> None:
        assert decode(json.dumps(wire)).model_dump(mode="json", exclude_none=True) == wire

    @pytest.mark.parametrize("wire", SERVER_EXAMPLES, ids=lambda wire: wire["t"])
    def test_of_the_server_are_written_as_they_stand(self, wire: Wire) -> None:
        frame = decode_server(json.dumps(wire))
        assert frame.model_dump(mode="json", exclude_unset=True) == wire

    def test_make_a_session_of_valid_frames(self) -> None:
        for sender, wire in SESSION:
            assert wire in (CLIENT_EXAMPLES if sender == "client" else [*SERVER_EXAMPLES, wire])
            (decode if sender == "client" else decode_server)(json.dumps(wire))


class TestProtocolPage:
    page = (DOCS / "protocol.md").read_text()

    @pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__name__)
    def test_describes_every_frame_and_its_members(self, frame: type[Frame]) -> None:
        start = f"### `{tag_of(frame)}`\n\n{(frame.__doc__ or '').strip()}"
        chapter = self.page.partition(start)[2].partition("\n###")[0]
        assert chapter
        assert not [
            name for name in frame.model_fields if name != "t" and f"| `{name}` |" not in chapter
        ]

    @pytest.mark.parametrize("row", CLOSES.values(), ids=lambda row: str(row.code))
    def test_lists_every_close_code(self, row: Any) -> None:
        come_back = "yes" if row.retry else "no"
        assert f"| {row.code} | {row.name} | {row.meaning} | {come_back} |" in self.page

    @pytest.mark.parametrize("row", ERRORS.values(), ids=lambda row: str(row.code))
    def test_lists_every_error_code(self, row: Any) -> None:
        assert f"| `{row.code}` | {row.meaning} |" in self.page
