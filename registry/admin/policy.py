"""Special actions with their items, the records attached to them, village elections, policy documents."""

from django.contrib import admin

from registry import models as m

from .base import PartInline, RecordAdmin


class SpecialActionItemInline(PartInline):
    model = m.SpecialActionItem


@admin.register(m.SpecialAction)
class SpecialActionAdmin(RecordAdmin):
    list_display = ["name", "code", "kind", "covers", "started_on", "ended_on", "illustrative"]
    list_filter = ["kind", "illustrative"]
    autocomplete_fields = ["area"]
    inlines = [SpecialActionItemInline]


@admin.register(m.Attachment)
class AttachmentAdmin(RecordAdmin):
    list_display = ["item", "kind", "target_code", "area", "valid_from", "valid_to", "illustrative"]
    list_filter = ["kind", "illustrative"]
    list_select_related = ["item", "area"]
    search_fields = ["code", "target_code", "item__name"]
    autocomplete_fields = ["area"]


@admin.register(m.VillageElection)
class VillageElectionAdmin(RecordAdmin):
    list_display = ["area", "year", "term", "held_on", "result", "is_combined_post", "illustrative"]
    list_filter = ["year", "result", "illustrative"]
    list_select_related = ["area"]
    search_fields = ["code", "area__name"]
    autocomplete_fields = ["area"]


@admin.register(m.PolicyDocument)
class PolicyDocumentAdmin(RecordAdmin):
    list_display = ["title", "number", "issuer", "level", "issued_on", "valid_to", "illustrative"]
    list_filter = ["level", "illustrative"]
    search_fields = ["code", "number", "title", "issuer"]
    autocomplete_fields = ["area"]
