"""Bookings of teaching sites and their monthly capacity. A file requests places and confirms them by the rules of the
pages; other changes of a booking are made on its page."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from registry.actions.bookings import ALLOWED, RIGHT, refusals_of_places, refusals_to_ask
from registry.loading.context import Context
from registry.loading.lookups import WHY
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.models import Booking, BookingState, SiteCapacity, TeachingSite
from registry.models.bookings import GIVEN_UP, OPEN, TAKING
from registry.overviews.capacity import Month, balance, months_from
from registry.text.refusals import Refused
from registry.text.validators import choice, line, phone, whole

from .shared import day_column, look_up, take_day

STATE_WORDS = {
    "待确认": "asked", "申请": "asked", "已确认": "confirmed", "确认": "confirmed", "已谢绝": "refused",
    "已取消": "cancelled", "取消": "cancelled", "已接待": "held",
}  # fmt: skip
SITE = SheetColumn(
    "site", "教学点", line(80), required=True, names="site",
    also=("教学点名称", "现场教学点", "教学观摩点", "预约地点"),
)  # fmt: skip
BOOKING_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SITE,
    day_column("booked_for", "预约日期", "预约时间", "预约参观日期", required=True),
    SheetColumn("visitor", "来访单位", line(80, least=2), required=True, also=("预约单位", "来访团组", "团队名称")),
    SheetColumn(
        "headcount", "预约人数", whole(1, 100_000, unit="人"), required=True, also=("预约人次", "人数"), numeric=True,
    ),
    SheetColumn("topic", "主题", line(120), also=("内容", "参观内容")),
    SheetColumn("contact", "联系人", line(40), personal=True),
    SheetColumn("phone", "联系电话", phone, also=("电话",), personal=True),
    SheetColumn(
        "state", "预约状态", choice(BookingState, STATE_WORDS), also=("状态",),
        words=("待确认", "已确认", "已谢绝", "已取消", "已接待"),
        hint=_("A file asks and confirms; what else becomes of a booking is entered on its page."),
    ),
    REMARK,
)  # fmt: skip
CAPACITY_COLUMNS = (
    ROW_NUMBER,
    CODE,
    SITE,
    SheetColumn(
        "people", "每月接待人次", whole(0, 1_000_000, unit="人次"), required=True, numeric=True,
        also=("月接待人次", "每月可接待人次", "月接待能力", "接待能力", "每月接待人数"),
    ),
    day_column("valid_from", "起始日期", "生效日期", "自何时起", required=True),
    day_column("valid_to", "终止日期", "截止日期", "至何时止"),
    REMARK,
)  # fmt: skip


def _take_site(row: SheetRow, context: Context) -> None:
    row.values["at"] = look_up(row, context, "site", "site")


def area_of_site(row: SheetRow) -> str:
    site = row.values.get("at")
    return site.area_id if site else ""


def resolve_booking(row: SheetRow, context: Context) -> None:
    """A booking is identified by its site, its day and its visitors; a cancelled one only if the row is cancelled
    too."""
    row.attributes["given_up"] = row.values["state"] if row.values.get("state") in GIVEN_UP else ""
    _take_site(row, context)
    day = take_day(row, "booked_for", context)
    row.title = f"{day or ''} {row.values.get('visitor') or ''}".strip()


def resolve_capacity(row: SheetRow, context: Context) -> None:
    """A capacity is identified by its site and its first day."""
    _take_site(row, context)
    day = take_day(row, "valid_from", context)
    take_day(row, "valid_to", context)
    row.title = f"{day or ''} {row.values.get('site') or ''}".strip()


Sites = dict[int, TeachingSite]
Months = dict[tuple[int, date], Month]


def prepare_sites(rows: list[SheetRow], context: Context) -> Sites:
    """Reads the sites of the rows. While bookings are written, the sites are locked, so that nobody else takes the same
    places."""
    keys = {key for row in rows if (key := row.attributes.get("site_id"))}
    keys |= {row.record.site_id for row in rows if row.record}
    sites = context.locked(TeachingSite.objects.unscoped(WHY).filter(pk__in=keys).order_by("pk"))
    by_key = {site.pk: site for site in sites}
    for row in rows:
        if row.record:
            row.record.site = by_key[row.record.site_id]
    return by_key


def prepare_bookings(rows: list[SheetRow], context: Context) -> tuple[Sites, Months]:
    """The sites, and the months of the bookings with their places, which are counted down row by row."""
    sites = prepare_sites(rows, context)
    for row in rows:
        del row.attributes["given_up"]  # it was only needed to identify the booking
    days: set[date] = {day for row in rows if (day := row.attributes.get("booked_for"))}
    days |= {row.record.booked_for for row in rows if row.record}
    if not days:
        return sites, {}
    first, last = min(days), max(days)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return sites, {(month.site.pk, month.first): month for month in balance(sites.values(), first, count)}


def keep_site(row: SheetRow, context: Context, sites: Sites) -> None:
    """The record gets its site, and with it the area."""
    record: Any = row.main.record
    record.site = sites[record.site_id]


def keep_rules(row: SheetRow, context: Context, stored: tuple[Sites, Months]) -> None:
    """The checks of the form also apply to a row."""
    sites, months = stored
    keep_site(row, context, sites)
    if not row.main.does_something:
        return
    for name, refusal in _refusals(row, context, sites):
        row.refuse(name, refusal.code, **refusal.details)
    if not row.is_refused:
        _take_places(row, months)


def _now(row: SheetRow, name: str) -> Any:
    """The booking's value as it would be after the row."""
    return row.main.changes.get(name, (None, getattr(row.main.record, name)))[1]


def _refusals(row: SheetRow, context: Context, sites: Sites) -> Iterator[tuple[str, Refused]]:
    booking: Any = row.main.record
    if not row.main.is_new and booking.state not in OPEN:
        yield "state", Refused("booking_moved_on", state=BookingState(booking.state).label)
        return
    site, day, state = sites[_now(row, "site_id")], _now(row, "booked_for"), _now(row, "state")
    if row.main.is_new or {"site_id", "booked_for"} & row.main.changes.keys():
        names = {"booking_past": "booked_for", "booking_closed": "site"}
        for refusal in refusals_to_ask(site, booked_for=day, by=context.by):
            yield names.get(refusal.code, ""), refusal
    confirms = state == BookingState.CONFIRMED and (row.main.is_new or booking.state in ALLOWED["confirm"])
    if not confirms and state != (BookingState.ASKED if row.main.is_new else booking.state):
        yield "state", Refused("booking_on_page", state=BookingState(state).label)


def _take_places(row: SheetRow, months: Months) -> None:
    """Each row of a file sees only the places that the rows before it left."""
    booking: Any = row.main.record
    has_places = not row.main.is_new and booking.state in TAKING
    if has_places:
        _book(months, booking.site_id, booking.booked_for, -booking.headcount)
    if _now(row, "state") not in TAKING:
        return
    site, day, people = (_now(row, name) for name in ("site_id", "booked_for", "headcount"))
    for refusal in refusals_of_places(months[site, months_from(day, 1)[0]], people):
        row.refuse("headcount", refusal.code, **refusal.details)
    if not row.is_refused:
        _book(months, site, day, people)
    elif has_places:
        _book(months, booking.site_id, booking.booked_for, booking.headcount)


def _book(months: Months, site: int, day: Any, people: int) -> None:
    key = (site, months_from(day, 1)[0])
    months[key] = replace(months[key], booked=months[key].booked + people)


def _named(rows: QuerySet) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each record and the name of its site in a sheet; the code if two sites have the same name."""
    rows = rows.select_related("site")
    names = Counter(site.name for site in {row.site.pk: row.site for row in rows}.values())
    for row in rows:
        site = row.site.name if names[row.site.name] == 1 else row.site.code
        yield row, {"code": row.code, "site": site, "remark": row.remark}


def prefill_bookings(rows: QuerySet) -> Iterator[dict[str, Any]]:
    """Contact names and telephones are left out of files."""
    for booking, named in _named(rows):
        yield named | {
            name: getattr(booking, name) for name in ("booked_for", "visitor", "headcount", "topic", "state")
        }


def prefill_capacities(rows: QuerySet) -> Iterator[dict[str, Any]]:
    for capacity, named in _named(rows):
        yield named | {name: getattr(capacity, name) for name in ("people", "valid_from", "valid_to")}


register(
    SheetType(
        "booking", _("Bookings of groups"), Booking, BOOKING_COLUMNS,
        ("site_id", "booked_for", "visitor", "given_up"), resolve_booking, blanks=("given_up",),
        prefix=lambda row: f"BK-{row.attributes['booked_for'].year}-", prepare=prepare_bookings,
        parts=keep_rules, right=RIGHT, by_clerks=True, prefill=prefill_bookings, area_of=area_of_site,
        naming=("site", "booked_for"), called=("预约",), codes="BK-",
    ),
    SheetType(
        "site-capacity", _("Capacities of teaching sites"), SiteCapacity, CAPACITY_COLUMNS, ("site_id", "valid_from"),
        resolve_capacity, prefix=lambda row: "CAP-", digits=2, prepare=prepare_sites, parts=keep_site,
        prefill=prefill_capacities, area_of=area_of_site, order=(("valid_from", "valid_to", True),),
        about=_("How many people a teaching site takes a month, from a day on."),
        naming=("site", "people"), called=("接待能力", "容量"), codes="CAP-",
    ),
)  # fmt: skip
