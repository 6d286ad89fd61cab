"""`manage.py doctor`: one line for each thing that was looked at, and what to do about it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from fengnan.doctor import examine
from fengnan.doctor.finding import State
from registry.actions.search import rebuild


class Command(BaseCommand):
    help = "Checks settings, services, clock, disk, folders, migrations, search index, files, schedule and backups."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reindex", action="store_true", help="make the search index anew first")

    def handle(self, *args: Any, reindex: bool, **options: Any) -> None:
        if reindex:
            rebuild()
        states = []
        for finding in examine():
            self.stdout.write(str(finding))
            states.append(finding.state)
        counted = {"wrong": states.count(State.WRONG), "doubtful": states.count(State.DOUBTFUL)}
        self.stdout.write(_("%(wrong)d wrong, %(doubtful)d to look at") % counted)
        if counted["wrong"]:
            raise SystemExit(1)
