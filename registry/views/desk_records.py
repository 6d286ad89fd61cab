"""The records that an account keeps at the desk: their kinds, the list of a kind, and the form of a record."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.access.permissions import may
from registry.access.scope import read_scope
from registry.actions.access_log import log_reading, personal_in
from registry.actions.voiding import RIGHT as VOID
from registry.loading import desk_kinds as kept
from registry.loading.messages import sentence
from registry.loading.record_form import RecordForm
from registry.loading.sheet_types import SheetType, may_load
from registry.text.validators import UNSTORABLE

from .access import asks_for
from .tables import render_table, table_of

RIGHT = "attention.view"
LONGEST_SEARCH = 80


@asks_for(RIGHT)
def kind_list(request: HttpRequest) -> HttpResponse:
    """The kinds of the account, with the number of their records."""
    kinds = [
        (kind, kept.rows_of(kind, request.user).count(), kept.may_write(request.user, kind))
        for kind in kept.kinds_of(request.user)
    ]
    return render(request, "registry/desk_records/kinds.html", {"kinds": kinds, "own": kept.own_pages_of(request.user)})


def kind_or_404(request: HttpRequest, slug: str) -> SheetType:
    kind = next((kind for kind in kept.kinds_of(request.user) if kind.slug == slug), None)
    if kind is None:
        raise Http404
    return kind


def _typed(request: HttpRequest, name: str) -> str:
    return UNSTORABLE.sub("", request.GET.get(name, ""))[:LONGEST_SEARCH].strip()


@asks_for(RIGHT)
def record_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The records of a kind, whatever their day; those that the searched text is a part of."""
    kind, text = kind_or_404(request, slug), _typed(request, "q")
    listed, scope = kept.listed_as(kind), read_scope({}, request.user)
    parameters = {name: request.GET[name] for name in ("ordering", "page") if name in request.GET}
    address = reverse("desk-record", args=[slug, "CODE"])
    table = table_of(listed, kept.rows_of(kind, request.user, text), scope, parameters, address)
    context = {
        "kind": kind,
        "table": table,
        "scope": scope,
        "text": text,
        "may_add": kept.may_write(request.user, kind),
        "may_load": may_load(request.user, slug),
    }
    return render_table(request, "registry/desk_records/list.html", context)


@asks_for(RIGHT)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new record."""
    kind = kind_or_404(request, slug)
    if not kept.may_write(request.user, kind):
        raise Http404
    form = RecordForm(kind, by=request.user, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and (result := form.save()):
        _tell(request, result.warnings, _("“%(code)s” was added.") % {"code": result.code})
        return (
            redirect("desk-record-new", slug)
            if "another" in request.POST
            else redirect("desk-record", slug, result.code)
        )
    context = {"kind": kind, "form": form}
    return render(request, "registry/desk_records/record.html", context, status=400 if form.errors else 200)


@asks_for(RIGHT)
def record(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """A record: to be changed by who may, to be read by others."""
    kind = kind_or_404(request, slug)
    found: Any = kept.rows_of(kind, request.user).filter(code=code).first()
    if found is None:
        raise Http404
    may_write = kept.may_write(request.user, kind, found)
    if request.method == "POST" and not may_write:
        raise Http404
    form = RecordForm(kind, by=request.user, record=found, data=request.POST if request.method == "POST" else None)
    if request.method == "POST" and (result := form.save()):
        same = result.verdict == "same"
        _tell(
            request,
            result.warnings,
            _("Nothing was changed.") if same else _("“%(name)s” was saved.") % {"name": found},
        )
        return redirect("desk-record", slug, code)
    if may_write:
        log_reading(found, [name for name in personal_in(found) if name in form.fields], by=request.user)
    public = kept.public_kind(kind)
    context = {
        "kind": kind,
        "record": found,
        "form": form,
        "may_write": may_write,
        "public": public,
        "may_void": public is not None and may(request.user, VOID, found),
    }
    return render(request, "registry/desk_records/record.html", context, status=400 if form.errors else 200)


def _tell(request: HttpRequest, warnings: list[dict], words: str) -> None:
    messages.success(request, words)
    for warning in warnings:
        messages.warning(request, sentence(warning))


@asks_for(RIGHT)
def options(request: HttpRequest, slug: str, column: str) -> HttpResponse:
    """The records that a field may name and that fit what is typed, for the list below the field."""
    declared = kind_or_404(request, slug).column(column)
    if declared is None or not declared.names:
        raise Http404
    found = kept.options_for(declared, request.user, _typed(request, column))
    return render(request, "registry/desk_records/options.html", {"options": found})
