"""`manage.py frozen YEAR`: whether a closed year is as it was written, and what its figures say otherwise today."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.figures.frozen import Amendment, amendments_of_year, broken_hashes
from registry.models import FrozenYear


class Command(BaseCommand):
    help = "Computes the hashes of a closed year again and compares its figures with those of today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)

    def handle(self, *args: Any, year: int, **options: Any) -> None:
        editions = list(FrozenYear.objects.public().filter(year=year))
        if not editions:
            raise CommandError(f"{year} is not closed.")
        broken = [word for edition in editions for word in broken_hashes(edition)]
        if broken:
            raise CommandError("changed after it was written: " + ", ".join(broken))
        last = editions[0]
        self.stdout.write(f"{last.code} {last.closed_on} {last.hash}: ok, {last.figures.count()} figures as written")
        for amendment in amendments_of_year(last):
            for line in describe_amendment(amendment):
                self.stdout.write(line)


def describe_amendment(amendment: Amendment) -> list[str]:
    answer, was = amendment.answer, amendment.was
    head = f"{answer.figure.slug} {answer.scope.area}: frozen {was.value}, today {answer.value}"
    return [head, *(f"  {row.how} {row.kind.slug} {row.code} {row.name}" for row in amendment.rows(None))]
