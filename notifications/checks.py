"""Looks at every template when the program starts: languages, variables, links."""

from collections.abc import Iterator
from string import Template
from typing import Any, Final

from django.core.checks import CheckMessage, Error, register

from notifications.channels.webpush import PLAINTEXT_LIMIT_BYTES
from notifications.ladders.steps import faults_of, read_steps, steps_view
from notifications.lengths import longest_push
from notifications.policies import KINDS
from notifications.templates import LOCALES, TEMPLATES, NoticeTemplate
from notifications.variables import VARIABLES


TOO_LONG: Final = "notifications.E104"
UNCLIMBABLE: Final = "notifications.E103"
LINK_VARIABLES: Final = frozenset({"order", "topic", "subject"})


@register("notifications")
def check_templates(**_options: Any) -> list[CheckMessage]:
    """Refuse templates that some notice would break on."""
    wrong = [Error(each, id="notifications.E101") for each in _without_partner()]
    for name, template in TEMPLATES.items():
        wrong += [Error(f"{name}: {each}", id="notifications.E102") for each in faults(template)]
    wrong += [Error(f"{name}: {each}", id=UNCLIMBABLE) for name, each in _unclimbable()]
    if not wrong:
        wrong += [Error(each, id=TOO_LONG) for each in _too_long()]
    return [*wrong]


def _too_long() -> Iterator[str]:
    """Find pushes that no push service would take, were every variable as long as it may be."""
    for name in TEMPLATES:
        for locale in LOCALES:
            byte_count = longest_push(name, locale)
            if byte_count > PLAINTEXT_LIMIT_BYTES:
                yield f"{name}: {locale}: a push of up to {byte_count} bytes"


def _unclimbable() -> Iterator[tuple[str, str]]:
    """Hold the product's own ladders against what operators may set."""
    for name, kind in KINDS.items():
        steps = read_steps(steps_view(kind.policy))
        for fault in faults_of(steps, [kind]):
            step = "" if fault.step is None else f" at step {fault.step + 1}"
            yield name, f"its ladder cannot be climbed{step}: {fault.code}"


def _without_partner() -> Iterator[str]:
    for name in sorted(TEMPLATES.keys() ^ KINDS.keys()):
        yield f"{name}: a template needs a kind of notice, and a kind a template"
    for name, variable in VARIABLES.items():
        if not isinstance(variable.sample, variable.kind):
            yield f"{name}: the sample is no {variable.kind.__name__}"


def faults(template: NoticeTemplate) -> Iterator[str]:
    """Say what is wrong with one template."""
    for locale in LOCALES:
        if locale not in template.words:
            yield f"no words in {locale}"
    for unknown in sorted(template.variables - VARIABLES.keys()):
        yield f"declares the unknown variable {unknown}"
    for locale, words in template.words.items():
        for text in (words.title, words.body, words.sms_status, words.action):
            yield from _faults_of(text, template.variables, locale)
    for url in (template.url, template.action_url):
        yield from _faults_of(url, LINK_VARIABLES, "link")


def _faults_of(text: str, known: frozenset[str], where: str) -> Iterator[str]:
    parsed = Template(text)
    if not parsed.is_valid():
        yield f"{where}: cannot be read: {text}"
        return
    for unknown in sorted(set(parsed.get_identifiers()) - known):
        yield f"{where}: uses ${unknown}, which it does not declare"
