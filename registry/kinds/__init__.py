"""Record kinds: the columns of a row on the list page, behind a figure, in an export and in the API."""

from .base import KINDS, MISSING, Column, Dimension, Kind, register

__all__ = ["KINDS", "MISSING", "Column", "Dimension", "Kind", "register"]

from . import brand, effect, guarantee, places, policy, showcase  # noqa: F401  (they declare the registry's own kinds)
