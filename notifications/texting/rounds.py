"""The reference by which a vendor's word on a text finds it: the delivery, and which replay."""

from uuid import UUID


def out_id_of(delivery_id: UUID, replay_count: int) -> str:
    """Return the reference of a text that was replayed so often; another each time."""
    return f"{delivery_id}.{replay_count}" if replay_count else str(delivery_id)


def read_out_id(text: str) -> tuple[UUID, int]:
    """Return which delivery a reference is of, and how often that had been replayed then.

    :raises ValueError: it is none of ours.
    """
    delivery_id, _, replay_count = text.partition(".")
    return UUID(delivery_id), int(replay_count or 0)
