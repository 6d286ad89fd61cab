"""The list of a record kind, and the page of a record that has no page of its own making."""

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from registry.kinds import KINDS, Kind
from registry.loading.export import FORMATS, export
from registry.scope import Scope, read_scope

from .tables import render_table, rows_of, table_of


def kind_or_404(slug: str) -> Kind:
    kind = KINDS.get(slug)
    if kind is None or kind.redacted:
        raise Http404
    return kind


def record_list(request: HttpRequest, kind: str) -> HttpResponse:
    """The rows of a kind on a day: filtered, ordered, paged, exported."""
    record_kind = kind_or_404(kind)
    scope = read_scope(request.GET, request.user)
    rows = record_kind.on(scope)
    if request.GET.get("format") in FORMATS:
        return export(record_kind, rows, scope, request.GET)
    context = {"scope": scope, "kind": record_kind, "table": table_of(record_kind, rows, scope, request.GET)}
    return render_table(request, "registry/list.html", context)


def record_or_404(kind: Kind, code: str, scope: Scope) -> Model:
    """The record with this code, on whatever day, if the viewer may see it."""
    found = kind.model.objects.visible_to(scope.viewer).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def facts_of(kind: Kind, record: Model, scope: Scope) -> list[tuple]:
    """(label, cell) for each column of the kind, as of the scope's day; the name and code stand in the heading."""
    rows = kind.model.objects.visible_to(scope.viewer).filter(pk=record.pk)
    on = getattr(rows, "on", None)
    values = list(kind.values(on(scope.as_of) if on else rows, scope))
    if not values:
        return []
    row = rows_of(kind, values, scope)[0]
    return [(cell.column.label, cell) for cell in row.cells if cell.column.name not in ("code", "name")]


def record_page(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    record_kind = kind_or_404(kind)
    scope = read_scope(request.GET, request.user)
    record = record_or_404(record_kind, code, scope)
    context = {
        "scope": scope,
        "kind": record_kind,
        "record": record,
        "facts": facts_of(record_kind, record, scope),
        "remark": remark_of(record),
    }
    return render(request, "registry/record.html", context)


def remark_of(record: Model) -> str:
    try:
        record._meta.get_field("remark")
    except FieldDoesNotExist:
        return ""
    return record.remark
