"""Django's `loaddata`, past the guard of scopes: it logs events, brings the search index up to date, and says where a
fixture is faulty."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.loaddata import Command as Loaddata
from django.db import IntegrityError, router, transaction
from django.utils.translation import gettext as _

from registry.loading.fixtures import FixtureWriter, Later
from registry.models.base import guard_lifted


class Command(Loaddata):
    stealth_options = ("writer",)
    writer: FixtureWriter

    def handle(self, *labels: str, writer: FixtureWriter | None = None, **options: Any) -> None:
        self.writer = writer or FixtureWriter()
        with guard_lifted("fixtures are linked to rows of every area"):
            super().handle(*labels, **options)

    def loaddata(self, labels: Sequence[str]) -> None:
        try:
            with transaction.atomic(using=self.using):
                super().loaddata(labels)
        except IntegrityError as error:
            raise self.writer.broken_reference() or CommandError(str(error)) from error
        names = ", ".join(Path(label).name for label in labels)
        self.writer.finish(_("Loaded from the fixture %(names)s") % {"names": names})

    def save_obj(self, obj: Any) -> bool:
        model = type(obj.object)
        if model._meta.app_config in self.excluded_apps or model in self.excluded_models:
            return False
        if not router.allow_migrate_model(self.using, model):
            return False
        self.models.add(model)
        self.writer.write(obj, self.using)
        if obj.deferred_fields:
            self.objs_with_deferred_fields.append(Later(obj))  # type: ignore[arg-type]
        return True
