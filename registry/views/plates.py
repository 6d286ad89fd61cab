"""The plate of a named site, ready to print, and the QR code of its public page."""

from io import BytesIO

import segno
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control

from registry.access.scope import read_scope
from registry.models import COUNTED, DemonstrationPoint


def public_address(request: HttpRequest, code: str) -> str:
    """The whole address of a site's public page, as somebody outside types it."""
    return request.build_absolute_uri(reverse("record", args=["points", code]))


def plate(request: HttpRequest, code: str) -> HttpResponse:
    """A4, landscape. Only a site that is named on the day has one."""
    scope = read_scope(request.GET, request.user)
    points = DemonstrationPoint.objects.visible_to(request.user).named(scope.as_of).with_naming()
    point = points.select_related("organisation", "area").filter(code=code).first()
    if point is None:
        raise Http404
    standing = next(period for period in point.periods.all() if period.holds_on(scope.as_of))
    naming = point.periods.filter(status__in=COUNTED).order_by("valid_from").first()
    context = {
        "scope": scope,
        "point": point,
        "standing": standing,
        "naming": naming,
        "address": public_address(request, code),
    }
    return render(request, "registry/plate.html", context)


@cache_control(public=True, max_age=86400)
def qr_code(request: HttpRequest, code: str) -> HttpResponse:
    """The QR code of the public page of a site that anybody may see."""
    if not DemonstrationPoint.objects.public().filter(code=code).exists():
        raise Http404
    image = BytesIO()
    segno.make(public_address(request, code), error="m", micro=False).save(image, kind="svg", scale=4, border=2)
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")
