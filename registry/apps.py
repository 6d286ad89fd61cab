"""What exists: facts and their history."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self) -> None:
        from registry.models.generation import watch_tables  # noqa: PLC0415 (models come after the apps)

        autodiscover_modules(
            "refusals", "kinds", "figures", "overviews.tasks", "overviews.attention", "overviews.turn_of_year",
            "actions.mergers", "loading.registered", "resources",
        )  # fmt: skip
        post_migrate.connect(watch_tables, sender=self)
