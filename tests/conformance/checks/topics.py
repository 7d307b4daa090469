"""Which topics somebody may join, and that the others do not exist for them."""

from functools import partial
from uuid import uuid4

from tests.conformance.ledger import Ledger
from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Wire
from tests.conformance.world import World


KINDS = ("merchant", "order", "courier", "user", "zone")
MALFORMED = (
    "",
    "merchant",
    "merchant:",
    "shop:1",
    "merchant:1",
    ":",
    "user:*",
    "order:" + "0" * 32,
)


@check("topics.board_of_its_staff")
async def board_of_its_staff(world: World) -> None:
    """Staff may join their shop's board."""
    async with world.connected(world.staff) as wire:
        await wire.subscribe(world.board)


@check("topics.order_of_its_people")
async def order_of_its_people(world: World) -> None:
    """Customer and staff of an order may join it."""
    order = await world.place_order()
    for person in (world.customer, world.staff):
        async with world.connected(person) as wire:
            ledger = await wire.subscribe(f"order:{order['id']}")
            found = set(ledger.rows)
            hold("agree", "the one order", found, when=found == {f"order:{order['id']}"})


@check("topics.own_inbox")
async def own_inbox(world: World) -> None:
    """Everybody may join their own inbox."""
    async with world.connected(world.customer) as wire:
        await wire.subscribe(f"user:{world.customer.id}")


@check("topics.own_jobs")
async def own_jobs(world: World) -> None:
    """A courier may join their own jobs."""
    courier = await world.given(world.place.courier_token, "a courier")
    async with world.connected(courier) as wire:
        await wire.subscribe(f"courier:{courier.id}")


@check("topics.all_but_inboxes_for_operators")
async def all_but_inboxes_for_operators(world: World) -> None:
    """An operator may join every kind of topic but another's inbox."""
    operator = await world.given(world.place.operator_token, "an operator")
    order = await world.place_order()
    async with world.connected(operator) as wire:
        for topic in (world.board, f"order:{order['id']}", f"courier:{uuid4()}"):
            await wire.subscribe(topic)
        await hidden(wire, f"user:{world.customer.id}")


@check("topics.zone_shows_a_picture")
async def zone_shows_a_picture(world: World) -> None:
    """An operator who joins a zone is shown a whole picture within seconds, outside any order."""
    operator = await world.given(world.place.operator_token, "an operator")
    async with world.connected(operator) as wire:
        ledger = await wire.begin(f"zone:{uuid4()}")
        await wire.until(lambda: ledger.pictures, "a picture of the zone")
        hold("answer", "seq 0", ledger.seq, when=ledger.seq == 0)


@check("topics.hidden_from_strangers")
async def hidden_from_strangers(world: World) -> None:
    """What is another's does not exist: the answer is the same as for what there is not."""
    order = await world.place_order()
    stranger = await world.join()
    there = (world.board, f"order:{order['id']}", f"user:{world.customer.id}")
    async with world.connected(stranger) as wire:
        for topic in there:
            kind = topic.partition(":")[0]
            real = await hidden(wire, topic)
            unreal = await hidden(wire, f"{kind}:{uuid4()}")
            same = {**real, "id": 0} == {**unreal, "id": 0}
            hold("secrecy", f"the answer for no topic at all, {unreal}", real, when=same)
        for kind in KINDS:
            await hidden(wire, f"{kind}:{uuid4()}")


@check("topics.own_but_of_another_kind")
async def own_but_of_another_kind(world: World) -> None:
    """A customer is no courier, no shop and no zone."""
    async with world.connected(world.customer) as wire:
        for kind in ("courier", "merchant", "zone"):
            await hidden(wire, f"{kind}:{world.customer.id}")


@check("topics.malformed")
async def malformed(world: World) -> None:
    """What is no topic is not found, and does not close the socket."""
    async with world.connected(world.staff) as wire:
        for topic in (*MALFORMED, world.board.upper(), f" {world.board}", f"{world.board} "):
            await hidden(wire, topic)
        await wire.subscribe(world.board)


@check("topics.two_on_one_socket")
async def two_on_one_socket(world: World) -> None:
    """Two topics on one socket go on independently, each whole."""
    order = await world.place_order()
    async with world.connected(world.staff) as wire:
        board = await wire.subscribe(world.board)
        tracking = await wire.subscribe(f"order:{order['id']}")
        await world.act(order, "accept", world.staff)
        for ledger in (board, tracking):
            is_there = partial(_is_accepted, ledger, f"order:{order['id']}")
            await wire.until(is_there, f"accepted on {ledger.topic}")


def _is_accepted(ledger: Ledger, key: str) -> bool:
    """Its snapshot may be from before the order, which then comes as an event, too."""
    return key in ledger.rows and ledger.rows[key]["d"]["state"] == "accepted"


@check("topics.unsub")
async def unsub(world: World) -> None:
    """After unsub nothing more comes of the topic; another topic goes on."""
    order = await world.place_order()
    async with world.connected(world.staff) as wire:
        board = await wire.subscribe(world.board)
        tracking = await wire.subscribe(f"order:{order['id']}")
        await wire.send({"t": "unsub", "topic": world.board})
        await wire.settle()
        seen = len(board.events)
        await world.act(order, "accept", world.staff)
        await wire.heard(tracking, 1)
        await wire.settle()
        heard = len(board.events) - seen
        hold("answer", "nothing of a topic that was left", heard, when=heard == 0)


@check("topics.unsub_of_nothing")
async def unsub_of_nothing(world: World) -> None:
    """Leaving what was never joined is no fault."""
    async with world.connected(world.staff) as wire:
        await wire.send({"t": "unsub", "topic": world.board})
        await wire.send({"t": "unsub", "topic": "no topic"})
        await wire.settle()
        hold("answer", "silence", wire.loose, when=not wire.loose)


@check("topics.sub_again")
async def sub_again(world: World) -> None:
    """Joining a live topic again starts it anew: one answer, and no event twice."""
    async with world.connected(world.staff) as wire:
        first = await wire.subscribe(world.board)
        await world.stir(2)
        await wire.heard(first, 2)
        second = await wire.subscribe(world.board, first.position)
        await world.stir(3)
        await wire.heard(second, 3)
        await wire.settle()
        hold("once", "3 events", len(second.events), when=len(second.events) == 3)


async def hidden(wire: Wire, topic: str) -> dict[str, object]:
    """Try to join; the refusal, which must be not_found."""
    answer = await wire.refused(topic)
    told = answer["code"], answer["retry"]
    hold("secrecy", f"not_found for {topic!r}", told, when=told == ("not_found", False))
    return answer
