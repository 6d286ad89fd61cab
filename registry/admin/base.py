"""What all admin screens share: whose rows, who may, and that every write goes through the acts."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from registry.access.permissions import may
from registry.actions.access_log import log_reading, personal_in
from registry.actions.deletion import delete_record
from registry.actions.dependents import belongings, names_of_referrers, was_ever_public
from registry.actions.editing import Parts, edit_record
from registry.actions.voiding import RIGHT as VOID
from registry.actions.voiding import mark_entered_in_error, restore_record
from registry.models import ScopedQuerySet
from registry.models.base import guard_lifted
from registry.overviews.history import history_of
from registry.text.refusals import Refused

admin.site.disable_action("delete_selected")  # Django's own goes past the acts


class RecordForm(forms.ModelForm):
    """Carries the version a record was opened with, and the reason and paper of the change. What is public does not
    change without a reason. `refusal` is why the act was refused that the form was sent for."""

    refusal: Refused | ValidationError | None = None
    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    change_reason = forms.CharField(
        label=_("Reason of the change"), max_length=300, required=False,
        error_messages={"required": _("The record is public. Say why it changes: the reason stays in its history.")},
    )  # fmt: skip
    change_paper = forms.CharField(label=_("Paper number of the change"), max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        with guard_lifted("the record's own links, to show what is chosen"):
            super().__init__(*args, **kwargs)
        self.initial["opened_version"] = getattr(self.instance, "version", None)
        self.fields["change_reason"].required = was_ever_public(self.instance)

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if self.refusal is not None:
            self.add_error(None, self.refusal if isinstance(self.refusal, ValidationError) else str(self.refusal))
        opened, version = cleaned.get("opened_version"), getattr(self.instance, "version", None)
        if self.instance.pk and None not in (opened, version) and opened != version:
            self.add_error(None, str(Refused("stale", who="—", when="—")))
            for name in self.changed_data:
                if name in cleaned and hasattr(self.instance, name) and name in self.fields:
                    self.add_error(name, _("Now: %(value)s") % {"value": getattr(self.instance, name)})
        return cleaned


class KnownChoices(AutocompleteMixin):
    """Of a form that is shown again, an autocomplete looks up what was chosen. Text that is no key cannot be looked up;
    Django's own raises an error for it."""

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        key: Any = self.field.remote_field.model._meta.pk
        keys = []
        for text in value:
            with suppress(ValidationError):
                key.run_validators(key.to_python(text))
                keys.append(text)
        return super().optgroups(name, keys, attrs)


class Autocomplete(KnownChoices, AutocompleteSelect):
    pass


class AutocompleteMany(KnownChoices, AutocompleteSelectMultiple):
    pass


class PlainDecimal(forms.DecimalField):
    """Shows a stored number without needless zeros."""

    def prepare_value(self, value: Any) -> Any:
        return plain_number(value) if isinstance(value, Decimal) else value


def plain_number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def plain_columns(model: type[models.Model], names: Sequence) -> list[Any]:
    """Columns of a list or a page that is only looked at: for those of numbers, how they are shown."""
    decimals = {column.name: column for column in model._meta.fields if isinstance(column, models.DecimalField)}
    return [_plain_column(decimals[name]) if name in decimals else name for name in names]


def _plain_column(column: models.DecimalField) -> Callable[[Any], str | None]:
    @admin.display(description=column.verbose_name, ordering=column.name)
    def plain(row: Any) -> str | None:
        value = getattr(row, column.name)
        return None if value is None else plain_number(value)

    plain.__name__ = f"plain_{column.name}"
    return plain


class ChoosesReadable(BaseModelAdmin):
    """Offers only rows the account may read to choose from, and shows numbers plainly."""

    formfield_overrides = {models.DecimalField: {"form_class": PlainDecimal}}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", readable(db_field.remote_field.model, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Autocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = readable(db_field.remote_field.model, request)
        kwargs.setdefault("queryset", rows.complex_filter(db_field.get_limit_choices_to()))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", AutocompleteMany(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class ScopedAdmin(ChoosesReadable, admin.ModelAdmin):
    """Shows the rows the account may read, offers only such rows to choose from, and asks the table who may."""

    list_per_page = 50
    show_full_result_count = False
    view_action = "record.view"
    shows_voided = False
    group = ""  # of the index: see fengnan/admin_site.py; by its application if empty

    def get_list_display(self, request: HttpRequest) -> list:
        return plain_columns(self.model, super().get_list_display(request))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        manager: Any = self.model._default_manager
        rows = manager.with_voided() if self.shows_voided else manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = rows.visible_to(request.user)
        return rows.order_by(*(self.get_ordering(request) or self.model._meta.ordering))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Our own events, in words: every write has one, whichever way it came."""
        record = self.get_object(request, unquote(object_id))
        entries = history_of(record, request.user) if record else []
        return super().history_view(request, object_id, {**(extra_context or {}), "entries": entries})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        with guard_lifted("the record's own links, for accounts that may only look"):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            return response.render() if hasattr(response, "render") else response

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Telephones and names of people are shown here in full: who reads them is told."""
        if obj is not None:
            log_reading(obj, personal_in(obj), by=request.user)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_staff and may(request.user, self.view_action)

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, self.view_action, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Records of a model that lie in no area belong to the whole district."""
        lies_in_area = any(hasattr(self.model, name) for name in ("area_id", "point_id"))
        return may(request.user, "record.add", None if lies_in_area else self.model())

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.delete", obj)


class LookedAtAdmin(ScopedAdmin):
    """Rows nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, self.view_action)


def readable(model: type[models.Model], request: HttpRequest) -> models.QuerySet:
    """Rows of `model` the account may choose from."""
    manager: Any = model._default_manager
    return manager.visible_to(request.user) if isinstance(manager.all(), ScopedQuerySet) else manager.all()


class WhyForm(forms.Form):
    """Why something is done with the chosen records."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class WhyOnPaperForm(WhyForm):
    document_no = forms.CharField(label=_("Paper number"), max_length=60)


class InForce(admin.SimpleListFilter):
    """The rows in force, unless those entered in error are asked for."""

    title = _("entered in error")
    parameter_name = "voided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Entered in error"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        return queryset.filter(voided__isnull=self.value() != "yes")


class RecordAdmin(ScopedAdmin):
    """A record with a code: saved, with its parts, and deleted through the acts, so that each change is an event."""

    form = RecordForm
    search_fields = ["code", "name"]
    actions: Sequence[str] = ["mark_entered_in_error", "restore", "delete_selected"]
    shows_voided = True

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [*super().get_list_filter(request), InForce]

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """What an act refuses is said on the form, with everything that was typed."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Refused, ValidationError) as refusal:
            if hasattr(request, "refusal"):
                raise
            request.refusal = refusal  # type: ignore[attr-defined]  # for the form, see get_form
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The record is written with its parts: see `save_related`."""
        if change and form.cleaned_data.get("opened_version"):
            obj.version = form.cleaned_data["opened_version"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        values, parts = form.cleaned_data, Parts()
        for formset in formsets:
            formset.save(commit=False)
            parts.saved += [*formset.new_objects, *(part for part, _fields in formset.changed_objects)]
            parts.removed += formset.deleted_objects
        lists = {field.name: values[field.name] for field in self.opts.many_to_many if field.name in values}
        with guard_lifted("the record's own links, to write what was chosen"):
            edit_record(
                form.instance, parts=parts, lists=lists, by=request.user, reason=values.get("change_reason", ""),
                document_no=values.get("change_paper", ""),
            )  # fmt: skip

    def get_search_results(self, request: HttpRequest, queryset: models.QuerySet, search_term: str) -> Any:
        """Only what is in force can be chosen for another record."""
        if request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(voided=None)
        return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return super().has_change_permission(request, obj) and not getattr(obj, "voided", None)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and was_ever_public(obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What would go, and what is in the way, as the act sees it."""
        rows = [row for record in objs for row in (record, *belongings(record))]
        counts = Counter(str(row._meta.verbose_name_plural) for row in rows)
        return [str(row) for row in rows], counts, set(), names_of_referrers(rows, in_force=False)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_record(obj, by=request.user)

    @admin.action(description=_("Delete the chosen ones (only what was never public)"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._act(request, queryset, WhyForm, delete_record, _("%(record)s: deleted."))

    @admin.action(description=_("Mark the chosen ones as entered in error"), permissions=["void"])
    def mark_entered_in_error(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        message = _("%(record)s: marked as entered in error.")
        return self._act(request, queryset, WhyOnPaperForm, mark_entered_in_error, message)

    @admin.action(description=_("Take the mark “entered in error” off the chosen ones"), permissions=["void"])
    def restore(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        return self._act(request, queryset, WhyForm, restore_record, _("%(record)s: counts again."))

    def has_void_permission(self, request: HttpRequest) -> bool:
        return may(request.user, VOID)

    def _act(
        self, request: HttpRequest, queryset: models.QuerySet, form_class: type[WhyForm], act: Callable, done: Any
    ) -> HttpResponse | None:
        """Asks why, and does `act` with each of the chosen records; says of each what became of it."""
        form = form_class(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            context = {**self.admin_site.each_context(request), "form": form, "records": queryset, "opts": self.opts}
            context["action"] = request.POST["action"]
            return render(request, "admin/act_on_records.html", context)
        for record in queryset:
            try:
                act(record, by=request.user, **form.cleaned_data)
            except (Refused, ValidationError) as refusal:
                words = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
                self.message_user(request, f"{record}: {words}", messages.ERROR)
            else:
                self.message_user(request, done % {"record": record}, messages.SUCCESS)
        return None


class PartInline(ChoosesReadable, admin.TabularInline):
    """Rows that belong to the record above; who may change that may change these."""

    extra = 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows = self.model._default_manager.all()
        return rows.visible_to(request.user) if isinstance(rows, ScopedQuerySet) else rows

    def has_view_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any | None = None) -> bool:
        return may(request.user, "record.change", obj)
