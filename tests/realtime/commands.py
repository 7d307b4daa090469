"""Commands that only a test's web node has."""

import time
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import transaction

from core.bell import bell
from core.events.streams import shard_group
from core.gate.registry import Arguments, Call, NoArguments, command
from core.shared_time import shared_time
from realtime.hub import Hub
from realtime.tickets import SIGNER
from tests.realtime import probe


class SayArguments(Arguments):
    topic: str
    texts: list[str]
    shout: bool = False
    scatter: bool = False


class RingArguments(Arguments):
    topic: str
    message: dict[str, Any]


class PauseArguments(Arguments):
    seconds: float


class TicketArguments(Arguments):
    age: float


def _register_reads(hub: Hub) -> None:
    @command("probe.reads", path="/probe/reads")
    def reads(_call: Call, _arguments: NoArguments) -> dict[str, Any]:
        """Tell how often stream entries and snapshots were read."""
        return {"events": hub.event_read_count, "snapshots": hub.snapshots.read_count}


def _register_tickets() -> None:
    @command("probe.ticket", path="/probe/ticket", arguments=TicketArguments)
    def ticket(call: Call, arguments: TicketArguments) -> dict[str, Any]:
        """Issue a ticket as if so many seconds ago."""
        at = shared_time.now() - arguments.age
        return {"ticket": SIGNER.sign_object({"person": str(call.person.pk), "at": at})}


def _register_delays(hub: Hub) -> None:
    @command("probe.pause", path="/probe/pause", arguments=PauseArguments)
    def pause(_call: Call, arguments: PauseArguments) -> dict[str, Any]:
        """Take a while to answer, and lock nothing meanwhile."""
        transaction.on_commit(partial(time.sleep, arguments.seconds))
        return {"paused": arguments.seconds}

    @command("probe.block", path="/probe/block", arguments=PauseArguments)
    def block(_call: Call, arguments: PauseArguments) -> dict[str, Any]:
        """Stop the node's event loop for a while, as a starved machine does."""
        assert hub._loop is not None
        hub._loop.call_soon_threadsafe(time.sleep, arguments.seconds)
        return {"blocked": arguments.seconds}


def register(hub: Hub) -> None:
    """Register them; `hub` is the node's."""
    _register_reads(hub)
    _register_tickets()
    _register_delays(hub)

    @command("probe.say", path="/probe", arguments=SayArguments)
    def say(_call: Call, arguments: SayArguments) -> dict[str, Any]:
        """Say something on a topic."""
        if arguments.scatter:
            for text in arguments.texts:
                probe.say(arguments.topic, text, about=uuid4().hex)
        else:
            probe.say(arguments.topic, *arguments.texts, shout=arguments.shout)
        return {"said": len(arguments.texts)}

    @command("probe.ring", path="/probe/bell", arguments=RingArguments)
    def ring(_call: Call, arguments: RingArguments) -> dict[str, Any]:
        """Ring the bell of a topic's shard."""
        bell.ring(shard_group(arguments.topic), arguments.message)
        return {}

    @command("probe.closes", path="/probe/closes")
    def closes(_call: Call, _arguments: NoArguments) -> dict[str, Any]:
        """Tell how many sockets were closed with each code."""
        return {str(code): count for code, count in hub.close_counts.items()}

    @command("probe.held", path="/probe/held")
    def held(_call: Call, _arguments: NoArguments) -> dict[str, Any]:
        """Tell how many connections there are, and how many listeners to topics."""
        feeds = (*hub.feeds.values(), *hub.zones.values())
        return {
            "connections": hub.connection_count,
            "listeners": sum(len(feed.listeners) for feed in feeds),
        }

    _register_view(hub)


def _register_view(hub: Hub) -> None:
    @command("probe.hub", path="/probe/hub")
    def whole(_call: Call, _arguments: NoArguments) -> dict[str, Any]:
        """Tell everything that connections could leave behind, and what waits for slow ones."""
        members = [member for members in hub.people.values() for member in members]
        return {
            "connections": hub.connection_count,
            "listeners": sum(len(feed.listeners) for feed in hub.feeds.values()),
            "people": len(hub.people),
            "on_the_wheel": sum(map(len, hub._wheel)),
            "most_waiting_bytes": max(_waiting(member) for member in members),
            "closes": {str(code): count for code, count in hub.close_counts.items()},
        }


def _waiting(member: Any) -> int:
    """Bytes that wait for a member's reader."""
    return int(member.outbox.size)
