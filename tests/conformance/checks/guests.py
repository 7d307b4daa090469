"""Guests with a share link: one order to watch, and nothing else."""

from uuid import uuid4

from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.streams import following
from tests.conformance.world import Json, Person, World, refusal


WITHHELD = {"contact", "customer", "dropoff", "note", "lines", "total_minor", "payment",
            "handover_code"}  # fmt: skip
TICKET = "/realtime/ticket"


async def shared(world: World) -> tuple[Json, str]:
    """Place an order and share it; the order and the link's token."""
    order = await world.place_order()
    link = await world.post(f"/orders/{order['id']}/share", world.customer)
    members = {"token", "expires_at", "url"}
    hold("served", f"{members}", set(link), when=members <= set(link))
    return order, link["token"]


async def guest_ticket(world: World, token: str) -> str:
    """Exchange a link's token for a ticket, as nobody."""
    return str((await world.post(TICKET, None, {"share": token}))["ticket"])


@check("guests.watch_the_order")
async def watch_the_order(world: World) -> None:
    """Whoever has the link follows the order on a socket, without a name."""
    order, token = await shared(world)
    async with world.entering(await guest_ticket(world, token)) as wire:
        user = wire.welcome["user"]
        hold("secrecy", "no name", user, when=user == "")
        ledger = await wire.subscribe(f"order:{order['id']}")
        await world.act(order, "accept", world.staff)
        await wire.heard(ledger, 1)
        for row in ledger.rows.values():
            told = WITHHELD & set(row["d"])
            hold("secrecy", "nothing of whom it is for or what it costs", told, when=not told)
        for event in ledger.events:
            hold("secrecy", "a role", event["actor"], when=set(event["actor"]) == {"type"})
            hold("secrecy", "no receipt", event.get("crit"), when="crit" not in event)


@check("guests.see_nothing_else")
async def see_nothing_else(world: World) -> None:
    """For a guest nothing exists but the one order."""
    _order, token = await shared(world)
    other = await world.place_order()
    topics = [world.board, f"user:{world.customer.id}", f"order:{other['id']}", f"zone:{uuid4()}"]
    async with world.entering(await guest_ticket(world, token)) as wire:
        for topic in topics:
            code = (await wire.refused(topic))["code"]
            hold("secrecy", f"not_found for {topic}", code, when=code == "not_found")


@check("guests.do_nothing")
async def do_nothing(world: World) -> None:
    """A guest gives no commands."""
    order, token = await shared(world)
    async with world.entering(await guest_ticket(world, token)) as wire:
        answer = await wire.command("order.cancel", order_id=order["id"])
        hold("secrecy", "err", answer, when=answer["t"] == "err")
    view = await world.get(f"/orders/{order['id']}", world.customer)
    hold("effect", "placed", view["state"], when=view["state"] == "placed")


@check("guests.stream_too")
async def stream_too(world: World) -> None:
    """A guest's ticket opens the event stream of the order."""
    order, token = await shared(world)
    topic = f"order:{order['id']}"
    ticket = await guest_ticket(world, token)
    async with following(world, None, topic, ticket=ticket) as stream:
        await stream.joined(topic)


@check("guests.by_their_customer_only")
async def by_their_customer_only(world: World) -> None:
    """Only the customer of an order may share it."""
    order = await world.place_order()
    stranger: Person = await world.join()
    path = f"/orders/{order['id']}/share"
    for person, statuses in ((stranger, {404}), (world.staff, {403, 404}), (None, {401})):
        status = (await refusal(world.post(path, person))).status
        hold("served", f"{statuses}", status, when=status in statuses)


@check("guests.with_a_true_link")
async def with_a_true_link(world: World) -> None:
    """A forged link is worth nothing."""
    _order, token = await shared(world)
    altered = ("A" if token[0] != "A" else "B") + token[1:]
    for forged in ("forged", altered):
        refused = await refusal(world.post(TICKET, None, {"share": forged}))
        hold("served", "401, 403, 404 or 422", refused.status,
             when=refused.status in {401, 403, 404, 422})  # fmt: skip
