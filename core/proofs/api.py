"""Pictures over HTTP: a courier sends them, and those whom the order concerns look at them."""

from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import AwareDatetime, BaseModel, ConfigDict

from core.api.moments import ApiRequest
from core.api.problems import BodyTooLarge
from core.orders.moments import iso
from core.proofs.commands import Upload, read_proof, store_proof
from core.proofs.models import ProofFile
from core.proofs.policy import ProofKind
from core.proofs.queries import access_proof
from core.proofs.storage.chosen import proof_store


router = Router(tags=["proofs"])

MOST_BYTES: Final = 8 * 1024 * 1024
"""Of what is sent: a photo as a phone takes it. What is kept is a tenth of that."""

Id = Annotated[UUID, Path(...)]


class Taking(BaseModel):
    """What the picture is."""

    model_config = ConfigDict(frozen=True)

    kind: ProofKind
    captured_at: AwareDatetime | None = None


@router.put(
    "/legs/{uuid:leg_id}/proofs/{uuid:file_id}",
    operation_id="store_proof",
    summary="Send a photo or a signature.",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png", "image/webp")
            },
        }
    },
)
def put_proof(
    request: ApiRequest, leg_id: Id, file_id: Id, taking: Annotated[Taking, Query(...)]
) -> dict[str, Any]:
    """Keep a picture of a delivery of yours under an id of your device's choice.

    The bytes are the body. What they are is told by themselves; the same ones may be sent again.
    Give the id as the value of a proof, or as the photo of a failure.
    """
    upload = Upload(
        leg_id=leg_id,
        file_id=file_id,
        kind=taking.kind,
        content=_body(request),
        captured_at=taking.captured_at,
    )
    row = store_proof(upload, person=request.auth, store=proof_store(), now=request.moment)
    return {"proof": proof_view(row)}


@router.get(
    "/legs/{uuid:leg_id}/proofs/{uuid:file_id}",
    operation_id="proof",
    summary="A photo or a signature.",
)
def get_proof(request: ApiRequest, leg_id: Id, file_id: Id) -> HttpResponse:
    """Return the picture, to the order's customer, shop and courier and to operators."""
    row = access_proof(request.auth, leg_id=leg_id, file_id=file_id)
    response = HttpResponse(read_proof(row, store=proof_store()), content_type=row.content_type)
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = f'inline; filename="{row.kind}-{row.pk}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def proof_view(row: ProofFile) -> dict[str, Any]:
    """What is told of a picture beside the picture."""
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "content_type": row.content_type,
        "size_bytes": row.size_bytes,
        "width": row.width,
        "height": row.height,
        "sha256": row.sha256,
        "captured_at": iso(row.captured_at),
        "stored_at": iso(row.stored_at),
    }


def _body(request: ApiRequest) -> bytes:
    """Read the body, which the framework would only read up to the size of a command.

    :raises BodyTooLarge: it is larger than any photo.
    """
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > MOST_BYTES:
        raise BodyTooLarge
    content: bytes = request.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BodyTooLarge
    return content
