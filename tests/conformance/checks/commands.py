"""Commands over the socket: answered, refused with a reason, and carried out once."""

from uuid import uuid4

from tests.conformance.registry import check
from tests.conformance.rules import hold
from tests.conformance.wire import Wire
from tests.conformance.world import Json, World, refusal


def code_of(answer: Json, *codes: str) -> Json:
    """Members of a refusal, which must carry one of `codes`."""
    wanted = " or ".join(codes)
    hold("answer", f"err {wanted}", answer, when=answer.get("code") in codes)
    members: Json = answer["d"]
    return members


async def accept(wire: Wire, order: Json, **extra: object) -> Json:
    """Accept an order over the socket; the answer."""
    return await wire.command("order.accept", order_id=order["id"], **extra)


@check("commands.ok")
async def ok(world: World) -> None:
    """A command is answered with its result, and the event follows."""
    order = await world.place_order()
    async with world.connected(world.staff) as wire:
        board = await wire.subscribe(world.board)
        answer = await accept(wire, order)
        state = answer["d"]["order"]["state"]
        hold("effect", "accepted", state, when=state == "accepted")
        await wire.until(
            lambda: any(each["type"] == "order.accepted" for each in board.events),
            "order.accepted",
        )


@check("commands.unknown")
async def unknown(world: World) -> None:
    """An unknown command is refused."""
    async with world.connected(world.staff) as wire:
        code_of(await wire.command("order.fly"), "unknown_command")


@check("commands.wrong_arguments")
async def wrong_arguments(world: World) -> None:
    """Arguments of the wrong shape are refused, and the refusal says where."""
    async with world.connected(world.staff) as wire:
        for arguments in ({}, {"order_id": str(uuid4()), "more": 1}):
            members = code_of(await wire.command("order.accept", **arguments), "validation_failed")
            hold("answer", "errors", members, when=bool(members.get("errors")))


@check("commands.of_somebody_else")
async def of_somebody_else(world: World) -> None:
    """What is another's is not found; what a role may not do is not allowed."""
    order = await world.place_order()
    stranger = await world.join()
    async with world.connected(stranger) as wire:
        code_of(await accept(wire, order), "not_found")
        code_of(await accept(wire, {"id": str(uuid4())}), "not_found")
    async with world.connected(world.customer) as wire:
        code_of(await accept(wire, order), "not_allowed", "not_found")


@check("commands.version_conflict")
async def version_conflict(world: World) -> None:
    """Who looked at an older version is told how the thing stands and who won."""
    order = await world.place_order()
    accepted = await world.act(order, "accept", world.staff)
    async with world.connected(world.staff) as wire:
        answer = await accept(wire, order, ver=order["version"])
        members = code_of(answer, "version_conflict")
        hold("answer", "state accepted", members, when=members.get("state") == "accepted")
        version = members["order"]["version"]
        newer = accepted["order"]["version"]
        hold("answer", f"version {newer}", version, when=version == newer)
        hold("answer", "decided_by", members, when=bool(members.get("decided_by")))


@check("commands.illegal_step")
async def illegal_step(world: World) -> None:
    """A step the order is past is refused with the order as it is."""
    order = await world.place_order()
    await world.act(order, "accept", world.staff)
    async with world.connected(world.staff) as wire:
        members = code_of(await accept(wire, order), "illegal_transition")
        hold("answer", "state accepted", members, when=members.get("state") == "accepted")


@check("commands.same_key")
async def same_key(world: World) -> None:
    """The same key again is answered with the same, and nothing happens twice."""
    order = await world.place_order()
    key = uuid4().hex
    async with world.connected(world.staff) as wire, world.connected(world.staff) as other:
        board = await wire.subscribe(world.board)
        first = await accept(wire, order, key=key)
        second = await accept(wire, order, key=key)
        third = await accept(other, order, key=key)
        for again in (second, third):
            hold("effect", "the same answer", again, when=again["d"] == first["d"])
        await world.stir(1)
        await wire.until(lambda: board.events[-1:] and "item" in board.events[-1]["type"], "end")
        count = sum(event["type"] == "order.accepted" for event in board.events)
        hold("effect", "one acceptance", count, when=count == 1)


@check("commands.same_key_over_http")
async def same_key_over_http(world: World) -> None:
    """A command repeated over HTTP under its key is the same command."""
    order = await world.place_order()
    key = uuid4().hex
    async with world.connected(world.staff) as wire:
        told = await accept(wire, order, key=key)
    again = await world.post(f"/orders/{order['id']}/accept", world.staff, key=key)
    hold("effect", f"{told['d']}", again, when=again == told["d"])


@check("commands.key_for_something_else")
async def key_for_something_else(world: World) -> None:
    """A key that was used for another command is refused."""
    orders = await world.place_orders(2)
    key = uuid4().hex
    async with world.connected(world.staff) as wire:
        await accept(wire, orders[0], key=key)
        code_of(await accept(wire, orders[1], key=key), "idempotency_key_reused")


@check("commands.same_as_http")
async def same_as_http(world: World) -> None:
    """A refusal over the socket has the members of the problem document over HTTP."""
    path = f"/orders/{uuid4()}/accept"
    problem = (await refusal(world.post(path, world.staff))).body
    async with world.connected(world.staff) as wire:
        answer = await accept(wire, {"id": path.split("/")[2]})
    flat = {**answer["d"], "code": answer["code"], "retryable": answer["retry"]}
    hold("answer", f"{problem}", flat, when=flat == problem)


@check("commands.in_order")
async def in_order(world: World) -> None:
    """Several at once are carried out and answered in the order they came."""
    async with world.connected(world.staff) as wire:
        for number in range(100, 120):
            name = "no.such_command" if number % 2 else "item.restore"
            frame = {"t": "cmd", "id": number, "name": name, "args": {"item_id": world.items[-1]}}
            await wire.send(frame)
        await wire.until(lambda: 119 in wire.answers, "the last answer")
        numbers = list(wire.answers)
        hold("order", "100 to 119", numbers, when=numbers == [*range(100, 120)])
