"""Lanes: messages of one never wait behind those of another, whatever waits there."""

from enum import StrEnum


class Lane(StrEnum):
    """Each has senders, claims, a wake-up and a part of the index of its own."""

    SERVICE = "service"  # about orders, offers, accounts and operations
    MARKETING = "marketing"  # campaigns, to people with consent
