"""What needs attention, by township, and the rows of each check."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, resolve, reverse

from registry.access.permissions import may
from registry.access.scope import Scope, read_scope
from registry.figures import with_years
from registry.kinds import KINDS
from registry.models import Area, AreaLevel
from registry.overviews.attention import Check, Concern, attention, checks_of, count_checks

from .paging import RowPaginator


def attention_page(request: HttpRequest) -> HttpResponse:
    """Each check with its number of rows in every township; the public sees the public checks."""
    scope = with_years(read_scope(request.GET, request.user))
    findings = attention(scope, public=not may(request.user, "attention.view"))
    townships = list(Area.objects.public().units(scope.as_of, scope.area).order_by("code"))
    codes = {township.code for township in townships}
    rows = [
        (
            finding,
            [(township, finding.by_township.get(township.code, 0)) for township in townships],
            sum(count for code, count in finding.by_township.items() if code not in codes),
        )
        for finding in findings
    ]
    groups = [(concern, [row for row in rows if row[0].check.concern == concern]) for concern in Concern]
    context = {"scope": scope, "townships": townships, "groups": [group for group in groups if group[1]]}
    return render(request, "registry/attention/list.html", context)


def attention_rows(request: HttpRequest, slug: str) -> HttpResponse:
    """The rows of a check, each with its page."""
    scope = with_years(read_scope(request.GET, request.user))
    check = {check.slug: check for check in checks_of(scope, not may(request.user, "attention.view"))}.get(slug)
    if check is None:
        raise Http404
    rows = check.rows_in(scope)
    related = [field for field in ("area", "point") if field in {one.name for one in rows.model._meta.fields}]
    rows = rows.select_related(*related) if related else rows
    count = _count(check, scope)
    if check.of_points:
        rows = rows.order_by(*KINDS[check.kind].order) if count else rows.none()
    elif not rows.ordered:
        rows = rows.order_by("pk")
    paginator = RowPaginator(rows, ask_count=lambda: count if check.of_points else None)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "scope": scope,
        "check": check,
        "hidden": 0 if paginator.is_capped else count - paginator.count,
        "page": page,
        "rows": [(row, area_of(row), address_of(check, row, scope)) for row in page.object_list],
    }
    return render(request, "registry/attention/rows.html", context)


def _count(check: Check, scope: Scope) -> int:
    """The number of rows, with those the account may not open."""
    return sum(finding.count for finding in count_checks([check], scope, check.public))


def area_of(row: Any) -> str:
    area = row.parent if isinstance(row, Area) else getattr(row, "area", None)
    return str(area or "")


def address_of(check: Check, row: Any, scope: Scope) -> str:
    """The page of a row: that of its record kind, else its own; empty if it has none."""
    if isinstance(row, Area):
        kinds = {AreaLevel.TOWNSHIP: "townships", AreaLevel.VILLAGE: "villages"}
        kind = kinds.get(AreaLevel(row.level))
        return reverse("record", args=[kind, row.code]) + scope.query if kind else ""
    if check.kind:
        return reverse("record", args=[check.kind, row.code]) + scope.query
    address = row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""
    return address if address and _may_open(scope.viewer, address) else ""


def _may_open(viewer: Any, address: str) -> bool:
    """Whether the account has one of the rights that the page at `address` asks for."""
    view = resolve(address.removeprefix(get_script_prefix().rstrip("/"))).func
    rights = getattr(view, "access", None)
    return rights is None or any(may(viewer, right) for right in rights)
