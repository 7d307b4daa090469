"""docs/states.md says what the tables say."""

from core.management.commands.states_doc import PATH, render


class TestStatesDocument:
    def test_is_what_the_tables_say(self) -> None:
        assert PATH.read_text(encoding="utf-8") == render(), "run ./manage.py states_doc"

    def test_explains_every_state_and_trigger(self) -> None:
        assert "|  |" not in render()
