"""Which deadlines fired twice, by the product's own ledger: `python -m tests.kill.ledgers`."""

import json
import os
import sys
from collections import Counter

import django


def main() -> None:
    """Print a JSON list with a sentence for each; the installation is in the environment."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "core.settings"
    django.setup()
    # Models can be imported only once Django is set up.
    from core.deadlines.models import FiredDeadline  # noqa: PLC0415

    fired = Counter(FiredDeadline.objects.values_list("deadline_id", "kind", "subject", "due_at"))
    repeated = [
        f"{kind} of {subject} fired {count} times for {due_at}"
        for (_row, kind, subject, due_at), count in fired.items()
        if count > 1
    ]
    sys.stdout.write(json.dumps(repeated) + "\n")


if __name__ == "__main__":
    main()
