"""Parser of `text/event-stream`, fed with bytes in whatever pieces they come."""


class EventStreamParser:
    """Gives the data of each message once it is whole."""

    def __init__(self) -> None:
        """Begin at the beginning of a response."""
        self._rest = b""

    def feed(self, piece: bytes) -> list[str]:
        """Return the data of the messages that `piece` completes; comments have none."""
        *blocks, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
        found = (_data_of(block.decode()) for block in blocks)
        return [data for data in found if data]


def _data_of(block: str) -> str:
    fields = (line.partition(":") for line in block.split("\n"))
    return "\n".join(value.removeprefix(" ") for name, _, value in fields if name == "data")
