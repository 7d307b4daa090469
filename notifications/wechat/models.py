"""Who is who in WeChat, and how many messages each has agreed to."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class WeChatUser(models.Model):
    """A person's WeChat, as its log-in proved it."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wechat"
    )
    openid = models.CharField(max_length=64, unique=True)
    """WeChat's name of the user within our mini-program; told to nobody."""
    linked_at = models.DateTimeField()


class WeChatGrant(models.Model):
    """Messages of one template that a user has agreed to and not had; its row lock guards it."""

    user = models.ForeignKey(WeChatUser, on_delete=models.CASCADE, related_name="grants")
    template_id = models.CharField(max_length=64)
    left_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "template_id"], name="wechat_grant_once"),
        ]
