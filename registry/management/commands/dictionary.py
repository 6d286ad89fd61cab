"""`manage.py dictionary`: writes docs/DICTIONARY.md and docs/GLOSSARY.md from the declarations. `--check` fails
where one is out of date."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Choices, Field, Model
from django.utils import translation

from registry.figures import FIGURES, SECTIONS
from registry.kinds import KINDS

DOCS = Path(settings.BASE_DIR) / "docs"


def both(text: Any) -> str:
    """A text in Chinese and English; one that is made of others is handed over as a function."""
    evaluate = text if callable(text) else lambda: text
    with translation.override("zh-hans"):
        chinese = str(evaluate())
    with translation.override("en"):
        english = str(evaluate())
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


def records() -> Iterator[str]:
    yield "## Records\n"
    yield "| word | class | what it is |"
    yield "|---|---|---|"
    for model in domain_models():
        meaning = " ".join(inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].split())
        yield f"| {both(model._meta.verbose_name)} | `{model.__name__}` | {meaning.split('. ')[0].removesuffix('.')} |"
    yield ""


def values() -> Iterator[str]:
    """The words of each list of choices that a column uses, named after the class that declares them."""
    columns = [field for model in domain_models() for field in model._meta.concrete_fields if field.choices]
    lists = {named.__name__: named for field in columns if (named := enumeration_of(field)) is not None}
    yield "## Values\n"
    for name, enumeration in sorted(lists.items()):
        yield f"### `{name}`\n"
        yield "| word | value |"
        yield "|---|---|"
        yield from (f"| {both(choice.label)} | `{choice.value}` |" for choice in enumeration)
        yield ""


def domain_models() -> list[type[Model]]:
    apps_shown = [apps.get_app_config(label) for label in ("registry", "assessment")]
    return sorted((model for app in apps_shown for model in app.get_models()), key=lambda model: model.__name__)


def enumeration_of(field: Field) -> type[Choices] | None:
    """The enumeration whose choices the column has."""
    matches = [kind for kind in _enumerations(Choices) if kind.choices == list(field.choices or ())]
    return min(matches, key=lambda kind: kind.__name__, default=None)


def _enumerations(base: type[Choices]) -> Iterator[type[Choices]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _enumerations(kind)


def glossary() -> str:
    head = "# Words of the domain, and their names in the code\n\nMade by `manage.py dictionary`; do not edit.\n"
    return "\n".join([head, *records(), *values()]).rstrip() + "\n"


FILES = {"DICTIONARY.md": written, "GLOSSARY.md": glossary}


class Command(BaseCommand):
    help = "Writes docs/DICTIONARY.md and docs/GLOSSARY.md from the declarations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail where a file is out of date, write nothing")

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        for name, write in FILES.items():
            file, text = DOCS / name, write()
            if not check:
                file.write_text(text, encoding="utf-8")
            elif not file.exists() or file.read_text(encoding="utf-8") != text:
                raise CommandError(f"docs/{name} is out of date: run manage.py dictionary.")
