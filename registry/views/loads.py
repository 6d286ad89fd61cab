"""Loads on the desk: sending a file, seeing what it would change, applying it, taking it back; and the templates."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.loading import lifecycle as acts
from registry.loading.edits import edits_in, edits_shown
from registry.loading.matching import corrections_in
from registry.loading.messages import doubts_of, notes_of
from registry.loading.preview import LEFT, STEP_OF, STEPS, first_tab, rows_by, rows_shown, sheets_of, tabs_of, texts_of
from registry.loading.sheet_types import SHEET_TYPES, kinds_for
from registry.loading.templates import may_be_filled, template, townships_for
from registry.loading.workbooks import refused_workbook
from registry.models import KnownHeading, Load, district_area
from registry.overviews.open_drafts import OpenDraft, draft_forms, what_is_left
from registry.text.area_codes import district_of
from registry.text.refusals import Refused

from .access import asks_for
from .drafts import key_of
from .open_drafts import open_drafts_of
from .paging import PAGE_SIZE, RowPaginator

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def load_or_404(request: HttpRequest, key: uuid.UUID) -> Load:
    load = Load.objects.visible_to(request.user).select_related("by", "area", "job").filter(key=key).first()
    if load is None:
        raise Http404
    return load


@asks_for("load.send")
@never_cache
def load_list(request: SignedInRequest) -> HttpResponse:
    """The loads one may see, the newest first, and the templates of the kinds one may load."""
    loads = Load.objects.visible_to(request.user).select_related("by", "job")
    townships = townships_for(request.user)
    context = {
        "page": RowPaginator(loads).get_page(request.GET.get("page")),
        "kinds": [(slug, label, may_be_filled(SHEET_TYPES[slug])) for slug, label in _kinds(request)],
        "townships": townships,
        "learned": _learned(request),
        "township": next((code for code, _name in townships if code == request.GET.get("township")), ""),
    }
    return render(request, "registry/loads/list.html", context)


def _learned(request: HttpRequest) -> list[dict[str, Any]]:
    """The headings that people explained, of the kinds the account may load: each with its kind and its column."""
    account: Any = request.user
    area = district_of(account.write_prefix or district_area())
    rows = KnownHeading.objects.filter(area__code__startswith=area, kind__in=kinds_for(request.user))
    return [
        {"pk": row.pk, "heading": row.heading, "kind": kind.label, "column": column.heading if column else ""}
        for row in rows.order_by("kind", "heading")
        for kind in [SHEET_TYPES[row.kind]]
        for column in [kind.column(row.field)]
    ]


@asks_for("load.send")
@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forgets one explained heading."""
    heading = get_object_or_404(KnownHeading.objects.filter(kind__in=kinds_for(request.user)), pk=pk)
    try:
        acts.forget_heading(heading, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("“%(heading)s” is forgotten.") % {"heading": heading.heading})
    return redirect("loads")


def _kinds(request: HttpRequest) -> list[tuple[str, Any]]:
    """(slug, label) of the kinds the account may load."""
    return [(slug, SHEET_TYPES[slug].label) for slug in kinds_for(request.user)]


@asks_for("load.send")
def new(request: SignedInRequest) -> HttpResponse:
    """Sending a file. Its size is looked at before it is taken into memory."""
    if request.method != "POST":
        return _new(request, uuid.uuid4(), [])
    file, kind = request.FILES.get("file"), request.POST.get("kind", "")
    key = key_of(request.POST.get("key", ""))
    if file is None:
        return _new(request, key, [Refused("file_missing")])
    name = str(file.name)
    refusals = list(acts.refusals_to_send(name, file.size or 0, kind, request.user))
    if refusals:
        return _new(request, key, refusals)
    return redirect(acts.send_load(name, file.read(), kind=kind, key=key, by=request.user))


def _new(request: HttpRequest, key: uuid.UUID, refusals: list[Refused]) -> HttpResponse:
    context = {
        "key": key,
        "kinds": _kinds(request),
        "chosen": request.POST.get("kind") or request.GET.get("kind", ""),
        "problems": [("file", "", refusal) for refusal in refusals],
        "most": acts.MOST_BYTES // 1024**2,
    }
    return render(request, "registry/loads/new.html", context, status=400 if refusals else 200)


@asks_for("load.send")
@never_cache
def load_page(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """One load, wherever it stands. While it is worked at, the page asks again by itself."""
    return _page(request, load_or_404(request, key))


def _page(request: SignedInRequest, load: Load, refusal: Refused | None = None) -> HttpResponse:
    context = {
        "load": load,
        "failed_stage": acts.failed_stage(load),
        "stages": STEPS,
        "stage": STEP_OF.get(acts.failed_stage(load) or load.state, "apply"),
        "refusal": refusal,
        "why_refused": Refused(load.refusal["code"], **load.refusal["details"]) if load.refusal else None,
        "is_own": load.by_id == request.user.pk,
    }
    if not load.is_working:
        context |= _content(request, load)
    target = request.htmx.target if request.htmx and not request.htmx.history_restore_request else ""
    part = f"#{target}" if target in ("load", "table") else ""
    status = 409 if refusal else 200
    response = render(request, f"registry/loads/load.html{part}", context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _content(request: HttpRequest, load: Load) -> dict[str, Any]:
    """What was understood, and the rows of the tab that was asked for."""
    tabs = tabs_of(load)
    tab = first_tab(load, tabs, request.GET.get("show", ""))
    page = RowPaginator(rows_by(load, tab)).get_page(request.GET.get("page"))
    sheets, skipped = sheets_of(load)
    may_edit = load.state == "ready" and load.by_id == request.user.pk
    return {
        "tabs": tabs,
        "tab": tab,
        "has_left": any(value == LEFT for value, _label, _count in tabs),
        "page": page,
        "rows": rows_shown(load, page.object_list, may_edit=may_edit),
        "may_edit": may_edit,
        "edits": list(edits_shown(load)),
        "has_left_out": any(edit["left_out"] for edit in load.edits.values()),
        "sheets": sheets,
        "skipped": skipped,
        "kinds": _kinds(request),
        "refusals": list(acts.refusals_to_apply(load, confirmed=True)) if load.state == "ready" else [],
        "doubts": doubts_of(load) if load.state == "ready" else None,
        "notes": notes_of(load),
        **_left(request, load),
    }


def _left(request: HttpRequest, load: Load) -> dict[str, Any]:
    """What the drafts of an applied load still lack; said of the first ones where there are many."""
    if load.state != "applied" or not may(request.user, "draft.write"):
        return {}
    drafts = open_drafts_of(request.user, load)
    return {"left": what_is_left(map(OpenDraft, draft_forms(drafts[:PAGE_SIZE]))), "drafts": drafts.count()}


@asks_for("load.send")
@require_POST
def read(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """Reads the file again as the form explains it."""
    kind = request.POST.get("kind", "")
    return _do(request, key, lambda load, by: acts.correct(load, corrections_in(load, request.POST), kind=kind, by=by))


@asks_for("load.send")
@require_POST
def edit(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """Takes what was typed into cells on the page, and validates the rows again."""
    return _do(
        request, key,
        lambda load, by: acts.edit_load(load, edits_in(load, request.POST, partial(texts_of, load)), by=by),
    )  # fmt: skip


ACTS: dict[str, Callable[..., Load]] = {
    "apply": acts.apply_load,
    "undo": acts.undo_load,
    "cancel": acts.cancel_load,
    "retry": acts.retry_load,
}


@asks_for("load.send")
@require_POST
def act(request: SignedInRequest, key: uuid.UUID, act: str) -> HttpResponse:
    """Goes on with the load; `confirmed` says that its doubtful rows were looked at."""
    more = {"confirmed": True} if act == "apply" and request.POST.get("confirmed") else {}
    return _do(request, key, lambda load, by: ACTS[act](load, by=by, **more))


def _do(request: SignedInRequest, key: uuid.UUID, do: Callable[[Load, Any], Load]) -> HttpResponse:
    load = load_or_404(request, key)
    try:
        do(load, request.user)
    except Refused as refusal:
        return _page(request, load_or_404(request, key), refusal)
    return redirect(load)


@asks_for("load.send")
@require_safe
def refused(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """The refused rows as a workbook, for their sender alone: it holds what the sender typed, telephones included."""
    load = load_or_404(request, key)
    if load.by_id != request.user.pk or not load.refused or load.is_working:
        raise Http404
    return _workbook(refused_workbook(load), f"refused-{load.key}")


@asks_for("load.send")
@require_safe
def load_template(request: SignedInRequest, kind: str) -> HttpResponse:
    """A workbook to fill in, empty or with what the registry holds."""
    township, filled = request.GET.get("township", ""), bool(request.GET.get("filled"))
    codes = {code for code, _name in townships_for(request.user)} | {""}
    if kind not in kinds_for(request.user) or township not in codes:
        raise Http404
    return _workbook(template(kind, request.user, township, filled), f"{kind}-{township or 'template'}")


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["Cache-Control"] = "private, no-store"
    return response
