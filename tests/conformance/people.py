"""Creates tables and people for a private hub in one process; prints the tokens as JSON."""

import io
import json
import os

import django
from django.core.management import call_command


def created(*arguments: str) -> str:
    """Run a command that prints a token last."""
    printed = io.StringIO()
    call_command(*arguments, stdout=printed, stderr=io.StringIO())
    return printed.getvalue().split()[-1]


def main() -> None:
    """Do it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    tokens = {
        "staff": created("create_merchant", "Conformance", "+8613700000001"),
        "courier": created("create_person", "+8613700000002", "Courier", "--courier"),
        "operator": created("create_person", "+8613700000003", "Operator", "--operator"),
    }
    print(json.dumps(tokens))


if __name__ == "__main__":
    main()
