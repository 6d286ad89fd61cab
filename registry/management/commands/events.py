"""`manage.py events --verify [--against DIR]` computes the chain of events again; `--seal DIR` writes events of a day
with the head of the chain, to be kept elsewhere."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from registry.actions.event_chain import seal, verify
from registry.actions.event_seal import against, export_day, export_finished_days


class Command(BaseCommand):
    help = "Verifies the chain of events, or writes a sealed export of them."

    def add_arguments(self, parser: CommandParser) -> None:
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--verify", action="store_true", help="compute the chain again; names the first broken link")
        act.add_argument("--seal", type=Path, metavar="DIR", help="write the days that are over, and today so far")
        parser.add_argument("--against", type=Path, metavar="DIR", help="compare the chain with exports kept there")
        parser.add_argument("--day", type=date.fromisoformat, help="seal this day alone, such as 2026-08-31")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verify"]:
            self._verify(options["against"])
        else:
            self._seal(options["seal"], options["day"])

    def _verify(self, folder: Path | None) -> None:
        chain = verify()
        if chain.broken:
            broken = chain.broken
            raise CommandError(
                f"The chain is broken at link {broken.number} (events {broken.events}): {broken.why}. "
                "Keep the database as it is and compare it with the sealed exports."
            )
        if folder is not None and not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        for word in against(folder) if folder else ():
            raise CommandError(f"The chain was written anew: {word}.")
        waiting = f"; {chain.waiting} were not covered yet and are now" if chain.waiting else ""
        seal()
        self.stdout.write(f"{chain.events} events in {chain.links} links, as they were written{waiting}.")

    def _seal(self, folder: Path, day: date | None) -> None:
        today = timezone.localdate()
        if day is not None and day > today:
            raise CommandError(f"{day} has not come yet.")
        try:
            files = [export_day(folder, day)] if day else [*export_finished_days(folder), export_day(folder, today)]
        except FileExistsError as error:
            raise CommandError(f"{error} is there already, and a day is never written twice.") from error
        for file in files:
            self.stdout.write(str(file))
