"""Connects the signals, as Django's documentation asks."""

from django.apps import AppConfig


class TextbookConfig(AppConfig):
    name = "loadtests.peers.textbook"
    label = "textbook"

    def ready(self) -> None:
        from loadtests.peers.textbook import signals  # noqa: F401 - importing connects
