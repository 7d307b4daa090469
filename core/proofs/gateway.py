"""The command with which operators say what proves a delivery in a zone."""

from typing import Annotated, Any

from pydantic import Field

from core.errors import NotAllowed, NotFound
from core.events.catalogue import ZONE_PROOFS_CONFIGURED
from core.events.facts import Subject
from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, command
from core.gate.run import VersionConflict
from core.merchants.models import Zone
from core.proofs.policy import ProofKind, Situation, read_policy


Kinds = Annotated[tuple[ProofKind, ...], Field(min_length=1, max_length=len(ProofKind))]


class ProofPolicyArguments(Arguments):
    """What is to change; what is not named stays. `reason` is kept with the change."""

    kinds: dict[Situation, Kinds] | None = None
    high_value_minor: int | None = Field(default=None, ge=0, le=10**9)
    trusts_offline: bool | None = None
    reason: str = Field(default="", max_length=120)


@command(
    "zone.set_proof_policy",
    path="/zones/{zone_id}/proof-policy",
    subject="zone_id",
    arguments=ProofPolicyArguments,
)
def set_proof_policy(call: Call, arguments: ProofPolicyArguments) -> dict[str, Any]:
    """Say what proves a delivery in the zone; for operators."""
    if not call.person.is_operator:
        raise NotAllowed("only operators set what proves a delivery")
    if call.subject_id is None:
        raise NotFound
    with unit_of_work(now=call.now, actor=call.actor("operator")) as work:
        zone = Zone.objects.select_for_update().filter(pk=call.subject_id).first()
        if zone is None:
            raise NotFound
        if call.expected_version not in (None, zone.proof_policy_version):
            raise VersionConflict(policy=policy_view(zone))
        wanted = arguments.model_dump(mode="json", exclude={"reason"}, exclude_none=True)
        kinds = {**zone.proof_policy.get("kinds", {}), **wanted.pop("kinds", {})}
        zone.set_proof_policy({**zone.proof_policy, **wanted, "kinds": kinds})
        zone.save(update_fields=["proof_policy", "proof_policy_version"])
        work.record(
            ZONE_PROOFS_CONFIGURED,
            subject=Subject(kind="zone", id=zone.pk),
            version=zone.proof_policy_version,
            data={"policy": zone.proof_policy, "reason": arguments.reason},
        )
    return {"policy": policy_view(zone)}


def policy_view(zone: Zone) -> dict[str, Any]:
    """What proves a delivery in the zone, defaults filled in."""
    policy = read_policy(zone.proof_policy)
    return {
        "kinds": {situation: list(kinds) for situation, kinds in policy.kinds.items()},
        "high_value_minor": policy.high_value_minor,
        "trusts_offline": policy.trusts_offline,
        "version": zone.proof_policy_version,
    }
