"""Teaching sites in the API: their capacity, their free places, and their bookings."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.http import Http404
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import models as m
from registry.access.permissions import may
from registry.access.scope import Scope
from registry.actions import bookings as acts
from registry.api.actions import actions_on, needs
from registry.api.inputs import TextInput, day, filled
from registry.api.read_views import DetailView, ListView
from registry.overviews.capacity import free_places
from registry.text.validators import line, phone, whole

from .base import ApiView
from .resources import Resource


class ForTheDesk:
    """Shows an account without the permission only the public rows."""

    resource: Resource

    def scope(self, request: Request) -> Scope:
        scope = super().scope(request)  # type: ignore[misc]
        return scope if may(request.user, self.resource.right) else replace(scope, viewer=None)


class BookingList(ForTheDesk, ListView):
    pass


class BookingDetail(ForTheDesk, DetailView):
    pass


class MonthSerializer(serializers.Serializer):
    """A month of a teaching site with a declared capacity."""

    month = serializers.CharField(help_text=_("Such as 2026-03."))
    people = serializers.IntegerField()
    left = serializers.IntegerField()


class PlacesSerializer(serializers.Serializer):
    results = MonthSerializer(many=True)


class PlacesView(ApiView):
    accepted = ("format",)

    @extend_schema(operation_id="teaching_sites_places", responses=PlacesSerializer)
    def get(self, request: Request, code: str) -> Response:
        """Free places for groups in the coming months; empty if the site has no declared capacity."""
        site = m.TeachingSite.objects.visible_to(request.user).filter(code=code).first()
        if site is None:
            raise Http404
        months = free_places(site, localdate())
        rows = [{"month": f"{month.first:%Y-%m}", "people": month.capacity, "left": month.left} for month in months]
        return Response({"results": rows})


def serialize_booking(booking: m.Booking) -> dict[str, Any]:
    return {
        "code": booking.code,
        "site": booking.site.code,
        "booked_for": booking.booked_for.isoformat(),
        "headcount": booking.headcount,
        "state": booking.state,
        "visit": booking.visit.code if booking.visit else None,
        "version": booking.version,
    }


def serialize_teaching_site(site: m.TeachingSite) -> dict[str, Any]:
    return {"code": site.code, "name": site.name, "version": site.version}


def bookings_for(user: Any) -> Any:
    rows = m.Booking.objects.visible_to(user if may(user, acts.RIGHT) else None)
    return rows.select_related("site__area", "visit")


def sites_for(user: Any) -> Any:
    return m.TeachingSite.objects.visible_to(user).select_related("area")


PEOPLE = TextInput(whole(1, 100_000), required=True)
WHY = TextInput(line(200, least=2), required=True)
SITES = actions_on("teaching-sites", sites_for, serialize_teaching_site)
SITES.add(
    "book", _("Book the site for a group"), acts.ask, needs(acts.RIGHT),
    booked_for=TextInput(filled(day), required=True), visitor=TextInput(line(80, least=2), required=True),
    headcount=PEOPLE, topic=TextInput(line(120)), contact=TextInput(line(40)), phone=TextInput(phone),
    serialize_result=serialize_booking,
)  # fmt: skip
BOOKINGS = actions_on("bookings", bookings_for, serialize_booking)
BOOKINGS.add("confirm", _("Confirm the booking"), acts.confirm, partial(acts.refusals_to, "confirm"))
BOOKINGS.add("hold", _("Record who came"), acts.hold, partial(acts.refusals_to, "hold"), headcount=PEOPLE)
BOOKINGS.add("refuse", _("Refuse the booking"), acts.refuse, partial(acts.refusals_to, "refuse"), reason=WHY)
BOOKINGS.add("cancel", _("Cancel the booking"), acts.cancel, partial(acts.refusals_to, "cancel"), reason=WHY)
