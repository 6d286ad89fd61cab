"""The kept counts of points: folded by the worker, counted anew by `manage.py recount`."""

from django.db import connection, transaction

from registry.models import tally_triggers


def fold_counts() -> None:
    """Merges the rows of each count into one. No count changes at any moment."""
    tally_triggers.fold(connection)


@transaction.atomic
def recount() -> int:
    """Counts all points anew and installs what keeps the counts; returns how many were wrong."""
    wrong = tally_triggers.wrong_counts(connection)
    tally_triggers.install_triggers(connection)
    tally_triggers.rebuild(connection)
    return wrong
