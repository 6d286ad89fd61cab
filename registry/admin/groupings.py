"""Belts, zones, whole-area townships, consortia."""

from django.contrib import admin

from registry import models as m

from .base import PartInline, RecordAdmin


class BeltMemberInline(PartInline):
    model = m.BeltMembership
    autocomplete_fields = ["point"]


@admin.register(m.Belt)
class BeltAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "level", "area", "planned_on", "built_on", "ended_on", "illustrative"]
    list_filter = ["level", "kind", "illustrative"]
    list_select_related = ["area"]
    date_hierarchy = "built_on"
    autocomplete_fields = ["area", "organisation", "townships"]
    inlines = [BeltMemberInline]


class ZonePartInline(PartInline):
    model = m.ZoneMembership
    autocomplete_fields = ["point", "belt"]


@admin.register(m.Zone)
class ZoneAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "level", "area", "planned_on", "built_on", "ended_on", "illustrative"]
    list_filter = ["kind", "level", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "organisation", "townships", "within"]
    inlines = [ZonePartInline]


@admin.register(m.WholeAreaTownship)
class WholeAreaAdmin(RecordAdmin):
    list_display = ["area", "level", "batch", "accepted_on", "named_on", "ended_on", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "area__name"]
    autocomplete_fields = ["area", "themed_zones"]


class VillageInline(PartInline):
    model = m.ConsortiumMembership
    autocomplete_fields = ["village"]


@admin.register(m.Consortium)
class ConsortiumAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "area", "founded_on", "ended_on", "illustrative"]
    list_filter = ["kind", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "lead_organisation", "zone", "linkages"]
    inlines = [VillageInline]


@admin.register(m.Brand)
class BrandAdmin(RecordAdmin):
    list_display = ["name", "code", "field", "slogan", "area", "created_on", "ended_on", "illustrative"]
    list_filter = ["field", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "organisation"]


@admin.register(m.RedBusinessDistrict)
class RedDistrictAdmin(RecordAdmin):
    list_display = ["name", "code", "area", "opened_on", "closed_on", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "organisation", "functions"]
