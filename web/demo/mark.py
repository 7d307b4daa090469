"""The header by which the demonstration's own API knows its wall."""

from typing import Final


MARK: Final = "X-Paidan-Wall"
"""Other sites cannot send this header without asking first, and are refused then; nothing that
comes from another machine carries it any further."""
