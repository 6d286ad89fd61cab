"""The scope of a request: day, area and viewer. One frozen value is passed from the request to the figure, the list,
the API, the export and the task."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from registry.models import Area, current_district, district_area
from registry.models.base import in_area_q
from registry.query_cache import CompiledQuery, compile_query, placeholder
from registry.text.coordinates import Box
from registry.text.validators import plain_number

ANY_AREA = "00"  # where a query is only written and never run, any code will do
NEVER = date.min.year  # stands for the year of a yearly form that no year is reported of


class BadInput(ValueError):
    """An invalid parameter or field: its name, its value, the message, and a `code` for programs."""

    def __init__(self, name: str, value: str, message: str, code: str = "unusable"):
        super().__init__(message)
        self.name, self.value, self.message, self.code = name, value, message, code


class NotSetUp(Exception):
    """The registry has no district yet: there is nothing to show."""


class Reader(NamedTuple):
    """What an account may read: as which role, whether in every area, else below which prefix."""

    role: str
    everything: bool
    prefix: str


@dataclass(frozen=True)
class Scope:
    """`as_of` a day, `area` an area code (the area and everything below it), `viewer` an account or None, `reader`
    what that account may read, None for the public.

    `year` is the year that was asked for, if any. `years` are (yearly form, the year its figures answer for), once
    they are looked up (registry/figures/yearly.py). `lookups` keeps for one request what was looked up for it."""

    as_of: date
    area: str
    viewer: Any = field(default=None, compare=False)
    reader: Reader | None = field(init=False)
    place: Area | None = field(default=None, compare=False)
    default_as_of: date | None = field(default=None, compare=False)
    year: int | None = None
    years: tuple[tuple[str, int], ...] | None = None
    lookups: dict | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Two scopes are equal if they show the same rows: viewers are compared by role and by what they may read."""
        viewer = self.viewer
        is_reader = viewer is not None and viewer.is_authenticated and not viewer.reads_published_only
        reader = Reader(viewer.role, viewer.reads_everything, viewer.read_prefix) if is_reader else None
        object.__setattr__(self, "reader", reader)

    def at(self, as_of: date) -> "Scope":
        return replace(self, as_of=as_of, year=None, years=None)

    def within(self, area: str) -> "Scope":
        return replace(self, area=area, place=None)

    def as_public(self) -> "Scope":
        return replace(self, viewer=None)

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
        if self.area != district_area():
            parameters["area"] = self.area
        usual = self.default_as_of if self.year is None else _last_day(self.year, self.default_as_of)
        if self.as_of != usual:
            parameters["as_of"] = self.as_of.isoformat()
        if self.year is not None:
            parameters["year"] = str(self.year)
        return parameters

    @cached_property
    def query(self) -> str:
        """`parameters` as a query string with its question mark; empty if there are none."""
        return f"?{urlencode(self.parameters)}" if self.parameters else ""

    @property
    def is_past(self) -> bool:
        return self.default_as_of is not None and self.as_of < self.default_as_of

    @property
    def is_future(self) -> bool:
        return self.default_as_of is not None and self.as_of > self.default_as_of

    def year_of(self, form: str) -> int:
        """The year that figures of this yearly form answer for; NEVER if none is reported. Only once `years` are looked
        up."""
        return dict(self.years or ())[form]

    def year_end(self, form: str) -> date:
        """The last day of that year, or the scope's day if the year is not over then."""
        return min(self.as_of, date(self.year_of(form), 12, 31))


def _last_day(year: int, today: date | None) -> date:
    """The last day of a year, or today if the year is not over."""
    return today if today is not None and year == today.year else date(year, 12, 31)


def _read_year(parameters: Mapping[str, str]) -> int | None:
    text = parameters.get("year", "").strip()
    number = plain_number(text) if text else None
    if text and (number is None or not 1900 <= number <= 2200):
        raise BadInput("year", text, _("“%(value)s” is not a year. Write four digits, such as 2021.") % {"value": text})
    return number


def read_box(text: str) -> Box | None:
    """A box as “west,south,east,north” in degrees. Raises BadInput for anything else."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        message = _("“%(value)s” is not a box. Write west, south, east and north in degrees, with commas between them.")
        raise BadInput("bbox", text, message % {"value": text})
    return west, south, east, north


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
    code = parameters.get("area", "").strip() or district_area()
    if not code:
        raise NotSetUp
    district = current_district()
    if district is not None and code == district.area_id:
        return district.area
    rows = _place_text().rows({placeholder("code"): code}) if code.isascii() and code.isdigit() else []
    if not rows:
        raise BadInput(
            "area", code, _("There is no area with the code “%(value)s”. Choose one from the list.") % {"value": code}
        )
    return Area.from_db(None, list(rows[0]), list(rows[0].values()))


@cache
def _place_text() -> CompiledQuery:
    areas = Area.objects.unscoped("area names are public").filter(code=placeholder("code"))
    return compile_query(areas.values(*[column.attname for column in Area._meta.concrete_fields]))


def read_scope(parameters: Mapping[str, str], viewer: Any) -> Scope:
    """The scope of a request: today, unless it asks for a day or a year. Raises BadInput for an invalid day or an
    unknown area."""
    place, today, year = _place(parameters), date.today(), _read_year(parameters)
    text = parameters.get("as_of", "").strip()
    day = read_day("as_of", text) if text else _last_day(year, today) if year else today
    return Scope(as_of=day, area=place.code, viewer=viewer, place=place, default_as_of=today, year=year, lookups={})
