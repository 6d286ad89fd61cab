"""The whole history of a record, page by page."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.access.scope import read_scope
from registry.overviews.history import history_of

from .paging import PAGE_SIZE
from .records import kind_or_404, record_or_404


def history(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Every entry the viewer may read, the newest first."""
    record_kind = kind_or_404(kind)
    scope = read_scope(request.GET, request.user)
    record = record_or_404(record_kind, code, scope)
    page = Paginator(history_of(record, request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"scope": scope, "kind": record_kind, "record": record, "page": page}
    return render(request, "registry/history.html", context)
