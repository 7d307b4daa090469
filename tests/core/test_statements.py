"""Statements said the short way mean what Django's cursor would have said."""

import pickle
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID, SafeUUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from core.changes import JsonText, insert, insert_values, replace
from core.deadlines.models import Deadline
from core.events.models import Event, Stream
from core.identifiers import new_id
from core.merchants.models import MenuItem
from core.orders.models import Order
from core.prepared import Prepared
from core.statements import execute
from tests.builders import START, make_scene


pytestmark = pytest.mark.django_db(transaction=True)


class Colour(StrEnum):
    """A text with a name."""

    RED = "red"


class TestValue:
    @pytest.mark.parametrize(
        "value",
        [
            "plain",
            "",
            "it's",
            '"',
            "back\\slash",
            "100 %",
            "%s",
            "派单 🛵",
            "a\nb",
            "'; DROP TABLE x",
        ],
    )
    def test_of_text_comes_back_as_it_was(self, value: str) -> None:
        said = execute(b"SELECT %s, '100 %%'", [value])
        assert list(said.rows[0]) == [value, "100 %"]

    @pytest.mark.parametrize(
        ("value", "back"),
        [(7, 7), (-1, -1), (None, None), (1.5, 1.5), (True, 1), (Colour.RED, "red")],
    )
    def test_of_other_kinds_does_too(self, value: Any, back: Any) -> None:
        assert execute(b"SELECT %s", [value]).rows[0][0] == back

    def test_of_a_moment_is_the_same_moment_whatever_its_zone(self) -> None:
        there = datetime(2026, 3, 2, 12, 0, 0, 17, tzinfo=timezone(timedelta(hours=8)))
        subject = new_id()
        replace(Deadline, [("order.hold", subject, there, None, 0)])
        row = Deadline.objects.get(subject=subject)
        assert (row.due_at, row.due_at.tzinfo) == (there, UTC)


class TestRefusal:
    def test_of_a_value_that_is_there_is_an_integrity_error(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_values(Stream, [("order:x", 1, 0), ("order:x", 1, 0)])

    def test_of_a_missing_value_is_an_integrity_error(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_values(Stream, [("order:x", None, 0)])

    def test_ends_what_the_transaction_can_say(self) -> None:
        with transaction.atomic():
            connection.set_rollback(True)
            with pytest.raises(TransactionManagementError):
                execute(b"SELECT 1", [])

    def test_takes_the_transaction_back(self) -> None:
        with transaction.atomic():
            insert_values(Stream, [("order:y", 1, 0)])
            connection.set_rollback(True)
        assert not Stream.objects.exists()


class TestReplace:
    def test_puts_a_row_in_the_place_of_the_one_with_its_unique_values(self) -> None:
        subject = new_id()
        replace(Deadline, [("order.hold", subject, START, START, 3)])
        replace(Deadline, [("order.hold", subject, START + timedelta(hours=1), None, 0)])
        [row] = Deadline.objects.all()
        assert (row.due_at - START, row.held_at, row.failures) == (timedelta(hours=1), None, 0)


class TestJsonText:
    def test_is_stored_as_it_is(self) -> None:
        event = Event(
            type="x", subject="x:1", version=1, occurred_at=START, actor={"type": "system"}
        )
        event.data = JsonText('{"a":[1,"派单"]}')
        insert([event])
        found = Event.objects.get()
        assert (found.actor, found.data) == ({"type": "system"}, {"a": [1, "派单"]})


class TestPrepared:
    def test_makes_what_django_makes(self) -> None:
        order = make_scene().bring_to("handed_over")
        wanted = ("merchant", "customer", "payment", "leg__courier")
        prepared = Prepared(lambda pk: Order.objects.select_related(*wanted).filter(pk=pk), UUID)
        [made], found = prepared(order.pk), Order.objects.select_related(*wanted).get(pk=order.pk)
        for one, other in (
            (made, found),
            (made.merchant, found.merchant),
            (made.payment, found.payment),
            (made.leg, found.leg),
            (made.leg.courier, found.leg.courier),
        ):
            assert plain(one) == plain(other)
        assert made.leg.order is made

    def test_reads_identifiers_that_are_like_any(self) -> None:
        order = make_scene().place()
        [key] = Prepared(
            lambda pk: Order.objects.filter(pk=pk).values_list("pk", flat=True), UUID
        )(order.pk)
        assert (key, hash(key), str(key)) == (order.pk, hash(order.pk), str(order.pk))
        assert pickle.loads(pickle.dumps(key)) == order.pk
        assert key.is_safe is SafeUUID.unknown

    def test_finds_no_leg_where_there_is_none(self) -> None:
        order = make_scene().place()
        [made] = Prepared(lambda pk: Order.objects.select_related("leg").filter(pk=pk), UUID)(
            order.pk
        )
        assert getattr(made, "leg", None) is None

    def test_refuses_a_value_that_does_not_reach_the_statement(self) -> None:
        lost = Prepared(lambda _pk: MenuItem.objects.all(), UUID)
        with pytest.raises(ValueError, match="would not reach"):
            lost(new_id())


def plain(row: Any) -> dict[str, Any]:
    """Return the values of a row's columns."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
