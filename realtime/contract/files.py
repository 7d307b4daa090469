"""Every document of the contract by its path below `docs/`; written there, and served."""

from functools import lru_cache

from realtime.contract.asyncapi import asyncapi_document
from realtime.contract.markdown import protocol_document
from realtime.contract.schemas import FRAMES, file_of, schema_document, write


@lru_cache(maxsize=1)
def contract_files() -> dict[str, str]:
    """Path -> text."""
    return {
        "protocol.md": protocol_document(),
        "asyncapi.json": write(asyncapi_document()),
        **{f"schemas/{file_of(sender)}": write(schema_document(sender)) for sender in FRAMES},
    }
