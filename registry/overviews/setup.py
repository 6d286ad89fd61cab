"""The steps of setting a registry up, each with its state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry import models as m

Text = str | Promise


@dataclass(frozen=True)
class Step:
    """A step: what it does, how it is undone, whether it is done, and the page where it is done (a name of an
    address)."""

    slug: str
    label: Text
    does: Text
    undo: Text
    is_done: Callable[[], bool]
    page: str = ""

    @property
    def url(self) -> str:
        return reverse(self.page) if self.page else ""


def _any(rows: Any) -> bool:
    return rows.unscoped("whether there is any").exists()


def _has_second_factor() -> bool:
    administrators = m.User.objects.filter(role=m.Role.ADMIN, is_active=True)
    return administrators.filter(totpdevice__confirmed=True).exists() or settings.SECOND_FACTOR != "required"


def _townships_have_accounts() -> bool:
    townships = m.Area.objects.public().filter(level=m.AreaLevel.TOWNSHIP, code__startswith=m.district_area())
    clerks = m.User.objects.filter(role=m.Role.CLERK, is_active=True).values("write_prefix")
    return townships.exists() and not townships.exclude(code__in=clerks).exists()


def _somebody_checks() -> bool:
    """Whether the district has a reviewer, and each township a head: nobody decides on what they wrote themselves."""
    active = m.User.objects.filter(is_active=True)
    townships = m.Area.objects.public().filter(level=m.AreaLevel.TOWNSHIP, code__startswith=m.district_area())
    heads = active.filter(role=m.Role.HEAD).values("write_prefix")
    has_reviewer = active.filter(role=m.Role.REVIEWER).exists()
    return has_reviewer and townships.exists() and not townships.exclude(code__in=heads).exists()


def _confirmed() -> bool:
    """Whether the district took over the values that it was started with."""
    return _any(m.Parameter.objects) and not m.Parameter.objects.unconfirmed().exists()


def _standard_is_confirmed() -> bool:
    """Whether a standard is in force that the district took over. The assessment app builds on the registry, which
    therefore uses its name."""
    standards = apps.get_model("assessment", "Standard").objects.public().in_force(timezone.localdate())
    return standards.exclude(remark__contains=m.Parameter.TO_CONFIRM).exists()


STEPS = (
    Step(
        "district",
        _("District and names"),
        _("Names the registry on pages, plates, e-mails and documents; the codes of points begin with its prefix."),
        _("Change the names on this page at any time. Codes that were given stay."),
        lambda: m.current_district() is not None,
        "district",
    ),
    Step(
        "areas",
        _("Areas"),
        _("Townships, villages and communities, from the national list or the district's own file."),
        _("Until the first record is entered, start again in an empty database."),
        lambda: m.Area.objects.public().filter(level=m.AreaLevel.TOWNSHIP).exists(),
        "desk-areas",
    ),
    Step(
        "rules",
        _("Parameters and the ten items"),
        _("Targets, limits and deadlines, and a draft of the ten items that points are judged by: to be confirmed."),
        _("Give a rule a new value from a day; what it was before stays."),
        _confirmed,
        "rules",
    ),
    Step(
        "standards",
        _("The standard of points"),
        _("The draft of the ten items is looked at and confirmed, or a version of the district's own is put in force."),
        _("A new version from a day on; points that were judged before stay as they were judged."),
        _standard_is_confirmed,
        "standards",
    ),
    Step(
        "calendar",
        _("Working calendar"),
        _("Holidays, and weekend days that are worked: terms in working days are counted by them."),
        _("Change a day on its page, or mark it as entered in error."),
        lambda: m.CalendarDay.objects.public().filter(day__year=timezone.localdate().year).exists(),
        "calendar",
    ),
    Step(
        "map",
        _("Map"),
        _("Townships place themselves on the schematic map; the map of coordinates needs nothing."),
        _("Give a township another column and row."),
        lambda: m.Area.objects.public().filter(level=m.AreaLevel.TOWNSHIP).exists(),
        "map",
    ),
    Step(
        "administrator",
        _("First administrator with a second factor"),
        _("Whoever decides signs in with a password and a second factor."),
        _("Another administrator resets the second factor."),
        _has_second_factor,
        "account-factor",
    ),
    Step(
        "accounts",
        _("Accounts for the townships"),
        _("A clerk and a head for each township, with first passwords in one file."),
        _("Switch an account off; its work stays."),
        _townships_have_accounts,
        "accounts",
    ),
    Step(
        "reviewers",
        _("Reviewers and heads"),
        _("A reviewer of the district scores points, and the head of each township checks what its clerk wrote."),
        _("Switch an account off; its work stays."),
        _somebody_checks,
        "accounts",
    ),
    Step(
        "ledger",
        _("First ledger"),
        _("Load the district's list of points as it is kept, or register the first one."),
        _("A load is undone as a whole on its page."),
        lambda: _any(m.DemonstrationPoint.objects),
        "load-new",
    ),
    Step(
        "records",
        _("Organisations, units and the other ledgers"),
        _("Each kind of record by hand, by a spreadsheet, or by a program."),
        _("A record that never was true is marked as entered in error; one that is over gets an end."),
        lambda: _any(m.PartyOrganisation.objects) and _any(m.Unit.objects),
        "desk-records",
    ),
)
