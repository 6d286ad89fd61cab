"""The list of a record kind, and the page of a record that has no page of its own making."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from registry.access.permissions import may
from registry.access.scope import Scope, read_scope
from registry.actions.voiding import RIGHT as VOID
from registry.actions.voiding import voided_because
from registry.figures import FIGURES, counted_in
from registry.kinds import KINDS, Kind
from registry.loading.export import export, formats_of
from registry.models import Remark, Term
from registry.overviews.history import history_of
from registry.overviews.special_actions import attachments_of

from .tables import render_table, rows_of, table_of

LATEST = 20  # entries of the history on the record's own page


def kind_or_404(slug: str) -> Kind:
    kind = KINDS.get(slug)
    if kind is None or kind.redacted:
        raise Http404
    return kind


def record_list(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The rows of a kind on a day: filtered, ordered, paged, exported."""
    record_kind = kind_or_404(kind)
    scope = read_scope(request.GET, request.user)
    rows = record_kind.on(scope)
    if request.GET.get("format") in formats_of(record_kind):
        return export(record_kind, rows, scope, request.GET)
    counted = FIGURES.get("points") if record_kind.slug == "points" else None
    table = table_of(record_kind, rows, scope, request.GET, figure=counted)
    context = {"scope": scope, "kind": record_kind, "table": table}
    return render_table(request, "registry/list.html", context)


def record_or_404(kind: Kind, code: str, scope: Scope) -> Any:
    """The record with this code, on whatever day, if the viewer may see it; one entered in error stays to be seen."""
    record = kind.model.objects.with_voided().visible_to(scope.viewer).filter(code=code).first()
    if record is None:
        raise Http404
    return record


def facts_of(kind: Kind, record: Model, scope: Scope) -> list[tuple]:
    """(label, cell) for each column and detail of the kind, as of the scope's day, where it has a value; the name and
    code stand in the heading."""
    full = kind.in_full
    rows = kind.model.objects.with_voided().visible_to(scope.viewer).filter(pk=record.pk)
    on = getattr(rows, "on", None)
    values = list(full.values(on(scope.as_of) if on else rows, scope))
    if not values:
        return []
    details = {column.name for column in kind.details}
    cells = [cell for cell in rows_of(full, values, scope)[0].cells if cell.column.name not in ("code", "name")]
    return [
        (cell.column.label, cell) for cell in cells if cell.column.name not in details or cell.value not in (None, "")
    ]


def lists_of(record: Model) -> list[tuple]:
    """(label, terms) for each list of terms a record has, such as the functions of a red business district."""
    fields = [field for field in record._meta.many_to_many if field.related_model is Term]
    return [(field.verbose_name, list(getattr(record, field.name).public())) for field in fields]


def opened(request: HttpRequest, kind: Kind | str, code: str) -> dict:
    """What every page of a record needs: its scope, kind, record and facts, and the figures it counts in."""
    record_kind = KINDS[kind] if isinstance(kind, str) else kind
    scope = read_scope(request.GET, request.user)
    record = record_or_404(record_kind, code, scope)
    return {
        "scope": scope,
        "kind": record_kind,
        "record": record,
        "facts": facts_of(record_kind, record, scope),
        "remark": remark_of(record),
        "attachments": attachments_of(record_kind, record, scope),
        "counted_in": counted_in(record_kind.slug, code, scope),
        **describe_record(record_kind, record, scope.viewer),
    }


def describe_record(kind: Kind, record: Any, viewer: Any) -> dict:
    """The foot of every record's page: its latest history, the answered remarks, and whether one may be left; and that
    it was entered in error, if so, or whether the viewer may say so."""
    entries = history_of(record, viewer)
    return {
        "voided": voided_because(record),
        "may_void": may(viewer, VOID, record),
        "history": entries[:LATEST],
        "older": len(entries) > LATEST,
        "answered": list(Remark.objects.public().under(kind.slug, record.code)),
        "is_public": not viewer.is_authenticated or kind.model.objects.public().filter(pk=record.pk).exists(),
    }


def record_page(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    context = opened(request, kind_or_404(kind), code)
    return render(request, "registry/record.html", {**context, "lists": lists_of(context["record"])})


def remark_of(record: Any) -> str:
    try:
        record._meta.get_field("remark")
    except FieldDoesNotExist:
        return ""
    return record.remark
