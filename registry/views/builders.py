"""The pages on which the district builds belts, zones and study routes."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from registry.access.requests import SignedInRequest
from registry.access.scope import read_box
from registry.fields.outlines import MOST_BYTES
from registry.models import Area, DemonstrationPoint
from registry.models.base import in_area_q
from registry.text.refusals import Refused

from .access import asks_for
from .builder_kinds import BUILDERS, Builder
from .paging import page_within
from .tables import part_for

RIGHT = "grouping.build"
TEMPLATE = "registry/builders/build.html"
PLACES_SHOWN = 2000  # sites on the map of a builder


@asks_for(RIGHT)
def build_list(request: SignedInRequest, kind: str) -> HttpResponse:
    """The belts, zones or routes the account may build."""
    builder, today = BUILDERS[kind], timezone.localdate()
    page = page_within(builder.listed(request.user, today).order_by("code"), request.GET)
    records = [(row, builder.stage_of(row, today)) for row in page]
    context = {"builder": builder, "records": records, "page": page, "today": today}
    return render(request, "registry/builders/list.html", context)


@asks_for(RIGHT)
def build(request: SignedInRequest, kind: str, code: str = "") -> HttpResponse:
    """Builds a new one or changes one. Each button but saving only changes what lies on the page."""
    today = timezone.localdate()
    builder = BUILDERS[kind](_record(request, kind, code, today), request.user, today)
    command = request.POST.get("do", "")
    if request.method != "POST":
        builder.open()
    else:
        builder.read(_with_file(request), is_checked=command == "save")
    if command == "save":
        return _save(request, builder)
    if command == "take":
        builder.chosen.take(builder.inside, today)
    elif command:
        builder.chosen.act(command, today)
    return _page(request, builder)


def _record(request: SignedInRequest, kind: str, code: str, today: Any) -> Any:
    if not code:
        return BUILDERS[kind].model()
    record = BUILDERS[kind].listed(request.user, today).filter(code=code).first()
    if record is None:
        raise Http404
    return record


def _with_file(request: HttpRequest) -> QueryDict:
    """What was typed; an outline that was sent as a file becomes its text, so that it stays on the page."""
    file = request.FILES.get("outline_file")
    if file is None:
        return request.POST
    typed = request.POST.copy()
    typed["outline_text"] = file.read(MOST_BYTES + 1).decode("utf-8-sig", errors="replace")
    return typed


def _save(request: SignedInRequest, builder: Builder) -> HttpResponse:
    members = builder.check()
    if members is None:
        return _page(request, builder, status=400)
    try:
        saved = builder.save(members)
    except ValidationError as error:
        builder.form.add_error(None, error)
        return _page(request, builder, status=400)
    except Refused as refusal:
        builder.put_beside(refusal)
        return _page(request, builder, status=409)
    messages.success(request, _("“%(name)s” was saved.") % {"name": saved})
    return redirect(f"desk-{builder.kind}-edit", saved.code)


def _page(request: SignedInRequest, builder: Builder, status: int = 200) -> HttpResponse:
    matches, count = builder.search.matches(request.user, builder.today)
    record = None if builder.record._state.adding else builder.record
    own = f"desk-{builder.kind}"
    context = {
        "builder": builder,
        "record": record,
        "fields": builder.fields,
        "rows": builder.rows,
        "inside": builder.inside,
        "verdict": builder.verdict,
        "action": reverse(f"{own}-edit", args=[record.code]) if record else reverse(f"{own}-new"),
        "matches": matches,
        "more": count - len(matches),
        "chosen": builder.chosen.keys(builder.today),
        "townships": Area.objects.public()
        .townships(builder.today)
        .filter(in_area_q(request.user.write_prefix, "code")),
    }
    response = render(request, part_for(request, TEMPLATE, "work"), context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


@asks_for(RIGHT)
def places(request: SignedInRequest) -> HttpResponse:
    """The named sites with a position in a box (`bbox`), for the map of a builder: key, name, latitude, longitude,
    whether premium; and whether there are more than these."""
    today = timezone.localdate()
    rows = (
        DemonstrationPoint.objects.visible_to(request.user)
        .named(today)
        .with_position(read_box(request.GET.get("bbox", "")))
    )
    sites = list(rows.order_by("area_id", "code")[: PLACES_SHOWN + 1])
    points = []
    point: Any
    for point in sites[:PLACES_SHOWN]:
        lng, lat = point.position
        points.append([f"point:{point.code}", point.name, round(lat, 6), round(lng, 6), point.grade == "premium"])
    return JsonResponse({"places": points, "has_more": len(sites) > PLACES_SHOWN})
