"""Act tokens: signed texts in pushes by which people acknowledge notices without a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core import signing

from core.errors import PaidanError


_signer: Final = signing.Signer(salt="notifications.act", sep=".")


class BadActToken(PaidanError):
    """The token was not made by us."""

    code = "bad_act_token"
    title = "This is no token of ours."
    status = 404


class ActTokenExpired(PaidanError):
    """The token's notice has become pointless."""

    code = "act_token_expired"
    title = "The notice is too old to be acknowledged."
    status = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRight:
    """Who may acknowledge which notice."""

    person_id: UUID
    notice_id: UUID


def act_token(*, person_id: UUID, notice_id: UUID, expires_at: datetime) -> str:
    """Return the token, good until `expires_at`."""
    return _signer.sign(f"{notice_id.hex}~{person_id.hex}~{int(expires_at.timestamp())}")


def read_act_token(token: str, *, now: datetime) -> ActRight:
    """Return whom and what a token speaks for.

    :raises BadActToken: it is forged.
    :raises ActTokenExpired: its time is over.
    """
    try:
        notice, person, expires = _signer.unsign(token).split("~")
    except signing.BadSignature:
        raise BadActToken from None
    if int(expires) <= now.timestamp():
        raise ActTokenExpired
    return ActRight(person_id=UUID(hex=person), notice_id=UUID(hex=notice))
