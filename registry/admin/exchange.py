"""Study routes, teaching sites, visits, hosted events."""

from django.contrib import admin

from registry import models as m

from .base import LookedAtAdmin, PartInline, RecordAdmin

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


@admin.register(m.SiteCapacity)
class SiteCapacityAdmin(RecordAdmin):
    list_display = ["site", "code", "people", "valid_from", "valid_to", "illustrative"]
    list_select_related = ["site"]
    search_fields = ["code", "site__name"]
    autocomplete_fields = ["site"]


@admin.register(m.Booking)
class BookingAdmin(LookedAtAdmin):
    """Looked at: what becomes of a booking is decided on the desk, where the places are counted."""

    view_action = "booking.manage"
    list_display = ["booked_for", "site", "visitor", "headcount", "state", "illustrative"]
    list_filter = ["state"]
    list_select_related = ["site"]
    search_fields = ["code", "visitor"]
    date_hierarchy = "booked_for"
