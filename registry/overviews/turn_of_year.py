"""What a new year takes over from the old one: each source lists the rows of last year, where they are adopted, and
what follows them already."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.access.permissions import may
from registry.models.base import valid_on


@dataclass(frozen=True)
class Candidate:
    """A row of the old year: `url` is its page, `following` that of what it became in the new one (empty if nothing),
    `adopt` the address that adopts it (empty if the account may not), by one click if `at_once`."""

    name: str
    detail: str = ""
    url: str = ""
    following: str = ""
    adopt: str = ""
    at_once: bool = False
    goes_on: bool = False

    @property
    def is_open(self) -> bool:
        return not self.following and not self.goes_on


@dataclass(frozen=True)
class Succession:
    """What the new year takes over of one kind; `note` says who adopts it, and how."""

    slug: str
    label: str | Promise
    note: str | Promise
    candidates: Callable[[int, Any], Iterable[Candidate]]


SUCCESSIONS: list[Succession] = []


def declare_successions(*successions: Succession) -> None:
    SUCCESSIONS.extend(successions)


def successions_of(year: int, viewer: Any) -> list[tuple[Succession, list[Candidate]]]:
    """For each kind the rows of `year` for the year after, those to be adopted first."""
    listed = [(succession, list(succession.candidates(year, viewer))) for succession in SUCCESSIONS]
    return [(succession, sorted(rows, key=lambda row: not row.is_open)) for succession, rows in listed]


def form_address(model: Any, viewer: Any, **values: Any) -> str:
    """The form that adds a row of `model`, filled in with `values`; empty if the account may not add one."""
    if not may(viewer, "record.add"):
        return ""
    filled = urlencode({name: value for name, value in values.items() if value not in (None, "")})
    return f"{reverse(f'admin:{model._meta.app_label}_{model._meta.model_name}_add')}?{filled}"


def _funds(year: int, viewer: Any) -> Iterable[Candidate]:
    rows = m.Fund.objects.visible_to(viewer).select_related("area")
    same = rows.filter(
        year=year + 1, category=OuterRef("category"), level=OuterRef("level"), area=OuterRef("area"),
        purpose=OuterRef("purpose"),
    )  # fmt: skip
    for fund in rows.filter(year=year, out_of=None).annotate(is_followed=Exists(same)).order_by("area_id", "code"):
        yield Candidate(
            f"{fund.area} · {fund.get_category_display()} {fund.purpose}",
            f"{fund.amount_yuan.normalize():,f}",
            reverse("record", args=["funds", fund.code]),
            following=f"{reverse('records', args=['funds'])}?year={year + 1}" if fund.is_followed else "",
            adopt=form_address(
                m.Fund, viewer, year=year + 1, category=fund.category, level=fund.level, area=fund.area_id,
                purpose=fund.purpose, amount_yuan=fund.amount_yuan.normalize().__format__("f"),
            ),
        )  # fmt: skip


def _capacities(year: int, viewer: Any) -> Iterable[Candidate]:
    """Capacities in force at the end of the year, and whether the new year begins with one."""
    new_year = date(year + 1, 1, 1)
    rows = m.SiteCapacity.objects.visible_to(viewer).select_related("site")
    next_ones = rows.filter(valid_on(new_year), site=OuterRef("site"))
    for capacity in rows.filter(valid_on(date(year, 12, 31))).annotate(is_followed=Exists(next_ones)).order_by("code"):
        yield Candidate(
            str(capacity.site), str(capacity.people), reverse("record", args=["teaching-sites", capacity.site.code]),
            goes_on=capacity.is_followed,
            adopt=form_address(
                m.SiteCapacity, viewer, site=capacity.site_id, people=capacity.people, valid_from=new_year
            ),
        )  # fmt: skip


def _calendar_days(year: int, viewer: Any) -> Iterable[Candidate]:
    """The exceptions of the old year on the same dates of the new one; the names tell which holiday each belongs to."""
    days = m.CalendarDay.objects.public()
    known = set(days.filter(day__year=year + 1).values_list("day", flat=True))
    page = reverse("calendar-year", args=[year + 1]) if may(viewer, "rule.change") else ""
    for row in days.filter(day__year=year):
        if (row.day.month, row.day.day) == (2, 29):
            continue
        day = row.day.replace(year=year + 1)
        words = _("worked") if row.working else _("free")
        is_known = day in known
        yield Candidate(
            f"{row.day} {row.name}", str(words), goes_on=is_known, adopt=page,
        )  # fmt: skip


declare_successions(
    Succession("funds", _("Funds"), _("Opens the form with last year's values; put in the new amount."), _funds),
    Succession(
        "capacities", _("Capacities of teaching sites"), _("A capacity without an end goes on by itself."), _capacities
    ),
    Succession(
        "calendar-days",
        _("Working calendar"),
        _("The State Council announces the holidays of a year towards the end of the one before: set each to its day."),
        _calendar_days,
    ),
)
