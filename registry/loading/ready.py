"""Everything that makes loading known: the kinds of this application, and the steps of its jobs."""

from . import steps  # noqa: F401
from .kinds import bookings, brands, exchange, funds, groupings, honours, organisations, points, villages  # noqa: F401
