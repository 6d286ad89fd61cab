"""Everything that makes loading known: its kinds, the steps of its jobs, what is cleared by age."""

from . import clearing, steps  # noqa: F401
from .kinds import bookings, brands, exchange, funds, groupings, honours, organisations, points, villages  # noqa: F401
