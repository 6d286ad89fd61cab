"""Deletes the files of old loads that changed nothing."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from registry.actions.cleanup import CLEANERS, delete_with_files
from registry.loading.lifecycle import rows_file
from registry.models import Event, Load, LoadState
from registry.models.jobs import OPEN_STATES


@transaction.atomic
def clear_loads(now: datetime) -> int:
    """Deletes loads that were refused, cancelled, undone or never applied, with their files. Applied loads stay, and so
    do loads that failed halfway: they can still be finished or undone. Returns the number of deleted loads."""
    before = now - timedelta(days=settings.KEEP_UPLOAD_DAYS)
    loads = Load.objects.unscoped("files are cleared by age").filter(sent_at__lt=before)
    closed = loads.exclude(state=LoadState.APPLIED).exclude(job__state__in=OPEN_STATES)
    wrote = Exists(Event.objects.filter(change_set=OuterRef("change_set")))
    unused = closed.filter(~wrote | Q(state=LoadState.UNDONE))
    for load in unused:
        delete_load(load)
    return len(unused)


@transaction.atomic
def delete_load(load: Load) -> None:
    """Deletes a load that changed nothing, with its files."""
    rows = rows_file(load)
    delete_with_files(load, load.file)
    transaction.on_commit(lambda: rows.unlink(missing_ok=True))


CLEANERS.append(clear_loads)
