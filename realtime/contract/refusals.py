"""Every code a refused request may carry: errors of the apps behind URL map and streams."""

from collections.abc import Iterator
from importlib import import_module

from django.conf import settings

from core.errors import PaidanError


APPS = ("core", "dispatch", "notifications", "realtime")


def get_refusals() -> list[type[PaidanError]]:
    """Errors by code; both have imported whatever can raise one."""
    for name in (settings.ROOT_URLCONF, "realtime.streaming.asgi"):
        import_module(name)
    found = {
        kind.code: kind
        for kind in _below(PaidanError)
        if kind.__module__.partition(".")[0] in APPS and "code" in vars(kind)
    }
    return [found[code] for code in sorted(found)]


def _below(kind: type[PaidanError]) -> Iterator[type[PaidanError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
