"""What exists: facts and their history."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = _("Registry")

    def ready(self) -> None:
        autodiscover_modules(
            "refusals", "kinds", "figures", "overviews.tasks", "overviews.attention", "overviews.turn_of_year",
            "actions.mergers", "loading.registered", "resources",
        )  # fmt: skip
