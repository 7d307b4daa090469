"""The one base of every error the product raises on purpose, shaped after RFC 9457."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar


class PaidanError(Exception):
    """An expected refusal with a stable `code`; subclasses sit beside what raises them."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request could not be carried out."
    status: ClassVar[int] = 400
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", **extra: Any) -> None:
        """Keep the human sentence and the machine-readable members that go with it."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: Mapping[str, Any] = extra

    def problem(self) -> dict[str, Any]:
        """Members of the RFC 9457 problem document."""
        return {
            "type": f"urn:paidan:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "retryable": self.retryable,
            **self.extra,
        }

    def after_rollback(self, now: datetime) -> None:
        """Write what must last although the command was refused; usually nothing."""


class NotFound(PaidanError):
    """It does not exist, or it is not yours; the answer never tells which."""

    code = "not_found"
    title = "No such thing, or it is not yours."
    status = 404


class NotAllowed(PaidanError):
    """You can see it, yet your role may not do this."""

    code = "not_allowed"
    title = "Your role may not do this."
    status = 403


class Invalid(PaidanError):
    """The input breaks a rule that needs the database to check."""

    code = "invalid"
    title = "The input breaks a rule."
    status = 422


class Conflict(PaidanError):
    """The world has moved on; the members say where it stands now."""

    code = "conflict"
    title = "The thing has changed meanwhile."
    status = 409
