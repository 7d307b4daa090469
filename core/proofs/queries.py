"""Looking pictures up: those a step names, and those a person may see."""

from uuid import UUID

from core.errors import NotFound
from core.orders.access import role_in_order
from core.people.models import Person
from core.proofs.models import ProofFile


def get_stored_file(file_id: UUID, *, leg_id: UUID) -> ProofFile | None:
    """Return the leg's picture if the store has it."""
    rows = ProofFile.objects.filter(
        pk=file_id, leg_id=leg_id, stored_at__isnull=False, purged_at__isnull=True
    )
    return rows.first()


def access_proof(person: Person, *, leg_id: UUID, file_id: UUID) -> ProofFile:
    """Return a picture that the person may see: the order's customer, shop, courier, operators.

    :raises NotFound: there is none, it never arrived, or it is none of theirs.
    """
    rows = ProofFile.objects.select_related("leg__order").filter(pk=file_id, leg_id=leg_id)
    found = rows.filter(stored_at__isnull=False).first()
    if found is None or role_in_order(person, found.leg.order) is None:
        raise NotFound
    return found
