"""`python -m tests.dispatch.worker DATABASE`: `manage.py dispatcher` on a test's own database."""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    execute_from_command_line(["manage.py", "dispatcher"])
