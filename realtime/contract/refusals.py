"""Every code a refused request may carry: the errors of the apps behind the URL map."""

from collections.abc import Iterator
from importlib import import_module

from django.conf import settings

from core.errors import PaidanError


APPS = ("core", "dispatch", "notifications", "realtime")


def get_refusals() -> list[type[PaidanError]]:
    """Errors by code; the URL map has imported whatever can raise one."""
    import_module(settings.ROOT_URLCONF)
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
