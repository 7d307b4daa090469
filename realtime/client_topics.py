"""The topics a client follows: asks for each, asks again when something is missing."""

from collections.abc import Awaitable, Callable

from realtime.client_calls import Calls
from realtime.client_freshness import FreshnessKeeper
from realtime.client_line import Line
from realtime.client_views import Outcome, TopicView
from realtime.protocol import Err, EventBody, Snap, Sub, Subd


Send = Callable[[Sub], Awaitable[None]]


class Topics:
    """Views by topic, and the questions for them that have no answer yet."""

    def __init__(self, calls: Calls, freshness: FreshnessKeeper, send: Send) -> None:
        """Follow nothing."""
        self.views: dict[str, TopicView] = {}
        self._calls = calls
        self._freshness = freshness
        self._line = Line(lambda topic: send(self._question(self.views[topic])))
        self._asked: dict[int, str] = {}
        self._old: frozenset[str] = frozenset()
        self._seq_when_asked: dict[str, int] = {}

    async def follow(self, view: TopicView) -> int:
        """Ask for a topic; return the number of the question."""
        self.views[view.topic] = view
        self._forget_questions(view.topic)
        number = self._calls.expect()
        self._asked[number] = view.topic
        await self._ask(view)
        return number

    async def turn_to_leave(self) -> None:
        """Wait until the server can be told that a topic is left."""
        await self._line.leave()

    def leave(self, topic: str) -> None:
        """Follow a topic no longer."""
        view = self.views.pop(topic, None)
        self._line.drop(topic)
        self._forget_questions(topic)
        self._freshness.catch_up(topic)
        if view is not None:
            view.is_live = False

    def lose(self) -> None:
        """Learn that the connection broke."""
        for view in self.views.values():
            view.is_live = False
        self._line.clear()
        self._freshness.lose(self.views)

    async def ask_all(self, *, has_limit: bool) -> None:
        """Ask for every topic over a new connection, from where it stands; none counts as live."""
        self._line.begin(has_limit=has_limit)
        for view in self.views.values():
            view.is_live = False
        for view in tuple(self.views.values()):
            await self._ask(view)

    async def ask_again(self) -> None:
        """Ask for every topic that is not live."""
        for view in tuple(self.views.values()):
            if not view.is_live:
                await self._ask(view)

    def questions(self) -> list[Sub]:
        """Return the question for every topic, from where it stands; none counts as live."""
        for view in self.views.values():
            view.is_live = False
        return [self._question(view) for view in self.views.values()]

    async def ask_for_old(self) -> None:
        """Ask for every topic that was behind the last time somebody asked, and still is."""
        behind = frozenset(topic for topic, view in self.views.items() if not view.has_caught_up)
        old, self._old = self._old, behind
        for topic in sorted(old & behind):
            self.views[topic].is_live = False
            await self._ask(self.views[topic])

    async def take_answer(self, frame: Subd) -> None:
        """Take the answer to a question: a replay or a snapshot follows."""
        view = self.views.get(self._asked.pop(frame.id, ""))
        if view is not None:
            self._seq_when_asked[view.topic] = view.seq
            view.answer(frame)
            self._note_caught_up(view)
            await self._line.answered(view.topic)

    def take_snapshot(self, frame: Snap) -> None:
        """Take one part of a snapshot."""
        view = self.views.get(frame.topic)
        if view is not None and view.take_snapshot(frame):
            self._seq_when_asked[view.topic] = view.seq
            self._note_caught_up(view)

    async def apply(self, event: EventBody) -> TopicView | None:
        """Apply an event; return the view it changed, if it was the next one."""
        view = self.views.get(event.topic)
        if view is None:
            return None
        outcome = view.apply(event)
        if outcome is Outcome.APPLIED:
            self._note_caught_up(view)
            return view
        if outcome is Outcome.GAP and view.is_live:
            view.is_live = False
            self._freshness.fall_behind(view.topic)
            await self._ask(view)
        return None

    async def refuse(self, frame: Err, *, is_final: bool) -> bool:
        """Take the refusal of a question; say whether to ask again later."""
        topic = self._asked.pop(-1 if frame.id is None else frame.id, None)
        if frame.id is None and frame.code == "not_found":
            topic = str(frame.d.get("topic", ""))  # it is ours no longer
        if topic is None:
            return False
        await self._line.answered(topic)
        if topic not in self.views:
            return False
        if is_final:
            self.leave(topic)
        return not is_final

    async def _ask(self, view: TopicView) -> None:
        await self._line.ask(view.topic)

    def _question(self, view: TopicView) -> Sub:
        """One question a topic, repeated with its number after a reconnect."""
        asked = (number for number, topic in self._asked.items() if topic == view.topic)
        number = next(asked, None)
        if number is None:
            number = self._calls.number()
            self._asked[number] = view.topic
        return Sub(id=number, topic=view.topic, since=view.position)

    def _forget_questions(self, topic: str) -> None:
        self._asked = {number: each for number, each in self._asked.items() if each != topic}

    def _note_caught_up(self, view: TopicView) -> None:
        if view.has_caught_up:
            since = self._seq_when_asked.pop(view.topic, view.seq)
            self._freshness.catch_up(view.topic, replayed=view.seq - since)
