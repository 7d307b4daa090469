"""Pages on what became of notices, for operators: search, one notice's story, dead letters."""

from string import Template
from typing import Final
from uuid import UUID

from django.http import Http404, HttpResponse

from notifications.queries import access_notice
from notifications.replays.queries import SPAN
from notifications.templates import DEFAULT_LOCALE, TEMPLATES
from web.languages import locale_of
from web.pages import PersonRequest, for_people, page


ANYTHING: Final = "…"


@for_people
def notices(request: PersonRequest) -> HttpResponse:
    """Find notices by order, phone or id."""
    _only_operators(request)
    return page(request, "notices.html", data={"kinds": _kinds(request)})


@for_people
def notice(request: PersonRequest, notice_id: UUID) -> HttpResponse:
    """Everything that happened to one notice."""
    _only_operators(request)
    found = access_notice(request.user, notice_id)
    data = {"notice_id": str(found.pk), "kinds": _kinds(request)}
    return page(request, "notice.html", data=data)


@for_people
def dead_letters(request: PersonRequest) -> HttpResponse:
    """What did not arrive, and the button that has it sent again."""
    _only_operators(request)
    data = {"kinds": _kinds(request), "span_hours": SPAN.total_seconds() / 3600}
    return page(request, "dead_letters.html", data=data)


def _only_operators(request: PersonRequest) -> None:
    if not request.user.is_operator:
        raise Http404


def _kinds(request: PersonRequest) -> dict[str, str]:
    """Return what each kind of notice is called: its title, without any order's values."""
    locale, names = locale_of(request), {}
    for name, template in sorted(TEMPLATES.items()):
        words = template.words.get(locale) or template.words[DEFAULT_LOCALE]
        blank = dict.fromkeys(template.variables, ANYTHING)
        title = Template(words.title).substitute(blank)
        # A campaign's title is all its own.
        names[name] = name if title == ANYTHING else title
    return names
