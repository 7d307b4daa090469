"""Nested serializers for orders."""

from typing import Any

from django.db import transaction
from rest_framework import serializers

from loadtests.peers.textbook.models import MenuItem, Order, OrderLine


class OrderLineSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="item.name", read_only=True)

    class Meta:
        model = OrderLine
        fields = ["item", "name", "quantity", "price"]
        read_only_fields = ["price"]


class OrderSerializer(serializers.ModelSerializer):
    lines = OrderLineSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            "id", "merchant", "courier", "status", "address", "note", "total", "lines",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["courier", "status", "total"]

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Order:
        lines = validated_data.pop("lines")
        order = Order.objects.create(customer=self.context["request"].user, **validated_data)
        total = 0
        for line in lines:
            item = MenuItem.objects.select_for_update().get(pk=line["item"].pk)
            item.stock -= line["quantity"]
            item.save()
            OrderLine.objects.create(
                order=order, item=item, quantity=line["quantity"], price=item.price
            )
            total += item.price * line["quantity"]
        order.total = total
        order.save()
        return order


class StatusSerializer(serializers.Serializer):
    status = serializers.ChoiceField(choices=Order.Status.choices)
