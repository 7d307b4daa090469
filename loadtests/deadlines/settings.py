"""The product's settings, and the kind of deadline that only this question has."""

from core.settings import *  # noqa: F403  the product as it is
from core.settings import INSTALLED_APPS as OURS


INSTALLED_APPS = [*OURS, "loadtests.deadlines.apps.ProbeConfig"]
