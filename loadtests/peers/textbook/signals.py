"""After every save: a log line, a notification row and a message to each group."""

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db.models.signals import post_save
from django.dispatch import receiver

from loadtests.peers.textbook.models import Notification, Order, StatusLog


@receiver(post_save, sender=Order)
def order_saved(instance: Order, **_: Any) -> None:
    """Tell everybody concerned."""
    from loadtests.peers.textbook.serializers import OrderSerializer  # noqa: PLC0415 - a cycle

    StatusLog.objects.create(order=instance, status=instance.status, by=instance.customer)
    for person in (instance.customer, instance.merchant.owner):
        Notification.objects.create(
            user=person, order=instance, text=f"Order {instance.pk} is {instance.status}"
        )
    layer = get_channel_layer()
    message = {"type": "order.event", "payload": OrderSerializer(instance).data}
    groups = [f"merchant.{instance.merchant_id}", f"order.{instance.pk}"]
    if instance.courier_id:
        groups.append(f"courier.{instance.courier_id}")
    for group in groups:
        async_to_sync(layer.group_send)(group, message)
