"""Parameters, lists and texts of reports, which change; events and jobs, which are only looked at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.access.permissions import may
from registry.overviews.event_text import VERBS, models_by_name
from registry.overviews.history import readable_events

from .base import LookedAtAdmin, RecordAdmin, plain_columns

admin.site.site_header = admin.site.site_title = lazy(m.registry_title, str)()
admin.site.index_title = _("Administration")


@admin.register(m.Parameter)
class ParameterAdmin(RecordAdmin):
    group = "system"
    list_display = ["name", "rule", "value", "unit", "issuer", "valid_from", "valid_to", "illustrative"]
    list_filter = ["rule"]


@admin.register(m.CalendarDay)
class CalendarDayAdmin(RecordAdmin):
    group = "system"
    list_display = ["day", "working", "name", "illustrative"]
    list_filter = ["working", "illustrative"]


@admin.register(m.Term)
class TermAdmin(RecordAdmin):
    group = "system"
    list_display = ["name", "name_en", "list", "position", "valid_from", "valid_to", "illustrative"]
    list_filter = ["list"]


@admin.register(m.ReportText)
class ReportTextAdmin(RecordAdmin):
    group = "system"
    list_display = ["year", "section", "text"]
    list_filter = ["year", "section"]
    search_fields = ["code", "text"]


class EventFilter(admin.SimpleListFilter):
    """All values there are of a column; looking for those of the events would read every event."""

    parameter_name: str  # the column

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class VerbFilter(EventFilter):
    title = _("act")
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(VERBS.items())


class EventKindFilter(EventFilter):
    title = _("kind of record")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, model._meta.verbose_name) for name, model in models_by_name().items()]


@admin.register(m.Event)
class EventAdmin(LookedAtAdmin):
    group = "system"
    view_action = "event.view"
    list_display = ["at", "actor", "role", "address", "verb", "kind", "code", "reason", "document_no", "request_id"]
    list_filter = ["at", VerbFilter, EventKindFilter]
    list_select_related = ["actor"]
    search_fields = ["code", "reason", "document_no", "request_id", "address"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        viewer: Any = request.user
        rows = super().get_queryset(request)
        return rows if viewer.reads_everything else readable_events(rows, viewer.read_prefix)


@admin.register(m.Job)
class JobAdmin(LookedAtAdmin):
    group = "system"
    view_action = "job.view"
    list_display = ["kind", "state", "done", "total", "attempts", "created_by", "created_at", "finished_at", "message"]
    list_filter = ["state", "kind"]
    list_select_related = ["created_by"]


class FrozenFigureInline(admin.TabularInline):
    model = m.FrozenFigure
    fields = readonly_fields = plain_columns(m.FrozenFigure, ["area", "slug", "value", "part", "whole", "hash"])
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    has_change_permission = has_add_permission


@admin.register(m.FrozenYear)
class FrozenYearAdmin(LookedAtAdmin):
    group = "system"
    list_display = ["year", "edition", "closed_on", "closed_by", "hash"]
    list_filter = ["year"]
    list_select_related = ["closed_by"]
    inlines = [FrozenFigureInline]
