"""The site itself, as an application: its system checks."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "fengnan"

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415 (needs the settings)
