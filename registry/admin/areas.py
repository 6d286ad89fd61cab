"""Areas, party organisations, units, incomes and attainment."""

from django.contrib import admin

from registry import models as m

from .base import PartInline, RecordAdmin, RecordForm


class AliasInline(PartInline):
    model = m.AreaAlias


class AreaForm(RecordForm):
    class Meta:
        model = m.Area
        fields = "__all__"


@admin.register(m.Area)
class AreaAdmin(RecordAdmin):
    form = AreaForm
    list_display = ["code", "name", "level", "parent", "valid_from", "valid_to", "illustrative"]
    list_filter = ["level", "illustrative"]
    list_select_related = ["parent"]
    search_fields = ["code", "name", "aliases__name"]
    autocomplete_fields = ["parent", "successor"]
    inlines = [AliasInline]


@admin.register(m.PartyOrganisation)
class OrganisationAdmin(RecordAdmin):
    list_display = [
        "name",
        "code",
        "form",
        "kind",
        "area",
        "member_count",
        "founded_on",
        "dissolved_on",
        "illustrative",
    ]
    list_filter = ["form", "kind", "field", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "unit", "parent"]


@admin.register(m.Unit)
class UnitAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "industry", "area", "zone", "illustrative"]
    list_filter = ["kind", "industry", "illustrative"]
    list_select_related = ["area", "zone"]
    autocomplete_fields = ["area", "zone"]


@admin.register(m.CollectiveIncome)
class IncomeAdmin(RecordAdmin):
    list_display = ["area", "year", "amount_yuan", "operating_yuan", "source", "illustrative"]
    list_filter = ["year", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "area__name"]
    autocomplete_fields = ["area"]


@admin.register(m.CommunityAttainment)
class AttainmentAdmin(RecordAdmin):
    list_display = ["area", "attained", "grade", "valid_from", "valid_to", "illustrative"]
    list_filter = ["attained", "grade", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "area__name"]
    autocomplete_fields = ["area"]
