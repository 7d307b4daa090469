"""The API's one door: a bearer token, or a session cookie with its CSRF token."""

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from core.api.moments import moment_of
from core.api.problems import CsrfFailed, Unauthenticated
from core.people.models import Person
from core.people.tokens import get_person_by_token


SCHEME = "bearer"


def presented_token(request: HttpRequest) -> str | None:
    """Return the token of the `Authorization` header, if there is such a header.

    :raises Unauthenticated: when the header is not `Bearer <token>`.
    """
    header = request.headers.get("Authorization")
    return None if header is None else token_in(header)


def token_in(header: str) -> str:
    """Return the token that an `Authorization` header carries.

    :raises Unauthenticated: when the header is not `Bearer <token>`.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != SCHEME or not token.strip():
        raise Unauthenticated
    return token.strip()


class TokenAuth(AuthBase):
    """`Authorization: Bearer <token>`; a wrong token is refused, not passed on."""

    openapi_type = "http"
    openapi_scheme = SCHEME

    def __call__(self, request: HttpRequest) -> Person | None:
        token = presented_token(request)
        if token is None:
            return None
        person = get_person_by_token(token, now=moment_of(request))
        if person is None:
            raise Unauthenticated
        return person


class SessionAuth(APIKeyCookie):
    """The session of the pages; anything but a reading needs `X-CSRFToken`."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Person | None:
        person = self.authenticate(request, None)
        if person is not None and check_csrf(request) is not None:
            raise CsrfFailed
        return person

    def authenticate(self, request: HttpRequest, key: str | None) -> Person | None:  # noqa: ARG002
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        return request.user if isinstance(request.user, Person) else None
