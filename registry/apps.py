"""What exists: facts and their history."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self) -> None:
        from registry.models.generation import watch_tables  # noqa: PLC0415 (models come after the apps)

        pre_migrate.connect(drop_tally_triggers, sender=self)
        post_migrate.connect(install_tally_triggers, sender=self)
        autodiscover_modules(
            "refusals", "kinds", "figures", "overviews.tasks", "overviews.attention", "overviews.turn_of_year",
            "actions.mergers", "loading.registered", "resources",
        )  # fmt: skip
        post_migrate.connect(watch_tables, sender=self)


def drop_tally_triggers(using: str, plan: list, **options: Any) -> None:
    from registry.models import tally_triggers  # noqa: PLC0415 (no models yet where this module is imported)

    if plan:
        tally_triggers.drop_triggers(connections[using])


def install_tally_triggers(using: str, **options: Any) -> None:
    from registry.models import tally_triggers  # noqa: PLC0415 (as above)

    if tally_triggers.TALLIES in connections[using].introspection.table_names():
        tally_triggers.install_triggers(connections[using])
