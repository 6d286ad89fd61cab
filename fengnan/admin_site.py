"""The administration: its screens in three groups, records, assessment and system."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

GROUPS = {"records": _("Records"), "assessment": _("Assessment"), "system": _("System")}


class PortalAdminConfig(AdminConfig):
    default_site = "fengnan.admin_site.PortalAdminSite"


class PortalAdminSite(admin.AdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """By what the screens are about; each says so itself (`group`)."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        screens = sorted((row for app in apps for row in app["models"]), key=lambda row: str(row["name"]))
        return [
            {
                "name": label,
                "app_label": group,
                "app_url": reverse("admin:index", current_app=self.name),
                "has_module_perms": True,
                "models": rows,
            }
            for group, label in GROUPS.items()
            if (rows := [row for row in screens if self._group_of(row["model"]) == group])
        ]

    def _group_of(self, model: Any) -> str:
        own = "assessment" if model._meta.app_label == "assessment" else "records"
        return getattr(self._registry[model], "group", "") or own
