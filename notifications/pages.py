"""Reads what operators write in a TOML file, and says where it is wrong."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError


Page = TypeVar("Page", bound=BaseModel)


def read_page(path: Path, model: type[Page], *, error: type[ValueError]) -> Page:
    """Return the file as `model`.

    :raises ValueError: as `error`; it is not there, no TOML, or says what nobody understands.
    """
    try:
        return model.model_validate(tomllib.loads(path.read_text()))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise error(f"{where}: {first['msg']}") from wrong
    except (OSError, tomllib.TOMLDecodeError) as wrong:
        raise error(str(wrong)) from wrong
