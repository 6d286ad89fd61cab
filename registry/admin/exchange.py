"""Study routes, teaching sites, visits, hosted events."""

from django.contrib import admin

from registry import models as m

from .base import PartInline, RecordAdmin

PLACES = ["point", "belt", "zone", "unit"]


class StopInline(PartInline):
    model = m.RouteStop
    autocomplete_fields = PLACES


@admin.register(m.StudyRoute)
class RouteAdmin(RecordAdmin):
    list_display = ["name", "code", "theme", "hours", "capacity", "opened_on", "closed_on", "illustrative"]
    autocomplete_fields = ["area"]
    inlines = [StopInline]


@admin.register(m.TeachingSite)
class TeachingSiteAdmin(RecordAdmin):
    list_display = ["name", "code", "level", "area", "named_on", "ended_on", "illustrative"]
    list_filter = ["level", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", *PLACES]


@admin.register(m.Visit)
class VisitAdmin(RecordAdmin):
    list_display = ["visited_on", "visitor", "headcount", "area", "topic", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "visitor", "topic"]
    date_hierarchy = "visited_on"
    autocomplete_fields = ["area", *PLACES]


@admin.register(m.HostedEvent)
class HostedEventAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "level", "held_on", "area", "illustrative"]
    list_filter = ["kind", "level"]
    list_select_related = ["area"]
    date_hierarchy = "held_on"
    autocomplete_fields = ["area"]
