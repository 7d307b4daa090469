"""Prints the token that a push about the newest order gave to a device of the shop's staff."""

import os

import django


def newest_token() -> str:
    """Return it for the first person whom the notice is for."""
    from notifications.models import Notice  # noqa: PLC0415
    from notifications.pushing.acting import act_token  # noqa: PLC0415

    notice = Notice.objects.filter(template="new_order").latest("created_at")
    recipient = notice.recipients.earliest("pk")
    return act_token(
        person_id=recipient.person_id, notice_id=notice.pk, expires_at=notice.expires_at
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    print(newest_token())
