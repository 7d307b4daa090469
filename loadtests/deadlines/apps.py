"""Teaches the dispatcher the probe deadline."""

from importlib import import_module

from django.apps import AppConfig


class ProbeConfig(AppConfig):
    """Registers the kind; its tables are made by the load test."""

    name = "loadtests.deadlines"
    label = "probes"

    def ready(self) -> None:
        """Import what registers the handler."""
        import_module("loadtests.deadlines.handlers")
