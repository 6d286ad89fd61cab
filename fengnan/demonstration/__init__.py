"""What the demonstration adds to the sample data, relative to the day it is loaded, so that every desk has work. All of
it is marked illustrative, and no public standing figure moves."""

from datetime import date

from django.apps import apps
from django.db import transaction
from django.db.models import AutoField, Max

from registry.models import Record

from . import drafts, leftovers, projects, schemes, supervision, visitors, yearly
from .stage import Stage, play

DESKS = (leftovers, schemes, projects, supervision, drafts, yearly, visitors)


@transaction.atomic
def add_living_rows(today: date) -> int:
    """Adds all rows of the demonstration as the demo accounts, which must exist. Returns the number of records."""
    newest = {model: _newest(model) for model in _numbered_records()}
    stage = Stage(today)
    play(story for desk in DESKS for story in desk.stories(stage))
    added = (model._base_manager.filter(pk__gt=number) for model, number in newest.items())
    return sum(rows.update(illustrative=True) for rows in added)


def _numbered_records() -> list[type[Record]]:
    records = [model for model in apps.get_models() if issubclass(model, Record)]
    return [model for model in records if isinstance(model._meta.pk, AutoField)]


def _newest(model: type[Record]) -> int:
    return model._base_manager.aggregate(newest=Max("pk"))["newest"] or 0
