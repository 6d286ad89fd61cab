"""Honours, external results, donations, funds, wage rules."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry import models as m

from .base import RecordAdmin


@admin.register(m.Honour)
class HonourAdmin(RecordAdmin):
    list_display = ["title", "code", "level", "title_kind", "recipient", "granted_on", "revoked_on", "illustrative"]
    list_filter = ["level", "title_kind", "illustrative"]
    search_fields = ["code", "title", "organisation__name", "point__name", "place__name"]
    date_hierarchy = "granted_on"
    autocomplete_fields = ["area", "organisation", "place", "point", "belt", "unit"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: Any = super().get_queryset(request)
        return rows.with_recipient()

    @admin.display(description=_("Granted to"), ordering="recipient")
    def recipient(self, honour: Any) -> str:
        return honour.recipient


@admin.register(m.ExternalResult)
class ExternalResultAdmin(RecordAdmin):
    list_display = ["item", "issuer", "scope", "year", "rank", "announced_on", "illustrative"]
    list_filter = ["year", "scope"]
    search_fields = ["code", "item", "issuer"]
    autocomplete_fields = ["area"]


@admin.register(m.Donation)
class DonationAdmin(RecordAdmin):
    list_display = [
        "donor",
        "kind",
        "donated_on",
        "amount_yuan",
        "goods",
        "quantity",
        "goods_unit",
        "recipient",
        "illustrative",
    ]
    list_filter = ["kind", "illustrative"]
    list_select_related = ["donor"]
    search_fields = ["code", "donor__name", "recipient"]
    date_hierarchy = "donated_on"
    autocomplete_fields = ["donor", "area"]


@admin.register(m.Fund)
class FundAdmin(RecordAdmin):
    list_display = ["year", "category", "level", "area", "amount_yuan", "purpose", "arrived_on", "illustrative"]
    list_filter = ["year", "category", "level", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "purpose", "document_no"]
    autocomplete_fields = ["area", "out_of", "point"]


@admin.register(m.WageRule)
class WageRuleAdmin(RecordAdmin):
    list_display = ["post", "uplift_percent", "standard_yuan", "area", "valid_from", "valid_to", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code"]
    autocomplete_fields = ["area"]
