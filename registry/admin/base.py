"""What all admin screens share: whose rows, who may, and that every write goes through the acts."""

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from registry.actions.deletion import delete_record
from registry.actions.records import ChangeSet, save_record
from registry.history import history_of
from registry.models import ScopedQuerySet
from registry.models.base import guard_lifted
from registry.permissions import may
from registry.refusals import Refused


class RecordForm(forms.ModelForm):
    """Carries the version a record was opened with, and the reason of the change."""

    opened_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    change_reason = forms.CharField(label=_("Reason of the change"), max_length=300, required=False)

    def __init__(self, *args, **kwargs):
        with guard_lifted("the record's own links, to show what is chosen"):
            super().__init__(*args, **kwargs)
        self.initial["opened_version"] = getattr(self.instance, "version", None)

    def clean(self):
        cleaned = super().clean()
        opened = cleaned.get("opened_version")
        if self.instance.pk and opened is not None and opened != self.instance.version:
            self.add_error(None, str(Refused("stale", who="—", when="—")))
            for name in self.changed_data:
                if name in cleaned and hasattr(self.instance, name) and name in self.fields:
                    self.add_error(name, _("Now: %(value)s") % {"value": getattr(self.instance, name)})
        return cleaned


class ScopedAdmin(admin.ModelAdmin):
    """Shows the rows the account may read, offers only such rows to choose from, and asks the table who may."""

    list_per_page = 50
    show_full_result_count = False
    view_action = "record.view"

    def get_queryset(self, request: HttpRequest):
        rows = self.model._default_manager.all()
        if isinstance(rows, ScopedQuerySet):
            rows = self.model._default_manager.visible_to(request.user)
        return rows.order_by(*(self.get_ordering(request) or self.model._meta.ordering))

    def history_view(self, request, object_id, extra_context=None):
        """Our own events, in words: every write has one, whichever way it came."""
        record = self.get_object(request, unquote(object_id))
        entries = history_of(record, request.user) if record else []
        return super().history_view(request, object_id, {**(extra_context or {}), "entries": entries})

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", readable(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        rows = readable(db_field.remote_field.model, request)
        kwargs.setdefault("queryset", rows.complex_filter(db_field.get_limit_choices_to()))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        with guard_lifted("the record's own links, for accounts that may only look"):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            return response.render() if hasattr(response, "render") else response

    def has_module_permission(self, request):
        return request.user.is_staff and may(request.user, self.view_action)

    def has_view_permission(self, request, obj=None):
        return may(request.user, self.view_action, obj)

    def has_add_permission(self, request):
        return may(request.user, "record.add")

    def has_change_permission(self, request, obj=None):
        return may(request.user, "record.change", obj)

    def has_delete_permission(self, request, obj=None):
        return may(request.user, "record.delete", obj)


class LookedAtAdmin(ScopedAdmin):
    """Rows nobody changes by hand."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission

    def has_view_permission(self, request, obj=None):
        return may(request.user, self.view_action)


def readable(model: type[models.Model], request: HttpRequest):
    """Rows of `model` the account may choose from."""
    manager = model._default_manager
    return manager.visible_to(request.user) if isinstance(manager.all(), ScopedQuerySet) else manager.all()


class RecordAdmin(ScopedAdmin):
    """A record with a code: saved and deleted through the acts, so that each change is an event."""

    form = RecordForm
    search_fields = ["code", "name"]

    def save_model(self, request, obj, form, change):
        if change and form.cleaned_data.get("opened_version"):
            obj.version = form.cleaned_data["opened_version"]
        save_record(obj, by=request.user, reason=form.cleaned_data.get("change_reason", ""))

    def delete_model(self, request, obj):
        delete_record(obj, by=request.user)

    def delete_queryset(self, request, queryset):
        for record in queryset:
            delete_record(record, by=request.user)

    def save_related(self, request, form, formsets, change):
        with guard_lifted("the record's own links, to write what was chosen"):
            super().save_related(request, form, formsets, change)

    def save_formset(self, request, form, formset, change):
        """The parts of a record: one event tells which were added, changed and taken away."""
        formset.save()
        changes = {
            "added": [str(part) for part in formset.new_objects],
            "changed": [str(part) for part, _fields in formset.changed_objects],
            "removed": [str(part) for part in formset.deleted_objects],
        }
        changes = {verb: parts for verb, parts in changes.items() if parts}
        if changes:
            label = formset.model._meta.model_name
            ChangeSet(request.user).tell("parts", form.instance, {label: changes})


class PartInline(admin.TabularInline):
    """Rows that belong to the record above; who may change that may change these."""

    extra = 0

    def get_queryset(self, request):
        rows = self.model._default_manager.all()
        return rows.visible_to(request.user) if isinstance(rows, ScopedQuerySet) else rows

    def has_view_permission(self, request, obj=None):
        return may(request.user, "record.view", obj)

    def has_add_permission(self, request, obj=None):
        return may(request.user, "record.change", obj)

    def has_change_permission(self, request, obj=None):
        return may(request.user, "record.change", obj)

    def has_delete_permission(self, request, obj=None):
        return may(request.user, "record.change", obj)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        kwargs.setdefault("queryset", readable(db_field.remote_field.model, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
