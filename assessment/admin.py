"""Admin screens of assessment."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from assessment import models as a
from assessment.actions.packs import MAKE, revoke_pack
from registry.admin.base import LookedAtAdmin, PartInline, RecordAdmin, RecordForm
from registry.text.refusals import Refused


class LedgerInline(PartInline):
    model = a.LedgerEntry
    fields = ["stage", "entered_on", "percent", "light", "text", "difference"]


class ProblemInline(PartInline):
    model = a.ProjectProblem
    fields = ["code", "name", "area", "found_on", "solved_on", "result", "illustrative"]
    autocomplete_fields = ["area"]


@admin.register(a.SecretaryProject)
class ProjectAdmin(RecordAdmin):
    list_display = ["name", "code", "year", "organisation", "opened_on", "deadline", "illustrative"]
    list_filter = ["year", "illustrative"]
    list_select_related = ["organisation"]
    autocomplete_fields = ["organisation", "area"]
    inlines = [LedgerInline, ProblemInline]


class ItemInline(PartInline):
    model = a.StandardItem
    fields = ["code", "number", "name", "name_en", "weight", "method", "illustrative"]


class VetoInline(PartInline):
    model = a.VetoItem


class PassLineInline(PartInline):
    model = a.PassLine


@admin.register(a.Standard)
class StandardAdmin(RecordAdmin):
    list_display = ["name", "code", "issuer", "document_no", "valid_from", "valid_to", "illustrative"]
    inlines = [ItemInline, VetoInline, PassLineInline]


class SchemeItemInline(PartInline):
    """The items of a draft; the items of an open scheme are frozen."""

    model = a.SchemeItem

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return super().has_add_permission(request, obj) and not (obj and obj.opened_on)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.opened_on)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.opened_on)


@admin.register(a.Scheme)
class SchemeAdmin(RecordAdmin):
    list_display = ["name", "code", "year", "kind", "opened_on", "announced_on", "published_on", "illustrative"]
    list_filter = ["year", "kind"]
    autocomplete_fields = ["area"]
    readonly_fields = ["opened_on", "announced_on", "published_on", "sha256"]
    inlines = [SchemeItemInline]


@admin.register(a.SchemeResult)
class ResultAdmin(RecordAdmin):
    list_display = ["code", "scheme", "organisation", "total", "rank", "illustrative"]
    list_select_related = ["scheme", "organisation"]
    search_fields = ["code", "scheme__name", "organisation__name"]
    autocomplete_fields = ["organisation", "area"]
    readonly_fields = ["total", "rank", "previous_rank"]


@admin.register(a.AccountabilityAction)
class AccountabilityAdmin(RecordAdmin):
    view_action = "internal.view"
    form = RecordForm
    list_display = ["kind", "occurred_on", "organisation", "person", "post", "issuer", "illustrative"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    search_fields = ["code", "organisation__name"]
    date_hierarchy = "occurred_on"
    autocomplete_fields = ["organisation", "area"]


class StepInline(PartInline):
    """The steps of a finding; only actions add them."""

    model = a.SupervisionStep
    fields = ["act", "on", "text", "by"]

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(a.SupervisionFinding)
class FindingAdmin(RecordAdmin):
    view_action = "internal.view"
    form = RecordForm
    list_display = ["inspected_on", "organisation", "finding", "deadline", "done", "illustrative"]
    list_filter = ["done"]
    list_select_related = ["organisation"]
    search_fields = ["code", "organisation__name", "finding"]
    date_hierarchy = "inspected_on"
    autocomplete_fields = ["organisation", "area"]
    inlines = [StepInline]


@admin.register(a.InspectionPack)
class PackAdmin(LookedAtAdmin):
    """Links to the proof of sites. They are created on the site's page, and can be revoked here."""

    view_action = MAKE
    list_display = ["code", "point", "made_by", "made_at", "expires_on", "revoked_at"]
    list_filter = ["expires_on"]
    list_select_related = ["point", "made_by"]
    search_fields = ["code", "point__name", "point__code"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke the chosen links"))
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> None:
        for pack in queryset:
            try:
                revoke_pack(pack, by=request.user)
            except Refused as refusal:
                self.message_user(request, f"{pack}: {refusal}", messages.ERROR)
            else:
                self.message_user(request, _("%(pack)s: revoked.") % {"pack": pack}, messages.SUCCESS)
