"""A mini-program on somebody's phone: launched, looked at and touched from a test."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from tests.screens.devices import PATIENCE_MS
from tests.toolchain import NODE, QUIET, TESTS, build_mini_program, install


ORIGIN: Final = "https://hub.example"
"""The server's public name, which the mini-program is built for."""
RUNTIME: Final = Path(__file__).parent / "runtime" / "main.ts"
POLL_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Node:
    """One node of the screen, with everything in it."""

    number: int
    tag: str
    attributes: dict[str, Any]
    text: str
    children: "list[Node]"

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Node":
        children = [cls.of(each) for each in told["children"]]
        return cls(told["node"], told["tag"], told["attributes"], told["text"], children)

    def __iter__(self) -> "Iterator[Node]":
        yield self
        for child in self.children:
            yield from child

    @property
    def words(self) -> str:
        """Everything that is written in it."""
        return "".join(node.text for node in self)

    def has_class(self, name: str) -> bool:
        return name in str(self.attributes.get("class", "")).split()


class MiniProgram:
    """The built mini-program in the runtime beside this file, at the server of a test."""

    def __init__(self, server: str) -> None:
        install(TESTS)
        folder = build_mini_program(ORIGIN)
        self._process = subprocess.Popen(
            [NODE, QUIET, str(RUNTIME), str(folder), ORIGIN, server],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._process:
            self._process.kill()

    def tell(self, do: str, **more: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        answer = dict(json.loads(self._process.stdout.readline()))
        assert "failure" not in answer, answer["failure"]
        return answer

    def look(self) -> dict[str, Any]:
        """Return route, screen and storage; nothing may have failed."""
        seen = self.tell("look")
        assert not seen["errors"], "\n".join(seen["errors"])
        return seen

    def nodes(self) -> list[Node]:
        return [node for top in self.look()["screen"] for node in Node.of(top)]

    def sees(self, what: Callable[[Node], bool]) -> Node:
        """Wait until there is such a node."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while True:
            nodes = self.nodes()
            found = next((node for node in nodes if what(node)), None)
            if found is not None:
                return found
            words = "".join(node.text for node in nodes)
            assert time.monotonic() < until, f"{self.look()['route']} shows: {words}"
            time.sleep(POLL_SECONDS)

    def tap(self, what: Callable[[Node], bool]) -> None:
        self.tell("fire", node=self.sees(what).number, event="tap")

    def type(self, what: Callable[[Node], bool], value: str) -> None:
        self.tell("fire", node=self.sees(what).number, event="input", detail={"value": value})


def button(words: str) -> Callable[[Node], bool]:
    """A button that says so."""
    return lambda node: node.tag == "button" and words in node.words


def of_class(name: str, **attributes: str) -> Callable[[Node], bool]:
    """A node of that class, with those `data-` attributes."""
    wanted = {f"data-{key}": value for key, value in attributes.items()}
    return lambda node: node.has_class(name) and wanted.items() <= node.attributes.items()
