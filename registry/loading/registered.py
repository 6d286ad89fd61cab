"""Imports what declares itself to loading: the sheet types, the steps of its jobs, what is cleared by age."""

from . import cleanup, job_steps  # noqa: F401
from .kinds import (  # noqa: F401
    areas,
    bookings,
    brands,
    exchange,
    funds,
    groupings,
    honours,
    lists,
    organisations,
    points,
    policy,
    results,
    units,
    villages,
)
