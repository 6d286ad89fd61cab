"""`manage.py snapshot YEAR [DIR]`: the open data of a year, frozen: a csv for each resource and for the figures as the
public saw them at the end of the year, a dictionary of every column, and the hashes that show nothing was changed."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from registry.access.scope import Scope, read_scope
from registry.api.resources import RESOURCES, Resource
from registry.api.serialize import fields_of
from registry.figures import FIGURES, answer_all
from registry.loading.export import as_text

FIGURE_COLUMNS = ("slug", "label", "unit", "value", "part", "whole", "target", "gap", "source")


def in_english(text: Any) -> str:
    with translation.override("en"):
        return str(text)


class Command(BaseCommand):
    help = "Writes the open data of a year: csv files, a dictionary of their columns, and their hashes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("folder", type=Path, nargs="?", default=Path(settings.MEDIA_ROOT) / "open-data")

    def handle(self, *args: Any, year: int, folder: Path, **options: Any) -> None:
        if not 1949 <= year < date.today().year:
            raise CommandError("A snapshot is taken of a year that is over.")
        folder = folder / str(year)
        if folder.exists():
            raise CommandError(f"{folder} is there already, and a snapshot is never written twice.")
        folder.mkdir(parents=True)
        scope = read_scope({"as_of": f"{year}-12-31"}, None)
        resources = [resource for resource in RESOURCES.values() if not resource.kind.redacted]
        with translation.override(settings.LANGUAGE_CODE):
            for resource in resources:
                write(folder / f"{resource.slug}.csv", rows_of(resource, scope))
            write(folder / "figures.csv", figures(scope))
            write(folder / "dictionary.csv", dictionary(resources))
        files = sorted(folder.glob("*.csv"))
        sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in files]
        (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
        self.stdout.write(f"{len(files)} files in {folder}")


def write(file: Path, lines: Iterable[Iterable[Any]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as target:
        csv.writer(target).writerows([as_text(cell(value)) for value in line] for line in lines)


def cell(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    return f"{value:f}" if hasattr(value, "quantize") else str(value)


def rows_of(resource: Resource, scope: Scope) -> Iterator[list[Any]]:
    """Values as the API gives them, with the name of each column above."""
    kind = resource.listed
    names = [column.name for column in kind.columns]
    yield [*names, "illustrative"]
    for row in kind.hide_future(kind.values(resource.on(scope), scope).iterator(chunk_size=2000), scope):
        yield [*(row[name] for name in names), str(row["row_illustrative"]).lower()]


def figures(scope: Scope) -> Iterator[list[Any]]:
    yield list(FIGURE_COLUMNS)
    for answer in answer_all(FIGURES.values(), scope).values():
        figure = answer.figure
        measured = [answer.value, answer.part, answer.whole, answer.target, answer.gap]
        yield [figure.slug, str(figure.label), str(figure.unit), *measured, figure.source]


def dictionary(resources: list[Resource]) -> Iterator[list[str]]:
    """What each column holds: its names, its type, its unit, the values it takes."""
    yield ["file", "column", "name", "english", "type", "unit", "values"]
    for resource in resources:
        stored = fields_of(resource.listed)
        for column in resource.listed.columns:
            values = "; ".join(f"{value}={label}" for value, label in column.choices.choices) if column.choices else ""
            kind = stored[column.name].get_internal_type().removesuffix("Field").lower()
            words = [str(column.label), in_english(column.label)]
            yield [f"{resource.slug}.csv", column.name, *words, kind, column.unit, values]
