"""`manage.py load_sample`: the sample data and, where DEMO is set, the demo accounts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.timezone import localdate

from fengnan.demonstration import add_living_rows
from registry.actions.sample import load_sample, make_demo_accounts
from registry.models import Area, holds_illustrative


class Command(BaseCommand):
    help = "Loads the sample data into an empty registry and makes the demo accounts where DEMO is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where the registry holds areas already")
        parser.add_argument(
            "--living",
            action="store_true",
            help="where DEMO is set, add to the sample what makes every desk lively on the day it is loaded",
        )

    @transaction.atomic
    def handle(self, *args: Any, if_empty: bool = False, living: bool = False, **options: Any) -> None:
        is_empty = not Area.objects.unscoped("is there anything at all?").exists()
        if is_empty:
            for kind, count in load_sample().items():
                self.stdout.write(f"{count:6d}  {kind}")
        elif not if_empty:
            raise CommandError("The registry is not empty. Start with an empty database, or use --if-empty.")
        if settings.DEMO and not is_empty and not holds_illustrative():
            self.stdout.write("This is a district's own registry: it gets no sample data and no demo accounts.")
        elif settings.DEMO:
            accounts = make_demo_accounts()
            if is_empty and living:
                self.stdout.write(f"{add_living_rows(localdate()):6d}  added around today")
            self.stdout.write(f"Demo accounts: {', '.join(accounts)}; password: {next(iter(accounts.values()))}")
