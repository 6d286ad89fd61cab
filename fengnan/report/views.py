"""The year report: the list of years, the page with its charts, the document and the PDF, and the district's words. The
brief on one page."""

import uuid
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fengnan.dashboard import areas_to_choose, years
from fengnan.map.schematic import drawing_of
from fengnan.report.brief import brief_of
from fengnan.report.content import ADDRESSEE, SIGNATURE, TEXTS, report_of
from fengnan.report.docx import docx_of, docx_of_brief
from fengnan.report.pdf import FontMissing, pdf_of, pdf_of_brief
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import Scope, read_day, read_scope
from registry.actions.reports import save_report_text, text_of
from registry.figures import kinds_of_figures
from registry.forms import ReportTextForm
from registry.overviews.history import changed_since
from registry.text.refusals import Refused
from registry.views.access import asks_for

FIRST_YEAR = 1900
HINTS = {
    ADDRESSEE: gettext_lazy("Whom the report is sent to, such as the office above."),
    SIGNATURE: gettext_lazy(
        "The issuing office; on the last line the day of writing. Without one it is the day of the data."
    ),
}
FILES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
View = Callable[..., HttpResponse]


def year_list(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    area = {"area": scope.area} if "area" in scope.parameters else {}
    context = {"scope": scope, "years": years(scope), "townships": areas_to_choose(scope), "carried_area": area}
    return render(request, "report/years.html", context)


def of_year(view: View) -> View:
    """Reads the scope of the year's report: the last day of the year, or today while it lasts. A day of another year
    leads to the report of that year."""

    @wraps(view)
    def wrapper(request: HttpRequest, year: int, **more: Any) -> HttpResponse:
        scope, today = read_scope(request.GET, request.user), timezone.localdate()
        if not FIRST_YEAR <= year <= max(today.year, (scope.default_as_of or today).year):
            raise Http404
        if not any(request.GET.get(name, "").strip() for name in ("as_of", "year")):
            scope = scope.at(min(date(year, 12, 31), today))
        if scope.as_of.year != year:
            query = request.GET.copy()
            query.pop("year", None)
            match: Any = request.resolver_match
            address = reverse(match.view_name, args=[scope.as_of.year])
            return redirect(f"{address}?{query.urlencode()}" if query else address)
        return view(request, scope, **more)

    return wrapper


@of_year
def report_page(request: HttpRequest, scope: Scope) -> HttpResponse:
    if request.GET.get("format") in FILES:
        return _file(request, scope, request.GET["format"])
    text = request.GET.get("since", "").strip()
    since = read_day("since", text) if text else scope.as_of
    context = {
        "scope": scope,
        "report": report_of(scope, _with_unchanged(request)),
        "unchanged": "1" if _with_unchanged(request) else "",
        "letter_parts": [(slug, TEXTS[slug]) for slug in (ADDRESSEE, SIGNATURE)],
        "since": since,
        "changed": changed_since(since, kinds_of_figures(), scope.area, request.user),
        "townships": areas_to_choose(scope),
        "years": years(scope),
        "may_write": "area" not in scope.parameters and may(request.user, "report.write"),
    }
    return render(request, "report/report.html", context)


@of_year
def report_file(request: HttpRequest, scope: Scope, file_format: str) -> HttpResponse:
    return _file(request, scope, file_format)


def _with_unchanged(request: HttpRequest) -> bool:
    return request.GET.get("unchanged") == "1"


def _file(request: HttpRequest, scope: Scope, file_format: str) -> HttpResponse:
    report = report_of(scope, _with_unchanged(request))
    try:
        content = docx_of(report) if file_format == "docx" else pdf_of(report)
    except FontMissing:
        address = reverse("report-docx", args=[report.year]) + scope.query
        return _no_font(request, scope, report.title, address)
    return _attached(content, "report", scope, file_format)


def _no_font(request: HttpRequest, scope: Scope, title: str, address: str) -> HttpResponse:
    """`address` is that of the document without a font."""
    context = {"scope": scope, "report_title": title, "docx_address": address}
    return render(request, "report/no_font.html", context, status=501)


def _attached(content: bytes, name: str, scope: Scope, file_format: str) -> HttpResponse:
    response = HttpResponse(content, content_type=FILES[file_format])
    file_name = f"{name}-{scope.area}-{scope.as_of.isoformat()}.{file_format}"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def brief_page(request: HttpRequest) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    context = {
        "scope": scope,
        "brief": brief_of(scope),
        "schematic": drawing_of(scope),
        "townships": areas_to_choose(scope),
        "years": years(scope),
    }
    return render(request, "report/brief.html", context)


def brief_file(request: HttpRequest, file_format: str) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    brief = brief_of(scope)
    try:
        content = docx_of_brief(brief) if file_format == "docx" else pdf_of_brief(brief)
    except FontMissing:
        return _no_font(request, scope, brief.title, reverse("brief-docx") + scope.query)
    return _attached(content, "brief", scope, file_format)


@asks_for("report.write")
def report_text(request: SignedInRequest, year: int, section: str) -> HttpResponse:
    """The form for the district's own words: on a section, whom the report is sent to, who signs it. What somebody else
    saved meanwhile stands beside it."""
    if section not in TEXTS or not FIRST_YEAR <= year <= timezone.localdate().year:
        raise Http404
    record = text_of(year, section)
    typed = request.POST if request.method == "POST" else None
    form = ReportTextForm(typed, instance=record, initial={"key": uuid.uuid4()})
    form.fields["text"].help_text = HINTS.get(section, form.fields["text"].help_text)
    conflict, status = None, 400 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            save_report_text(form.opened, by=request.user, key=form.cleaned_data["key"])
        except Refused as refusal:
            conflict, status = refusal, 409
        except ValidationError as error:
            form.add_error(None, error)
            status = 400
        else:
            messages.success(request, _("The text was saved."))
            return redirect("report", year)
    theirs = text_of(year, section) if conflict and conflict.code == "stale" else None
    context = {"year": year, "title": TEXTS[section], "form": form, "refusal": conflict, "theirs": theirs}
    return render(request, "report/text.html", context, status=status)
