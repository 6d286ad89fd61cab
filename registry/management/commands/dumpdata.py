"""Django's `dumpdata`, past the guard of scopes: everything that a district wrote, with natural keys."""

from collections.abc import Iterator
from contextlib import ExitStack
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.management.commands.dumpdata import Command as Dumpdata
from django.db import models

from registry.models.base import guard_lifted

APPS = ("registry", "assessment")
LEFT_OUT = {  # model: why a fixture does not hold its rows
    "registry.event": "their chain covers numbers of this database; loaddata logs events of its own",
    "registry.eventlink": "the chain belongs to the events",
    "registry.searchentry": "the search index is built again",
    "registry.searchpair": "the search index is built again",
    "registry.keptanswer": "answers to requests repeated within a day",
    "registry.pointtally": "the database counts the points itself",
    "registry.job": "work under way ends with this database",
    "registry.scheduledrun": "work under way ends with this database",
    "registry.load": "loads can be undone only where they were made",
    "registry.loadrow": "loads can be undone only where they were made",
    "registry.upload": "parts of files that were not sent to the end",
    "registry.unsentform": "what was typed and not sent yet",
    "registry.knownheading": "headings that this portal was taught",
    "registry.apitoken": "tokens are secrets of one address",
    "registry.webhook": "hooks are secrets of one address",
    "registry.hookhost": "hooks are secrets of one address",
    "registry.delivery": "hooks are secrets of one address",
}


class Command(Dumpdata):
    help = "Writes all rows of the registry as a fixture, or those of the models that are named."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(
            use_natural_foreign_keys=True, use_natural_primary_keys=True, use_base_manager=True, indent=1
        )

    def handle(self, *labels: str, **options: Any) -> None:
        with guard_lifted("a fixture for the administrator on the server, of all areas"):
            if labels or options["exclude"]:
                super().handle(*(labels or APPS), **options)
            else:
                self._say_what_is_left_out()
                self._dump(options)

    def _dump(self, options: dict[str, Any]) -> None:
        with ExitStack() as stack:
            output = options["output"]
            stream = stack.enter_context(Path(output).open("w", encoding="utf-8")) if output else self.stdout
            names = ("indent", "use_natural_foreign_keys", "use_natural_primary_keys")
            rows = _rows(options["database"])
            serializers.serialize(options["format"], rows, stream=stream, **{name: options[name] for name in names})

    def _say_what_is_left_out(self) -> None:
        self.stderr.write("Not in the fixture (`manage.py backup` holds everything, with events and files):")
        for name, why in LEFT_OUT.items():
            self.stderr.write(f"  {apps.get_model(name)._meta.verbose_name_plural}: {why}")


def _rows(using: str) -> Iterator[models.Model]:
    for model in models_in_order():
        yield from model._base_manager.using(using).order_by("pk").iterator()


def models_in_order() -> list[type[models.Model]]:
    """The models of a fixture, each after those its rows cannot do without. Django's own order gives up where keys that
    may be empty make a circle."""
    dumped = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    dumped = [model for model in dumped if model._meta.label_lower not in LEFT_OUT]
    needed = {model: {column.related_model for column in _required(model)} & set(dumped) for model in dumped}
    return list(TopologicalSorter({model: needs - {model} for model, needs in needed.items()}).static_order())


def _required(model: type[models.Model]) -> list[Any]:
    """The keys of a model that must name a row: those that may not be empty, and those of which one must be set."""
    optional = {path for paths in getattr(model, "natural_fields", ()) for path in [paths.partition("__")[0]]}
    return [
        column
        for column in model._meta.concrete_fields
        if column.is_relation and (not column.null or column.name in optional or _is_one_of_several(model, column))
    ]


def _is_one_of_several(model: type[models.Model], column: models.Field) -> bool:
    """Whether a constraint over several keys names this one: its rows cannot be written without it."""
    checks = [check for check in model._meta.constraints if isinstance(check, models.CheckConstraint)]
    return any(f"{column.name}__isnull" in str(check.condition) for check in checks)
