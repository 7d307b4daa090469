"""Reads a JSON request body into a strict model, or refuses it with a coded answer."""

import json
from collections.abc import Mapping
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError


class Body(BaseModel):
    """A request body: unknown fields are refused, as real providers refuse them."""

    model_config = ConfigDict(extra="forbid", frozen=True)


BodyT = TypeVar("BodyT", bound=Body)


def answer(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return the one error shape of the sandbox: a status and a stable code."""
    return web.json_response({"code": code}, status=status, headers=headers)


async def read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """Return the body as ``model``.

    :raises aiohttp.web.HTTPUnprocessableEntity: it is not JSON or has the wrong fields.
    """
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        wrong = json.dumps(
            {"code": "invalid_body", "detail": error.errors(include_url=False)}, default=str
        )
        raise web.HTTPUnprocessableEntity(text=wrong, content_type="application/json") from error
