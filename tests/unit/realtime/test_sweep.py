"""The hub forgets feeds that nobody listens to, and none that somebody is about to."""

from realtime.feeds import Feed
from realtime.hub import IDLE_FEED_SECONDS, Hub


def swept(feed: Feed) -> bool:
    hub = Hub()
    feed.open("epoch", 1)
    hub.feeds[feed.topic] = feed
    hub._sweep()
    return feed.topic not in hub.feeds


class TestSweep:
    def test_keeps_a_feed_that_waits_for_its_first_listener(self) -> None:
        assert not swept(Feed("order:1"))

    def test_forgets_a_feed_that_was_left_long_ago(self) -> None:
        feed = Feed("order:1")
        feed.left_at -= IDLE_FEED_SECONDS + 1
        assert swept(feed)
