"""`python -m tests.dispatch.paused_owner DATABASE ZONE`: an owner paused before it commits."""

import os
import signal
import sys
from uuid import UUID

import django
from django.conf import settings


if __name__ == "__main__":
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    from django.db import transaction

    from core.merchants.models import Zone
    from dispatch.zones.keeper import ZoneKeeper
    from dispatch.zones.leases import LeaseLost, fence

    keeper = ZoneKeeper()
    keeper.keep()
    lease = keeper.held[UUID(sys.argv[2])]
    os.kill(os.getpid(), signal.SIGSTOP)
    try:
        with transaction.atomic():
            Zone.objects.filter(pk=lease.zone_id).update(name="written by the paused")
            fence(lease)
    except LeaseLost:
        print("lost")
    else:
        print("committed")
