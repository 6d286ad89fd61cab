"""The scope of a request: day, area and viewer. One frozen value is passed from the request to the figure, the list,
the API, the export and the task."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, Subquery
from django.utils.translation import gettext as _

from registry.models import Area, PointStatus, StatusPeriod
from registry.models.base import in_area_q
from registry.query_cache import CompiledQuery, compile_query, placeholder
from registry.text.validators import plain_number


class BadInput(ValueError):
    """An invalid parameter or field: its name, its value, the message, and a `code` for programs."""

    def __init__(self, name: str, value: str, message: str, code: str = "unusable"):
        super().__init__(message)
        self.name, self.value, self.message, self.code = name, value, message, code


class Reader(NamedTuple):
    """What an account may read: as which role, whether in every area, else below which prefix."""

    role: str
    everything: bool
    prefix: str


@dataclass(frozen=True)
class Scope:
    """`as_of` a day, `area` an area code (the area and everything below it), `viewer` an account or None, `reader`
    what that account may read, None for the public."""

    as_of: date
    area: str
    viewer: Any = field(default=None, compare=False)
    reader: Reader | None = field(init=False)
    place: Area | None = field(default=None, compare=False)
    default_as_of: date | None = field(default=None, compare=False)

    def __post_init__(self):
        """Two scopes are equal if they show the same rows: viewers are compared by role and by what they may read."""
        viewer = self.viewer
        is_reader = viewer is not None and viewer.is_authenticated and not viewer.reads_published_only
        reader = Reader(viewer.role, viewer.reads_everything, viewer.read_prefix) if is_reader else None
        object.__setattr__(self, "reader", reader)

    def at(self, as_of: date) -> "Scope":
        return replace(self, as_of=as_of)

    def within(self, area: str) -> "Scope":
        return replace(self, area=area, place=None)

    def sees(self, model: Any) -> Any:
        """Rows of `model` that the viewer may see in the area, on any day."""
        return model._default_manager.visible_to(self.viewer).in_area(self.area)

    def readable(self, rows: Any, path: str = "area_id", also: Q | None = None) -> Any:
        """`rows` in the area that the viewer reads as staff, and those that everybody reads (`also`)."""
        if self.reader and self.reader.everything:
            return rows
        own = in_area_q(self.reader.prefix if self.reader else "", path)
        return rows.filter(own if also is None else also | own)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The parameters of a URL with this scope; defaults are left out."""
        parameters = {}
        if self.area != settings.DISTRICT_AREA:
            parameters["area"] = self.area
        if self.as_of != self.default_as_of:
            parameters["as_of"] = self.as_of.isoformat()
        return parameters

    @cached_property
    def query(self) -> str:
        """`parameters` as a query string with its question mark; empty if there are none."""
        return f"?{urlencode(self.parameters)}" if self.parameters else ""

    @property
    def is_past(self) -> bool:
        return self.default_as_of is not None and self.as_of < self.default_as_of


def newest_day(newest: date | None) -> date:
    """The last day of the newest year with data, or today if that year is not over: the default day of pages."""
    today = date.today()
    if newest is None or newest.year >= today.year:
        return today
    return date(newest.year, 12, 31)


def _day(parameters: Mapping[str, str], default: date) -> date:
    text = parameters.get("as_of", "").strip()
    year = parameters.get("year", "").strip()
    if not text and year:
        number = plain_number(year)
        if number is None or not 1900 <= number <= 2200:
            raise BadInput(
                "year", year, _("“%(value)s” is not a year. Write four digits, such as 2021.") % {"value": year}
            )
        return default if number == default.year else date(number, 12, 31)
    return read_day("as_of", text) if text else default


def read_day(name: str, text: str) -> date:
    """Parses the day in the parameter `name`. Raises BadInput."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200 or len(text) != 10:
        raise BadInput(
            name,
            text,
            _("“%(value)s” is not a day. Write year, month and day, such as 2021-12-31.") % {"value": text},
        )
    return day


def _place(parameters: Mapping[str, str]) -> Area:
    """The requested area, with `newest_naming`, the day of the newest naming anywhere."""
    code = parameters.get("area", "").strip() or settings.DISTRICT_AREA
    rows = _place_text().rows({placeholder("code"): code}) if code.isascii() and code.isdigit() else []
    place = _area(**rows[0]) if rows else None
    if place is None:
        raise BadInput(
            "area", code, _("There is no area with the code “%(value)s”. Choose one from the list.") % {"value": code}
        )
    return place


@cache
def _place_text() -> CompiledQuery:
    named = StatusPeriod.objects.filter(status=PointStatus.NAMED, point__voided=None)
    namings = named.order_by("-valid_from").values("valid_from")[:1]
    areas = Area.objects.unscoped("area names are public").filter(code=placeholder("code"))
    columns = [column.attname for column in Area._meta.concrete_fields]
    return compile_query(areas.values(*columns, newest_naming=Subquery(namings)))


def _area(newest_naming: date | None, **columns: Any) -> Area:
    place = Area.from_db(None, list(columns), list(columns.values()))
    place.newest_naming = newest_naming  # type: ignore[attr-defined]
    return place


def read_scope(parameters: Mapping[str, str], viewer: Any) -> Scope:
    """The scope of a request. Raises BadInput for an invalid day or an unknown area."""
    place = _place(parameters)
    default = newest_day(place.newest_naming)  # type: ignore[attr-defined]
    day = _day(parameters, default)
    return Scope(as_of=day, area=place.code, viewer=viewer, place=place, default_as_of=default)
