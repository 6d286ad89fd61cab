"""Record kinds: what a row of each kind shows, on the list page, behind a figure, in an export and in the API."""

from .base import KINDS, NOT_GIVEN, Column, Dimension, Kind, register

__all__ = ["KINDS", "NOT_GIVEN", "Column", "Dimension", "Kind", "register"]

from . import catalogue as _catalogue  # noqa: E402, F401  (declares the registry's own kinds)
