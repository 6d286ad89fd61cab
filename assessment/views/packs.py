"""Inspection packs: on the desk, a site's proof and its links; and the page behind a link."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from assessment.actions import packs as acts
from assessment.models import InspectionPack, Standard
from registry.access.requests import SignedInRequest
from registry.models import DemonstrationPoint, Evidence
from registry.views.access import asks_for
from registry.views.photos import file_response


def _contents(point: DemonstrationPoint) -> dict:
    """The common content of both pages, without personal data."""
    today = timezone.localdate()
    items, others = acts.contents_of(point, today)
    return {
        "point": point,
        "standing": next((period for period in point.periods.all() if period.holds_on(today)), None),
        "standard": Standard.objects.public().in_force(today).first(),
        "items": items,
        "missing": [item.item for item in items if not item.proof],
        "others": others,
        "today": today,
    }


@asks_for(acts.MAKE)
def desk(request: SignedInRequest, code: str) -> HttpResponse:
    """A site's proof, missing items, and existing links."""
    rows = DemonstrationPoint.objects.visible_to(request.user).in_area(request.user.write_prefix)
    point = rows.select_related("organisation", "area").filter(code=code).first()
    if point is None:
        raise Http404
    if request.method == "POST":
        acts.make_pack(point, by=request.user)
        messages.success(request, _("The link was made. Copy it and hand it on."))
        return redirect("point-pack", point.code)
    packs = list(InspectionPack.objects.visible_to(request.user).filter(point=point).select_related("made_by"))
    links = [
        (pack, request.build_absolute_uri(reverse("pack", args=[acts.signed(pack)])), opened)
        for pack, opened in acts.openings_of(packs)
    ]
    today = timezone.localdate()
    context = _contents(point) | {"links": [(*link, link[0].holds_on(today)) for link in links]}
    return render(request, "assessment/packs/desk.html", context)


@asks_for(acts.MAKE)
@require_POST
def revoke(request: SignedInRequest, code: str) -> HttpResponse:
    rows = InspectionPack.objects.visible_to(request.user).in_area(request.user.write_prefix)
    pack = rows.select_related("point").filter(code=code).first()
    if pack is None:
        raise Http404
    acts.revoke_pack(pack, by=request.user)
    messages.success(request, _("The link was revoked: nobody can open it any more."))
    return redirect("point-pack", pack.point.code)


def _pack_or_404(code: str) -> InspectionPack:
    pack = acts.pack_behind(code)
    if pack is None:
        raise Http404
    return pack


@never_cache
@require_safe
def pack(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a link. Every opening is logged."""
    proof_pack = _pack_or_404(code)
    if not proof_pack.holds_on(timezone.localdate()):
        return render(request, "assessment/packs/over.html", {"pack": proof_pack}, status=410)
    acts.open_pack(proof_pack)
    answer = render(
        request, "assessment/packs/pack.html", _contents(proof_pack.point) | {"pack": proof_pack, "signed": code}
    )
    answer["X-Robots-Tag"] = "noindex"
    return answer


@never_cache
@require_safe
def pack_file(request: HttpRequest, code: str, file: str) -> HttpResponseBase:
    """A photo or document of the pack's site, while the link is valid."""
    proof_pack = _pack_or_404(code)
    documents = Evidence.objects.unscoped("who holds the link sees the site's proof").filter(point=proof_pack.point)
    evidence = documents.filter(code=file).first() if proof_pack.holds_on(timezone.localdate()) else None
    if evidence is None:
        raise Http404
    return file_response(evidence)
