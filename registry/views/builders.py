"""The pages on which the district builds belts, zones and study routes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.requests import SignedInRequest
from registry.actions.groupings import (
    Member,
    memberships_of,
    place_of,
    refusals_to_save_grouping,
    save_grouping,
)
from registry.actions.routes import PlannedStop, refusals_to_save_route, save_route, stops_of
from registry.fields.outlines import MOST_BYTES, points_inside
from registry.forms import BeltForm, BuilderForm, RouteForm, ZoneForm
from registry.models import PLACES, Area, Belt, DemonstrationPoint, StudyRoute, Zone, timetable, verdict_over
from registry.models.base import in_area_q
from registry.overviews.member_selection import MemberSelection, Search, SelectedPoint
from registry.text.refusals import Refused
from registry.text.validators import Invalid

from .access import asks_for
from .tables import part_for

RIGHT = "grouping.build"
TEMPLATE = "registry/builders/build.html"


@dataclass(frozen=True)
class Builder:
    """What one of the three builders works on, and which places it may hold."""

    kind: str
    model: Any
    form: type[BuilderForm]
    places: tuple[str, ...]
    title: str | Promise
    new: str | Promise

    @property
    def is_dated(self) -> bool:
        """Whether what it holds belongs to it from one day to another."""
        return self.model is not StudyRoute


BUILDERS: dict[str, Builder] = {
    builder.kind: builder
    for builder in (
        Builder("belts", Belt, BeltForm, ("point",), gettext_lazy("Build belts"), gettext_lazy("New belt")),
        Builder("zones", Zone, ZoneForm, ("point", "belt"), gettext_lazy("Build zones"), gettext_lazy("New zone")),
        Builder("routes", StudyRoute, RouteForm, PLACES, gettext_lazy("Build routes"), gettext_lazy("New route")),
    )
}


@dataclass
class Work:
    """What lies on the page: the form, the places chosen, what is searched for, and what stands in the way."""

    builder: Builder
    record: Any
    form: BuilderForm
    chosen: MemberSelection
    search: Search
    today: date
    refusals: list[Refused] = field(default_factory=list)
    stale: Refused | None = None
    theirs: Any = None

    @property
    def problems(self) -> list[tuple[str, str, Any]]:
        """What stands in the way beside the form's own errors: the place on the page, no label, the words."""
        wrong = [(f"row-{row.number}", "", row.problem) for row in self.chosen.rows if row.problem]
        return [("chosen", "", refusal) for refusal in self.refusals] + wrong


@asks_for(RIGHT)
def build_list(request: SignedInRequest, kind: str) -> HttpResponse:
    """The belts, zones or routes the account may build."""
    builder, today = BUILDERS[kind], timezone.localdate()
    rows = builder.model.objects.visible_to(request.user).filter(in_area_q(request.user.write_prefix)).order_by("code")
    if builder.model is Belt:
        rows = rows.with_point_counts(today)
    context = {"builder": builder, "records": [(row, _stage(row, today)) for row in rows], "today": today}
    return render(request, "registry/builders/list.html", context)


def _stage(record: Any, today: date) -> str:
    if isinstance(record, StudyRoute):
        return _("Closed") if record.closed_on and record.closed_on <= today else _("In use")
    return record.stage(today).label


@asks_for(RIGHT)
def build(request: SignedInRequest, kind: str, code: str = "") -> HttpResponse:
    """Builds a new one or changes one. Each button but saving only changes what lies on the page."""
    builder, today = BUILDERS[kind], timezone.localdate()
    record = _record(request, builder, code)
    if request.method != "POST":
        form = builder.form(instance=record, viewer=request.user)
        chosen = _stored(builder, record, request.user, today)
        return _page(request, Work(builder, record, form, chosen, Search(builder.places[0]), today))
    chosen = MemberSelection.typed_in(request.POST, builder.places, request.user)
    search = Search.typed_in(request.POST, builder.places)
    typed = _with_file(request)
    if request.POST.get("do") == "save":
        form = builder.form(typed, instance=record, viewer=request.user)
        return _save(request, Work(builder, record, form, chosen, search, today))
    form = builder.form(initial=typed.dict(), instance=record, viewer=request.user)
    work = Work(builder, record, form, chosen, search, today)
    command = request.POST.get("do", "")
    if command == "take":
        chosen.take(_inside(work)[0], today)
    else:
        chosen.act(command, today)
    return _page(request, work)


def _with_file(request: HttpRequest) -> QueryDict:
    """What was typed; an outline that was sent as a file becomes its text, so that it stays on the page."""
    file = request.FILES.get("outline_file")
    if file is None:
        return request.POST
    typed = request.POST.copy()
    typed["outline_text"] = file.read(MOST_BYTES + 1).decode("utf-8-sig", errors="replace")
    return typed


def _record(request: SignedInRequest, builder: Builder, code: str) -> Any:
    if not code:
        return builder.model()
    rows = builder.model.objects.visible_to(request.user).filter(in_area_q(request.user.write_prefix))
    record = rows.filter(code=code).first()
    if record is None:
        raise Http404
    return record


def _stored(builder: Builder, record: Any, viewer: Any, today: date) -> MemberSelection:
    """What the record holds: members that have not left, or stops."""
    chosen = MemberSelection(builder.places, viewer)
    if not builder.is_dated:
        for stop in stops_of(record):
            chosen.add(stop.place, minutes=_text(stop.minutes), travel=_text(stop.travel_minutes))
        return chosen
    for membership in memberships_of(record):
        if membership.valid_to is None or membership.valid_to > today:
            days = {"since": _text(membership.valid_from), "until": _text(membership.valid_to)}
            chosen.add(place_of(membership), **days)
            chosen.rows[-1].stored_pk = membership.pk
    return chosen


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _read(work: Work, build: Callable[[SelectedPoint], Any]) -> list[Any]:
    """The chosen rows as the act wants them; a row that cannot be read is left out and says why."""
    records = []
    for row in work.chosen.rows:
        try:
            records.append(build(row))
        except Invalid as invalid:
            row.problem = str(invalid)
    return records


def _members(work: Work) -> list[Any]:
    if work.builder.is_dated:
        return _read(work, lambda row: Member(row.place, row.day("since"), row.day("until"), row.stored_pk))
    return _read(work, lambda row: PlannedStop(row.kind, row.place, row.minutes("minutes"), row.minutes("travel")))


def _refusals(work: Work, members: list[Any]) -> None:
    """Puts each reason that would refuse the saving beside its row, or above the form."""
    readable = [row for row in work.chosen.rows if not row.problem]
    refusals_of = refusals_to_save_grouping if work.builder.is_dated else refusals_to_save_route
    for refusal in refusals_of(work.record, members):
        if "row" in refusal.details:
            readable[refusal.details["row"]].problem = str(refusal)
        else:
            work.refusals.append(refusal)


def _save(request: SignedInRequest, work: Work) -> HttpResponse:
    members = _members(work)
    is_valid = work.form.is_valid()
    _refusals(work, members)
    if not is_valid or work.refusals or work.chosen.has_problem:
        return _page(request, work, status=400)
    names = {"members": members} if work.builder.is_dated else {"stops": members}
    act: Callable[..., Any] = save_grouping if work.builder.is_dated else save_route
    try:
        saved = act(work.form.opened, by=request.user, key=work.form.cleaned_data["key"], **names)
    except ValidationError as error:
        work.form.add_error(None, error)
        return _page(request, work, status=400)
    except Refused as refusal:
        return _clash(request, work, refusal)
    messages.success(request, _("“%(name)s” was saved.") % {"name": saved})
    return redirect(f"desk-{work.builder.kind}-edit", saved.code)


def _clash(request: SignedInRequest, work: Work, refusal: Refused) -> HttpResponse:
    """Somebody else saved it meanwhile: everything typed stays, what they saved stands beside it, and saving again
    writes over theirs knowingly."""
    work.stale = refusal
    rows = work.builder.model.objects.visible_to(request.user)
    code = refusal.details.get("code") or work.record.code  # of a new one: the same form was sent before
    work.theirs = rows.filter(code=code).first() if refusal.code == "stale" else None
    if work.theirs:
        typed: Any = work.form.data
        typed = typed.copy()
        typed["version"] = str(work.theirs.version)
        work.form.data = typed
        work.record = work.theirs
    return _page(request, work, status=409)


def _page(request: SignedInRequest, work: Work, status: int = 200) -> HttpResponse:
    builder = work.builder
    matches, count = work.search.matches(request.user, work.today)
    inside, invalid = _inside(work)
    is_new = work.record._state.adding
    context = {
        "builder": builder,
        "work": work,
        "record": None if is_new else work.record,
        "action": reverse(f"desk-{builder.kind}-new")
        if is_new
        else reverse(f"desk-{builder.kind}-edit", args=[work.record.code]),
        "fields": _fields(work),
        "rows": _rows(work),
        "theirs_rows": _their_rows(work),
        "theirs_outline": _their_outline(work),
        "chosen": work.chosen.keys(work.today),
        "matches": matches,
        "more": count - len(matches),
        "townships": Area.objects.public().townships(work.today).filter(in_area_q(request.user.write_prefix, "code")),
        "verdict": _verdict(work),
        "former": _former(work),
        "inside": inside,
        "outline_said": invalid,
        "map": _map(request, work, invalid),
    }
    response = render(request, part_for(request, TEMPLATE, "work"), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _fields(work: Work) -> list[dict[str, Any]]:
    """The fields with what somebody else saved meanwhile, where that differs."""
    stored = work.builder.form(instance=work.theirs, viewer=work.form.viewer) if work.theirs else None
    rows = []
    for bound in work.form.input_fields:
        theirs = ""
        if stored is not None and _text(stored[bound.name].value()) != _text(bound.value()):
            value = stored[bound.name].value()
            choices = dict(getattr(bound.field, "choices", ()))
            theirs = str(choices.get(value, value) or "—")
        rows.append({"field": bound, "theirs": theirs})
    return rows


def _their_rows(work: Work) -> list[str]:
    """Who belongs to the record as somebody else saved it, if that differs from what is chosen here."""
    if work.theirs is None:
        return []
    stored = _stored(work.builder, work.theirs, work.form.viewer, work.today).rows
    theirs, mine = ([(row.key, row.typed) for row in rows] for rows in (stored, work.chosen.rows))
    return [] if theirs == mine else [str(row.place) for row in stored] or ["—"]


def _their_outline(work: Work) -> str:
    """The outline somebody else saved, if it differs."""
    if work.theirs is None or work.builder.model is not Zone:
        return ""
    drawn = work.form.drawn[0]  # type: ignore[attr-defined]
    if work.theirs.outline == (drawn and drawn.geometry):
        return ""
    return json.dumps(work.theirs.outline) if work.theirs.outline else "—"


def _rows(work: Work) -> list[dict[str, Any]]:
    """The chosen rows with what is known of each: whether it counts in a belt, when a route reaches it."""
    rows = work.chosen.rows
    if work.builder.model is Belt:
        stops = {stop.point.pk: stop for stop in verdict_over([row.place for row in rows], work.today).stops}
        return [{"row": row, "stop": stops[row.place.pk], "is_on": row.is_on(work.today)} for row in rows]
    if work.builder.is_dated:
        return [{"row": row, "is_on": row.is_on(work.today)} for row in rows]
    times = timetable(_start(work), [_planned(row) for row in rows])
    return [{"row": row, "timed": timed, "is_on": True} for row, timed in zip(rows, times, strict=True)]


def _planned(row: SelectedPoint) -> PlannedStop:
    try:
        return PlannedStop(row.kind, row.place, row.minutes("minutes"), row.minutes("travel"))
    except Invalid:
        return PlannedStop(row.kind, row.place)


def _start(work: Work) -> Any:
    """The time a route sets out, as far as it can be read."""
    try:
        return work.form.fields["start_time"].clean(work.form["start_time"].value())
    except ValidationError:
        return None


def _verdict(work: Work) -> Any:
    if work.builder.model is not Belt:
        return None
    return verdict_over([row.place for row in work.chosen.on(work.today)], work.today)


def _former(work: Work) -> list[Any]:
    """Members that left."""
    if not work.builder.is_dated:
        return []
    return [
        membership
        for membership in memberships_of(work.record)
        if membership.valid_to and membership.valid_to <= work.today
    ]


def _inside(work: Work) -> tuple[list[str], Invalid | None]:
    """Keys of the sites that lie in a zone's outline and are not chosen yet; and what is wrong with the outline."""
    if work.builder.model is not Zone:
        return [], None
    outline, invalid = work.form.drawn  # type: ignore[attr-defined]
    if outline is None:
        return [], invalid
    named = DemonstrationPoint.objects.visible_to(work.form.viewer).named(work.today).order_by("code")
    keys = [f"point:{point.code}" for point in points_inside(outline.geometry, list(named))]
    chosen = work.chosen.keys(work.today)
    return [key for key in keys if key not in chosen], None


def _map(request: SignedInRequest, work: Work, invalid: Invalid | None) -> dict[str, Any]:
    """What the map draws: the places one may tap, those chosen in order, the outline, and where it is broken."""
    details = invalid.details if invalid else {}
    outline = getattr(work.form, "drawn", (None, None))[0]
    return {
        "chosen": [row.key for row in work.chosen.on(work.today)],
        "outline": outline.geometry if outline else None,
        "fault": [details["lat"], details["lng"]] if details.get("lat") is not None else None,
    }


@asks_for(RIGHT)
def places(request: SignedInRequest) -> HttpResponse:
    """The named sites with a position, for the map of a builder: key, name, latitude, longitude, whether premium."""
    today = timezone.localdate()
    rows = DemonstrationPoint.objects.visible_to(request.user).named(today).filter(lng__isnull=False).order_by("code")
    points = []
    point: Any
    for point in rows:
        lng, lat = point.position
        points.append([f"point:{point.code}", point.name, round(lat, 6), round(lng, 6), point.grade == "premium"])
    return JsonResponse({"places": points})
