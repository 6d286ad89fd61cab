"""Registers the sheet types of assessment."""

from . import projects, schemes, scores, supervision  # noqa: F401
