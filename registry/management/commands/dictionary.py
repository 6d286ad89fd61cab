"""`manage.py dictionary`: writes docs/DICTIONARY.md from the declarations; `--check` fails where it is out of date."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from registry.figures import FIGURES, SECTIONS
from registry.kinds import KINDS

FILE = Path(settings.BASE_DIR) / "docs" / "DICTIONARY.md"


def both(text: Any) -> str:
    """A text in Chinese and English; one that is made of others is handed over as a function."""
    said = text if callable(text) else lambda: text
    with translation.override("zh-hans"):
        chinese = str(said())
    with translation.override("en"):
        english = str(said())
    return chinese if chinese == english else f"{chinese} · {english}"


def figures() -> Iterator[str]:
    yield "## Figures\n"
    for section, title in SECTIONS.items():
        yield f"### {both(title)}\n"
        yield "| slug | name | unit | source | what counts | which date decides | broken down by |"
        yield "|---|---|---|---|---|---|---|"
        for figure in (figure for figure in FIGURES.values() if figure.section == section):
            dimensions = ", ".join(dimension.name for dimension in figure.dimensions()) or "—"
            share = f" (÷ `{figure.out_of}`)" if figure.out_of else ""
            yield (
                f"| `{figure.slug}`{share} | {both(figure.label)} | {both(figure.unit)} | {figure.source} "
                f"| {both(figure.definition)} | {both(figure.dated)} | {dimensions} |"
            )
        yield ""


def kinds() -> Iterator[str]:
    yield "## Columns of the record kinds\n"
    yield "What a list, an export and the API show of a record; nothing else is public. In a file the name stands above"
    yield "the column, with the unit its numbers count in; in JSON the column has the name that programs know.\n"
    for kind in KINDS.values():
        yield f"### `{kind.slug}` {both(kind.label)}\n"
        yield "| column | name | values |"
        yield "|---|---|---|"
        for column in kind.columns:
            values = ", ".join(column.choices.values) if column.choices else column.unit
            yield f"| `{column.name}` | {both(lambda column=column: column.heading)} | {values} |"
        yield ""


def written() -> str:
    head = "# Dictionary of figures and columns\n\nMade by `manage.py dictionary`; do not edit.\n"
    return "\n".join([head, *figures(), *kinds()]).rstrip() + "\n"


class Command(BaseCommand):
    help = "Writes docs/DICTIONARY.md from the declarations of figures and record kinds."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="fail where the file is out of date, write nothing")

    def handle(self, *args, check: bool = False, **options):
        text = written()
        if not check:
            FILE.write_text(text, encoding="utf-8")
        elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/DICTIONARY.md is out of date: run manage.py dictionary.")
