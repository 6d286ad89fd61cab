"""Bookings of teaching sites by groups, and the monthly capacity of a site."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import IN_FORCE, Record, ScopedManager, ScopedQuerySet, ends_after_start, in_choices


class BookingState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("a booking", "Asked for")
    CONFIRMED = "confirmed", pgettext_lazy("a booking", "Confirmed")
    REFUSED = "refused", pgettext_lazy("a booking", "Refused")
    CANCELLED = "cancelled", pgettext_lazy("a booking", "Cancelled")
    HELD = "held", pgettext_lazy("a booking", "Held")


OPEN = (BookingState.ASKED, BookingState.CONFIRMED)
TAKING = (BookingState.CONFIRMED, BookingState.HELD)  # states that take places of a month
GIVEN_UP = (BookingState.REFUSED, BookingState.CANCELLED)


class AtSite(Record):
    """A row of a teaching site; its area is the area of the site."""

    site = models.ForeignKey("registry.TeachingSite", models.PROTECT, verbose_name=_("teaching site"))

    class Meta(Record.Meta):
        abstract = True

    @property
    def area_id(self) -> str:
        return self.site.area_id


class CapacityQuerySet(ScopedQuerySet):
    area_path = "site__area_id"


class SiteCapacity(AtSite):
    """The number of people a site can take per month, from a day on. A site may have none."""

    goes_with = ("site",)

    people = models.PositiveIntegerField(_("people a month"))
    valid_from = models.DateField(_("holds from"))
    valid_to = models.DateField(_("holds until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(CapacityQuerySet)()

    class Meta(AtSite.Meta):
        verbose_name = _("capacity of a site")
        verbose_name_plural = _("capacities of sites")
        constraints = [
            *AtSite.Meta.constraints,
            ends_after_start("valid_from", "valid_to", "capacity_ends_after_start"),
            models.UniqueConstraint(
                fields=["site", "valid_from"],
                condition=IN_FORCE,
                name="capacity_once_a_day",
                violation_error_message=_("The site has a capacity from this day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.people}"


class BookingQuerySet(ScopedQuerySet):
    area_path = "site__area_id"

    def public_rows(self) -> Q:
        return Q(pk__in=[])

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def taking(self) -> Self:
        return self.filter(state__in=TAKING)


class Booking(AtSite):
    """A group's booking of a site on a day. Internal; the public sees the number of free places."""

    goes_with = ("visit",)

    booked_for = models.DateField(_("date"))
    visitor = models.CharField(_("visitors"), max_length=80)
    headcount = models.PositiveIntegerField(_("people"))
    topic = models.CharField(_("topic"), max_length=120, blank=True)
    contact = models.CharField(_("contact"), max_length=40, blank=True)
    phone = models.CharField(_("telephone"), max_length=20, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=BookingState, default=BookingState.ASKED)
    visit = models.OneToOneField(
        "registry.Visit", models.PROTECT, null=True, blank=True, related_name="booking", verbose_name=_("visit")
    )

    objects: ClassVar = ScopedManager.from_queryset(BookingQuerySet)()

    class Meta(AtSite.Meta):
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["booked_for", "code"]
        constraints = [
            *AtSite.Meta.constraints,
            in_choices("state", BookingState, "booking_state_known"),
            models.CheckConstraint(
                condition=Q(headcount__gte=1),
                name="booking_has_people",
                violation_error_message=_("A group has at least one person."),
            ),
            models.CheckConstraint(
                condition=Q(state=BookingState.HELD, visit__isnull=False)
                | (~Q(state=BookingState.HELD) & Q(visit__isnull=True)),
                name="booking_held_is_a_visit",
                violation_error_message=_("A booking that was held is a visit, and no other is."),
            ),
        ]

    @property
    def given_up(self) -> str:
        """How it was cancelled; empty if it was not. A repeated request for the same day is another booking."""
        return self.state if self.state in GIVEN_UP else ""

    def __str__(self) -> str:
        return f"{self.booked_for} {self.visitor}"

    def get_absolute_url(self) -> str:
        return reverse("booking", args=[self.code])
