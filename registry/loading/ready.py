"""Everything that makes loading known: the kinds of this application, and the steps of its jobs."""

from . import steps  # noqa: F401
from .kinds import points  # noqa: F401
