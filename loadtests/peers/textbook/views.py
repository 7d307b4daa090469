"""A view set with one action that changes the status."""

from typing import Any

from django.db import transaction
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from loadtests.peers.textbook.models import Order
from loadtests.peers.textbook.serializers import OrderSerializer, StatusSerializer


NEXT = {
    Order.Status.PENDING: Order.Status.ACCEPTED,
    Order.Status.ACCEPTED: Order.Status.PREPARING,
    Order.Status.PREPARING: Order.Status.READY,
    Order.Status.READY: Order.Status.PICKED_UP,
    Order.Status.PICKED_UP: Order.Status.DELIVERED,
    Order.Status.DELIVERED: Order.Status.COMPLETED,
}


class OrderViewSet(
    mixins.CreateModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Order]
):
    queryset = Order.objects.all()
    serializer_class = OrderSerializer

    @action(detail=True, methods=["post"])
    @transaction.atomic
    def status(self, request: Request, pk: str) -> Response:
        asked: Any = StatusSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        order = Order.objects.select_for_update().get(pk=pk)
        wanted = asked.validated_data["status"]
        if NEXT.get(Order.Status(order.status)) != wanted:
            raise ValidationError({"status": f"{order.status} cannot become {wanted}"})
        if wanted == Order.Status.PICKED_UP:
            order.courier = request.user
        order.status = wanted
        order.save()
        return Response(OrderSerializer(order).data)
