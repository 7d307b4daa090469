"""Receipts over HTTP, for those who follow without a socket."""

from tests.conformance.registry import check
from tests.conformance.streams import RECEIPTS, following
from tests.conformance.world import World


@check("stream.receipts")
async def receipts(world: World) -> None:
    """Receipts go over HTTP: what was seen and acknowledged is noted."""
    topics = (world.board, f"user:{world.staff.id}")
    async with following(world, world.staff, *topics) as stream:
        board, inbox = [await stream.joined(topic) for topic in topics]
        order = await world.place_order()
        key = f"order:{order['id']}"
        await stream.until(lambda: board.events and board.events[-1]["key"] == key, "the order")
        (event,) = (each for each in board.events if each["key"] == key)
        sent = {
            "ack": [{"topic": world.board, "seq": event["seq"]}],
            "seen": [event["crit"]],
            "act": [event["crit"], "r_none"],
        }
        await world.post(RECEIPTS, world.staff, sent)
        await stream.until(
            lambda: any(each["type"] == "notification.acted" for each in inbox.events),
            "notification.acted",
        )
