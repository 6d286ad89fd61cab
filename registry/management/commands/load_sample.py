"""`manage.py load_sample`: the sample data and, where DEMO is set, the demo accounts."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from registry.actions.sample import load_sample, make_demo_accounts
from registry.models import Area


class Command(BaseCommand):
    help = "Loads the sample data into an empty registry and makes the demo accounts where DEMO is set."

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing where the registry holds areas already")

    def handle(self, *args, if_empty: bool = False, **options):
        if Area.objects.unscoped("is there anything at all?").exists():
            if not if_empty:
                raise CommandError("The registry is not empty. Start with an empty database, or use --if-empty.")
        else:
            for kind, count in load_sample().items():
                self.stdout.write(f"{count:6d}  {kind}")
        if settings.DEMO:
            accounts = make_demo_accounts()
            self.stdout.write(f"Demo accounts: {', '.join(accounts)}; password: {next(iter(accounts.values()))}")
