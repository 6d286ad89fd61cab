"""`manage.py recount`: counts all points anew."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.actions.tallies import recount


class Command(BaseCommand):
    help = (
        "Counts all points anew, for the figures that are read from kept counts, and says how many counts were wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"counted anew: {recount()} counts were wrong")
