"""Turns are handed over in the order in which they were asked for."""

import threading
import time

from core.fair_sqlite3.turns import Turns


BOUND_SECONDS = 10.0


class Queue:
    """Threads that ask one after the other, and the order in which they were served."""

    def __init__(self, turns: Turns, count: int) -> None:
        self.served: list[int] = []
        self._turns = turns
        self._threads = [threading.Thread(target=self._ask, args=(each,)) for each in range(count)]

    def _ask(self, number: int) -> None:
        assert self._turns.take(seconds=BOUND_SECONDS)
        self.served.append(number)
        self._turns.give()

    def line_up(self) -> None:
        for place, thread in enumerate(self._threads, start=1):
            thread.start()
            until = time.monotonic() + BOUND_SECONDS
            while len(self._turns._waiting) < place and time.monotonic() < until:
                time.sleep(0.001)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(BOUND_SECONDS)


class TestTurns:
    def test_come_in_the_order_of_asking(self) -> None:
        turns = Turns()
        assert turns.take(seconds=0)
        queue = Queue(turns, 8)
        queue.line_up()
        turns.give()
        queue.join()
        assert queue.served == list(range(8))

    def test_do_not_come_while_somebody_has_it(self) -> None:
        turns = Turns()
        assert turns.take(seconds=0)
        assert not turns.take(seconds=0.01)

    def test_are_not_lost_on_somebody_who_left(self) -> None:
        turns = Turns()
        assert turns.take(seconds=0)
        assert not turns.take(seconds=0.01)
        turns.give()
        assert turns.take(seconds=0)

    def test_pass_over_whoever_holds_it_to_the_next_loop(self) -> None:
        turns = Turns()
        assert turns.take(seconds=0)
        queue = Queue(turns, 1)
        queue.line_up()
        turns.give()
        assert turns.take(seconds=BOUND_SECONDS)
        assert queue.served == [0]
