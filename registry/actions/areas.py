"""Areas over time: one is added or renamed on a day. How one ends is in `mergers.py`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.models import Area, AreaAlias, AreaLevel, district_area
from registry.models.areas import LEVEL_OF_LENGTH
from registry.text import area_codes
from registry.text.refusals import Refused, raise_first

from .editing import Parts, edit_record
from .records import index, locked, save_record

RIGHT = "area.keep"
BELOW_TOWNSHIP = (AreaLevel.VILLAGE, AreaLevel.COMMUNITY)


COMMUNITY = ("社区", "居委会", "居民委员会")


def level_by_name(code: str, name: str) -> str:
    """The level of a code; below a township, what the name says."""
    return level_of(code, AreaLevel.COMMUNITY if any(word in name for word in COMMUNITY) else AreaLevel.VILLAGE)


def level_of(code: str, chosen: str = "") -> str:
    """The level that follows from the length of a code; below a township, the chosen one."""
    return LEVEL_OF_LENGTH.get(len(code)) or (chosen if chosen in BELOW_TOWNSHIP else AreaLevel.VILLAGE)


def parent_code(code: str) -> str:
    """The code of the area that one with this code lies in; empty for a province."""
    return next((code[:length] for length in reversed(area_codes.LENGTHS) if length < len(code)), "")


def refusals_to_add_area(area: Area, *, by: Any) -> Iterator[Refused]:
    """All refusals against adding this area."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if Area._base_manager.filter(code=area.code).exists():
        yield Refused("area_exists", code=area.code)
    parent = Area.objects.unscoped("where a new area lies").filter(code=parent_code(area.code)).first()
    if not area.code.startswith(district_area()) or area.code == district_area():
        yield Refused("area_beyond", code=area.code, district=district_area())
    elif parent is None or not parent.exists_on(area.valid_from):
        yield Refused("area_without_parent", code=area.code, parent=parent_code(area.code), day=area.valid_from)


@transaction.atomic
def add_area(area: Area, *, by: Any, reason: str = "", document_no: str = "", **options: Any) -> Area:
    """Adds an area. Level and parent follow from its code. `options` are passed to `save_record`."""
    area.level, area.parent_id = level_of(area.code, area.level), parent_code(area.code) or None
    raise_first(refusals_to_add_area(area, by=by))
    return save_record(area, right=RIGHT, by=by, reason=reason, document_no=document_no, **options)


def refusals_to_change_area(area: Area, *, on: date | None, by: Any) -> Iterator[Refused]:
    """All refusals against changing the area from the day `on`."""
    if not may(by, RIGHT, area):
        yield Refused("not_allowed")
    if area.valid_to is not None:
        yield Refused("area_is_over", name=area.name, day=area.valid_to)
    if on is not None and on > timezone.localdate():
        yield Refused("in_future", day=on)
    if on is not None and on <= area.valid_from:
        yield Refused("area_day_early", name=area.name, day=area.valid_from)


@transaction.atomic
def rename_area(area: Area, *, name: str, on: date, reason: str, document_no: str, by: Any) -> Area:
    """A new name from a day on. The name before stays as a former one: ledgers of that time name the area by it."""
    opened, area = area.version, locked(area)
    raise_first(refusals_to_change_area(area, on=on, by=by))
    if name == area.name:
        raise Refused("area_name_same", name=name)
    area.version = opened
    begun = area.aliases.filter(kind=AreaAlias.Kind.FORMER).order_by("-valid_to").values_list("valid_to", flat=True)
    former = AreaAlias(area=area, name=area.name, kind=AreaAlias.Kind.FORMER, valid_from=begun.first(), valid_to=on)
    has_it = AreaAlias.objects.filter(area=area, name=area.name).exists()
    area.name = name
    parts = Parts(saved=[] if has_it else [former])
    edit_record(area, parts=parts, lists={}, by=by, reason=reason, document_no=document_no)
    index(area)  # with its former name
    return area
