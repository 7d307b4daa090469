"""The log of troubles: numbered lines, each with its run, and buttons that come back."""

from web.demo.journal import HEALED, Journal


class TestJournal:
    def test_hands_out_what_is_new(self) -> None:
        journal = Journal()
        run = journal.begin("rush")
        run.say("ordered", n=5)
        run.say(HEALED)
        assert [line.what for line in journal.since(1)] == [HEALED]
        assert journal.since(0)[0].values == {"n": 5}

    def test_knows_what_still_runs(self) -> None:
        journal = Journal()
        run = journal.begin("rush")
        assert journal.running == {"rush": run.number}
        run.end()
        assert not journal.running

    def test_tells_two_runs_of_a_trouble_apart(self) -> None:
        journal = Journal()
        runs = [journal.begin("rush"), journal.begin("rush")]
        for run in runs:
            run.say("ordered")
        assert len({line.run for line in journal.lines}) == 2
