"""API tokens: shown once, stored as a digest."""

import hashlib
import secrets
from datetime import datetime

from django.db.models import Q

from core.people.models import ApiToken, Person
from core.people.sockets import close_sockets
from core.prepared import Prepared


PREFIX = "pd_"


_bearers = Prepared(
    lambda digest, now: Person.objects.filter(
        Q(tokens__expires_at__isnull=True) | Q(tokens__expires_at__gt=now),
        tokens__digest=digest,
        tokens__revoked_at__isnull=True,
        is_active=True,
    ),
    str,
    datetime,
)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(
    *, person: Person, label: str, now: datetime, expires_at: datetime | None = None
) -> str:
    """Create a token and return its only clear copy."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        person=person, digest=_digest(token), label=label, created_at=now, expires_at=expires_at
    )
    return token


def get_person_by_token(token: str, *, now: datetime) -> Person | None:
    """Person whose live token this is, if any."""
    return next(iter(_bearers(_digest(token), now)), None)


def revoke_token(token: str, *, now: datetime) -> bool:
    """End the token that is presented in clear; false when it had ended."""
    rows = ApiToken.objects.filter(digest=_digest(token), revoked_at__isnull=True)
    return rows.update(revoked_at=now) > 0


def revoke_all_tokens(person: Person, *, now: datetime) -> int:
    """End every token of the person, and their open sockets; return how many tokens there were."""
    rows = ApiToken.objects.filter(person=person, revoked_at__isnull=True)
    count = rows.update(revoked_at=now)
    close_sockets(person.pk)
    return count


def revoke_own_token(*, person: Person, token_id: int, now: datetime) -> bool:
    """End one of the person's tokens by its id; false when there is no such live token."""
    rows = ApiToken.objects.filter(person=person, pk=token_id, revoked_at__isnull=True)
    return rows.update(revoked_at=now) > 0
