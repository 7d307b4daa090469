"""Which situation an order is in, and what a zone may set for itself."""

import pytest

from core.proofs.policy import KINDS, ProofKind, ProofPolicy, Situation, read_policy


class TestSituation:
    @pytest.mark.parametrize(
        ("traits", "total_minor", "situation"),
        [
            ({"cash"}, 100, "cash"),
            ({"contactless", "cash"}, 90_000, "cash"),
            ({"contactless"}, 50_000, "high_value"),
            ({"contactless"}, 49_999, "contactless"),
            (set(), 49_999, "usual"),
        ],
        ids=["cash", "cash above all", "dear", "left at the door", "usual"],
    )
    def test_is_the_first_that_applies(
        self, traits: set[str], total_minor: int, situation: str
    ) -> None:
        found = ProofPolicy().situation(
            is_cash="cash" in traits,
            total_minor=total_minor,
            is_contactless="contactless" in traits,
        )
        assert found == situation


class TestPolicy:
    def test_decides_every_situation(self) -> None:
        assert set(KINDS) == set(Situation)
        assert all(KINDS.values())

    def test_lets_a_photo_prove_only_what_may_stand_at_the_door(self) -> None:
        photographed = {each for each, kinds in KINDS.items() if ProofKind.PHOTO in kinds}
        assert photographed == {Situation.CONTACTLESS}

    def test_keeps_the_default_of_what_a_zone_does_not_name(self) -> None:
        policy = read_policy({"kinds": {"usual": ["photo"]}, "high_value_minor": 9})
        assert policy.kinds[Situation.USUAL] == (ProofKind.PHOTO,)
        assert policy.kinds[Situation.CASH] == KINDS[Situation.CASH]
        assert (policy.high_value_minor, policy.trusts_offline) == (9, True)
