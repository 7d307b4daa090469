"""Joining, logging in, and the person behind the request."""

from typing import Annotated, Any

from django.contrib.auth import authenticate
from django.contrib.auth import login as begin_session
from django.contrib.auth import logout as end_session
from django.middleware.csrf import get_token
from ninja import Body, Path, Router
from pydantic import BaseModel, ConfigDict, Field

from core.api.authentication import presented_token
from core.api.moments import ApiRequest
from core.errors import NotFound, PaidanError
from core.people.commands import NewPerson, register_person
from core.people.gateway import Phone
from core.people.models import Person
from core.people.queries import get_live_tokens, person_view
from core.people.tokens import issue_token, revoke_all_tokens, revoke_own_token, revoke_token


router = Router(tags=["people"])

LARGEST_ID = 2**63 - 1


class WrongPassword(PaidanError):
    """The number and the password do not belong together; which is wrong stays unsaid."""

    code = "wrong_password"
    title = "Number or password is wrong."
    status = 401


class Login(BaseModel):
    """Number and password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: Phone
    password: str = Field(min_length=1, max_length=128)
    label: str = Field(default="api", min_length=1, max_length=80)
    as_cookie: bool = False
    """For a page of this origin that keeps no token: a session cookie instead of one."""


class Joining(BaseModel):
    """Somebody new."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: Phone
    name: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=8, max_length=128)
    locale: str = Field(default="zh-CN", pattern=r"^[A-Za-z]{2}(-[A-Za-z]{2})?$")


@router.post("/people", auth=None, operation_id="join", summary="Join as a customer.")
def join(request: ApiRequest, joining: Annotated[Joining, Body(...)]) -> dict[str, Any]:
    """Create a person who can log in."""
    person = register_person(
        NewPerson(
            phone=joining.phone,
            name=joining.name,
            password=joining.password,
            locale=joining.locale,
        )
    )
    return _with_token(request, person, "api")


@router.post("/sessions", auth=None, operation_id="login", summary="Log in for a token.")
def login(request: ApiRequest, login: Annotated[Login, Body(...)]) -> dict[str, Any]:
    """Exchange number and password for a bearer token, which is shown this once.

    With `as_cookie` for a session cookie, and the `csrf_token` that goes with what it writes.
    """
    person = authenticate(request, username=login.phone, password=login.password)
    if not isinstance(person, Person):
        raise WrongPassword
    if login.as_cookie:
        begin_session(request, person)
        return {"csrf_token": get_token(request), "person": person_view(person)}
    return _with_token(request, person, login.label)


@router.delete("/sessions", operation_id="logout", summary="Revoke the token used.")
def logout(request: ApiRequest) -> dict[str, Any]:
    """End the token that this request carries, or the session of its cookie."""
    token = presented_token(request)
    if token is None:
        end_session(request)
        return {"revoked": True}
    return {"revoked": revoke_token(token, now=request.moment)}


@router.get("/me", operation_id="me", summary="Who you are.")
def me(request: ApiRequest) -> dict[str, Any]:
    """Return you, your roles and the shops you work for."""
    return person_view(request.auth)


@router.get("/me/tokens", operation_id="my_tokens", summary="Your live tokens.")
def my_tokens(request: ApiRequest) -> dict[str, Any]:
    """Return labels and times, never the tokens themselves."""
    return {"items": get_live_tokens(request.auth)}


@router.delete("/me/tokens", operation_id="revoke_all_tokens", summary="Revoke all your tokens.")
def revoke_all(request: ApiRequest) -> dict[str, Any]:
    """End all your tokens, the one used here too, and close your sockets."""
    return {"revoked_count": revoke_all_tokens(request.auth, now=request.moment)}


@router.delete("/me/tokens/{int:token_id}", operation_id="revoke_token", summary="Revoke a token.")
def revoke(
    request: ApiRequest, token_id: Annotated[int, Path(..., ge=1, le=LARGEST_ID)]
) -> dict[str, Any]:
    """End one of your tokens."""
    if not revoke_own_token(person=request.auth, token_id=token_id, now=request.moment):
        raise NotFound
    return {"revoked": True}


def _with_token(request: ApiRequest, person: Person, label: str) -> dict[str, Any]:
    token = issue_token(person=person, label=label, now=request.moment)
    return {"token": token, "person": person_view(person)}
