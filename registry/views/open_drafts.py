"""The open drafts of an account on one page: what each lacks, their positions, and submitting all that are complete."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext

from registry.actions import draft_batch
from registry.fields.points import BY_NAME, CoordinateSource
from registry.models import CoordinateSystem, Draft, DraftState, Load
from registry.models.base import in_area_q
from registry.overviews.open_drafts import OpenDraft, doubts_by_code, draft_forms, positions_in, what_is_left
from registry.overviews.places import landmarks

from .access import asks_for
from .drafts import key_of
from .paging import RowPaginator


def open_drafts_of(user: Any, load: Load | None = None) -> Any:
    """The open drafts in the area the account writes in, or those of one load."""
    drafts = Draft.objects.visible_to(user).filter(in_area_q(user.write_prefix), state=DraftState.OPEN)
    if load is not None:
        drafts = drafts.filter(pk__in=load.drafts())
    return (
        drafts.select_related("point__unit", "point__organisation", "area").prefetch_related("remarks").order_by("pk")
    )


@asks_for("draft.write")
def open_drafts(request: HttpRequest) -> HttpResponse:
    """The list. What is typed in it is saved by both buttons; one of them submits what is complete."""
    load = Load.objects.visible_to(request.user).filter(key=key_of(request.GET.get("load", ""))).first()
    drafts = open_drafts_of(request.user, load)
    page = RowPaginator(drafts).get_page(request.GET.get("page"))
    if request.method != "POST":
        return _page(request, page, load)
    entries = _entries(page)
    positions, unread = positions_in(request.POST.get("positions", ""), entries)
    typed: dict[UUID, str] = {}
    for entry in entries:
        name = f"position-{entry.draft.key}"
        if request.POST.get(name, entry.position).strip() != entry.position:
            typed[entry.draft.key] = request.POST[name]
    system = request.POST.get("coordinate_system", "")
    system = system if system in CoordinateSystem.values else BY_NAME["coordinate_system"].default
    draft_batch.save_positions([entry.draft for entry in entries], positions | typed, system, by=request.user)
    if request.POST.get("act") == "submit" and not unread:
        names = [name for name in request.POST if name.startswith("reason-")]
        reasons = {name.removeprefix("reason-"): request.POST[name] for name in names}
        confirmed = bool(request.POST.get("confirmed"))
        result = draft_batch.submit_drafts(list(page), reasons=reasons, confirmed=confirmed, by=request.user)
        count = len(result.drafts)
        if count:
            text = ngettext("%(count)s site was submitted.", "%(count)s sites were submitted.", count)
            messages.success(request, text % {"count": count})
        if not result.refused:
            return redirect(request.get_full_path())
    return _page(request, RowPaginator(drafts.all()).get_page(page.number), load, unread=unread)


def _entries(page: Any) -> list[OpenDraft]:
    return [OpenDraft(form) for form in draft_forms(page)]


def _page(request: HttpRequest, page: Any, load: Load | None, *, unread: Any = ()) -> HttpResponse:
    entries = _entries(page)
    doubts = doubts_by_code(entries)
    first = entries[0].form if entries else None
    context = {
        "page": page,
        "load": load,
        "entries": entries,
        "left": what_is_left(entries),
        "lacks_position": bool(unread) or any(entry.form.position is None for entry in entries),
        "unconfirmed": [entry for entry in entries if entry.known],
        "doubts": [(code, each, request.POST.get(f"reason-{code}", "")) for code, each in doubts.items()],
        "others": landmarks(first) if first else {},
        "systems": CoordinateSource.choices,
        "system": request.POST.get("coordinate_system") or BY_NAME["coordinate_system"].default,
        "pasted": request.POST.get("positions", "") if unread else "",
        "problems": [("positions", "", text) for text in unread],
        "confirmed": bool(request.POST.get("confirmed")),
        "is_submitting": request.POST.get("act") == "submit",
    }
    return render(request, "registry/drafts/open.html", context, status=400 if unread else 200)
