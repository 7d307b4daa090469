"""When connections are pinged: a crowd that comes together is not pinged together."""

from collections import Counter
from uuid import uuid4

from realtime.hub import Hub, Limits


class Device:
    """A member, as far as it is admitted."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.person_key = str(self.id)


class TestWheel:
    def test_spreads_a_crowd_over_the_turns_that_come_last(self) -> None:
        hub = Hub(Limits(ping_seconds=20))
        for _ in range(1000):
            assert hub.admit(Device())  # type: ignore[arg-type]
        sizes = Counter(map(len, hub._wheel))
        assert sizes == {100: 10, 0: 10}
        assert not any(hub._wheel[1:11])

    def test_of_one_turn_has_room_for_all(self) -> None:
        hub = Hub(Limits(ping_seconds=1))
        assert hub.admit(Device())  # type: ignore[arg-type]
        assert len(hub._wheel[0]) == 1
