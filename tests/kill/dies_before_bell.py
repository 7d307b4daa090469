"""A process that carries out one command and is killed between COMMIT and the bell."""

import json
import os
import signal
import sys
from typing import Any, NoReturn
from uuid import UUID

import django


class DeadlyBell:
    """A bell whose ringer dies: the transaction is committed, nobody has been told."""

    def ring(self, _group: str, _message: dict[str, Any]) -> NoReturn:
        """Die as `kill -9` does, with nothing flushed and nothing sent."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def main(options: str) -> None:
    """Carry out the command in `options`: database, name, person, subject, arguments."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    # Each import waits for what stands above it: settings, then Django, then our apps.
    from core import settings  # noqa: PLC0415

    chosen: dict[str, Any] = json.loads(options)
    settings.DATABASES["default"]["NAME"] = chosen["database"]
    django.setup()

    from core.clock import now  # noqa: PLC0415
    from core.events import streams  # noqa: PLC0415
    from core.gate.registry import COMMANDS, Call  # noqa: PLC0415
    from core.gate.run import run_command  # noqa: PLC0415
    from core.people.models import Person  # noqa: PLC0415

    setattr(streams, "bell", DeadlyBell())  # noqa: B010  not a name the module exports
    spec = COMMANDS[chosen["name"]]
    call = Call(
        person=Person.objects.get(pk=chosen["person"]),
        now=now(),
        subject_id=UUID(chosen["subject"]),
    )
    run_command(spec, call, spec.arguments.model_validate(chosen["arguments"]), key="once")


if __name__ == "__main__":
    main(*sys.argv[1:])
