"""Checks of the data: migrations, accounts, search index, files, backups."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.actions.backup.daily import backups, made_at
from registry.actions.backup.manifest import stored_file
from registry.actions.search import index_gaps
from registry.models import Evidence, Load, Role, User
from registry.models.tally_triggers import missing_triggers, wrong_counts

from .finding import Finding, doubtful, good, wrong

BACKUP_AGE = timedelta(hours=36)
EXAMPLES = 3


def check_migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield wrong(
            ngettext("%(count)d migration is pending", "%(count)d migrations are pending", len(pending))
            % {"count": len(pending)},
            _("Make a backup, then run: python manage.py migrate"),
        )
    else:
        yield good(_("All migrations are applied"))


def check_administrators() -> Iterator[Finding]:
    if User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True).exists():
        yield good(_("There is an administrator"))
    else:
        yield wrong(_("There is no administrator"), _("Run: python manage.py createsuperuser"))


def check_counts() -> Iterator[Finding]:
    """The kept counts of points: their triggers, and what they say. Reads every point."""
    remedy = _("Run: python manage.py recount")
    if missing_triggers(connection):
        yield wrong(_("The database does not keep the counts of points"), remedy)
    elif number := wrong_counts(connection):
        text = ngettext("%(count)d count of points is wrong", "%(count)d counts of points are wrong", number)
        yield wrong(text % {"count": number}, remedy)
    else:
        yield good(_("The counts of points agree with the points"))


def check_search_index() -> Iterator[Finding]:
    gaps = {kind.slug: codes for kind, codes in index_gaps() if codes}
    if gaps:
        number = sum(len(codes) for codes in gaps.values())
        yield wrong(
            ngettext(
                "The search index lacks or has too much of %(count)d record (%(kinds)s)",
                "The search index lacks or has too much of %(count)d records (%(kinds)s)",
                number,
            )
            % {"count": number, "kinds": ", ".join(gaps)},
            _("It is made anew at 3:15; at once: python manage.py doctor --reindex"),
        )
    else:
        yield good(_("The search index is complete"))


def check_evidence() -> Iterator[Finding]:
    rows = Evidence.objects.unscoped("doctor").order_by("pk")
    files = ((row.code, row.original, row.sha256) for row in rows.iterator(chunk_size=500))
    yield _compare_files(_("photos and files"), files)


def check_loads() -> Iterator[Finding]:
    rows = Load.objects.unscoped("doctor").exclude(file="").order_by("pk")
    files = ((row.file_name, row.file, row.file_hash) for row in rows.iterator(chunk_size=500))
    yield _compare_files(_("loaded spreadsheets"), files)


def _compare_files(what: str, files: Iterable) -> Finding:
    """Each file that a row names is there, with the hash of the row."""
    number, damaged = 0, []
    for name, file, sha256 in files:
        number += 1
        path = Path(file.path)
        if not path.is_file() or stored_file(path).sha256 != sha256:
            damaged.append(name)
    named = {"what": what, "count": number, "number": len(damaged), "names": ", ".join(damaged[:EXAMPLES])}
    if damaged:
        text = _("%(what)s: %(number)d of %(count)d are missing or changed (%(names)s)") % named
        return wrong(text, _("Copy them from a backup into DATA_DIR/private"))
    return good(_("%(what)s: all %(count)d are there with their hash") % named)


def check_backups() -> Iterator[Finding]:
    folder = settings.BACKUP_DIR
    if folder is None:
        if not settings.DEMO:
            todo = _("Set BACKUP_DIR, or run manage.py backup from elsewhere")
            yield doubtful(_("BACKUP_DIR is not set: no backup is made each night"), todo)
        return
    made = backups(folder)
    if not made or made_at(made[-1]) < timezone.now() - BACKUP_AGE:
        newest = made[-1].name if made else _("none")
        yield wrong(
            _("There is no recent backup (newest: %(newest)s)") % {"newest": newest},
            _("Run: python manage.py backup DIR, and read the log of the worker"),
        )
    else:
        yield good(_("The newest backup is %(newest)s, of %(count)d") % {"newest": made[-1].name, "count": len(made)})
    if made and folder.stat().st_dev == Path(settings.DATA_DIR).stat().st_dev:
        yield doubtful(_("Backups lie on the disk of the data"), _("Copy them to another disk or machine"))
