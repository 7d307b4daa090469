"""`python -m tests.core_deadlines.worker DATABASE`: a process that fires the test deadlines."""

import sys
import threading

import django
from django.conf import settings


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    from core.deadlines.loop import run_deadlines
    from tests.core_deadlines import handlers

    print(handlers.SLOW, flush=True)
    run_deadlines(threading.Event())
