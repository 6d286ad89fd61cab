"""Demonstration points. Their periods are shown, and changed by one action only."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.actions.points import change_title
from registry.models.points import PUBLIC
from registry.text.refusals import Refused

from .base import PartInline, RecordAdmin


class PeriodInline(PartInline):
    model = m.StatusPeriod
    ordering = ["valid_from"]

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class PhotoInline(PartInline):
    model = m.Evidence
    fields = ["kind", "shown", "caption", "credit", "on_page"]
    readonly_fields = ["kind", "shown"]

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False


class StandingForm(forms.Form):
    """A new status, level and grade from a day on, and the paper they stand on."""

    status = forms.ChoiceField(
        label=_("Status"), choices=[(status.value, status.label) for status in PUBLIC], initial=m.PointStatus.NAMED
    )
    level = forms.ChoiceField(label=_("Level"), choices=[("", "—"), *m.Level.choices], required=False)
    grade = forms.ChoiceField(label=_("Grade"), choices=[("", "—"), *m.Grade.choices], required=False)
    on = forms.DateField(
        label=_("from"), initial=date.today, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    document_no = forms.CharField(label=_("paper number"), max_length=60, required=False)
    reason = forms.CharField(label=_("reason"), max_length=300, required=False)


class StatusFilter(admin.SimpleListFilter):
    title = _("present status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(m.PointStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(standing__status=self.value()) if self.value() else queryset


class GradeFilter(StatusFilter):
    title = _("present grade")
    parameter_name = "grade"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(m.Grade.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(standing__grade=self.value()) if self.value() else queryset


@admin.register(m.DemonstrationPoint)
class PointAdmin(RecordAdmin):
    list_display = ["name", "code", "area", "field", "status", "level", "grade", "since", "illustrative"]
    list_filter = [StatusFilter, GradeFilter, "field", "illustrative"]
    list_select_related = ["area"]
    autocomplete_fields = ["area", "unit", "organisation"]
    inlines = [PeriodInline, PhotoInline]
    actions = [*RecordAdmin.actions, "change_standing"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: Any = super().get_queryset(request)
        rows = rows.with_standing(date.today())
        return rows.annotate(
            now_status=F("standing__status"), now_level=F("standing__level"), now_grade=F("standing__grade"),
            now_since=F("standing__valid_from"),
        )  # fmt: skip

    @admin.display(description=_("Status"), ordering="now_status")
    def status(self, point: Any) -> Any:
        return m.PointStatus(point.now_status).label if point.now_status else "—"

    @admin.display(description=_("Level"), ordering="now_level")
    def level(self, point: Any) -> Any:
        return m.Level(point.now_level).label if point.now_level else "—"

    @admin.display(description=_("Grade"), ordering="now_grade")
    def grade(self, point: Any) -> Any:
        return m.Grade(point.now_grade).label if point.now_grade else "—"

    @admin.display(description=_("Since"), ordering="now_since")
    def since(self, point: Any) -> Any:
        return point.now_since

    @admin.action(description=_("Change status, level or grade of the chosen points"))
    def change_standing(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        form = StandingForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            context = {**self.admin_site.each_context(request), "form": form, "points": queryset, "opts": self.opts}
            return render(request, "admin/change_standing.html", context)
        for point in queryset:
            try:
                change_title(point, by=request.user, **form.cleaned_data)
            except Refused as refusal:
                self.message_user(request, f"{point}: {refusal}", messages.ERROR)
            else:
                self.message_user(request, _("%(point)s: changed.") % {"point": point}, messages.SUCCESS)
        return None
