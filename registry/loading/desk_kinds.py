"""The kinds of records that accounts keep at the desk by a form made from the columns of their sheet types."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import CharField, Q, TextField
from django.utils.text import capfirst

from registry.access.permissions import may
from registry.kinds import KINDS, Column, Kind
from registry.kinds.effect import CAPACITIES
from registry.kinds.field_visibility import Visibility, visibility_of
from registry.kinds.shared import CODE
from registry.loading.lookups import NAMED
from registry.loading.sheet_types import SHEET_TYPES, SheetColumn, SheetType, may_load
from registry.models import Area, Record, district_area
from registry.text.area_codes import is_below_district

# Kinds with pages of their own at the desk: the name of the address, and the right it asks for.
OWN_PAGES = {
    "point": ("desk-points", "point.confirm"),
    "belt": ("desk-belts", "grouping.build"),
    "zone": ("desk-zones", "grouping.build"),
    "route": ("desk-routes", "grouping.build"),
    "project": ("desk-projects", "project.board"),
    "booking": ("bookings", "booking.manage"),
    "supervision": ("supervision", "record.view"),
}
ORDER = (  # of the list; a kind that is not named comes last
    "organisation", "unit", "income", "community", "consortium", "whole-area", "brand", "red-district", "honour",
    "external-result", "donation", "teaching-site", "site-capacity", "visit", "event", "fund", "wage-rule",
    "special-action", "attachment", "election",
    "policy-document", "accountability", "term", "calendar-day",
)  # fmt: skip
MOST_OPTIONS = 200


def desk_kinds() -> list[SheetType]:
    """The kinds that are kept by the form."""
    kinds = (kind for kind in SHEET_TYPES.values() if issubclass(kind.model, Record) and kind.slug not in OWN_PAGES)
    return sorted(kinds, key=lambda kind: ORDER.index(kind.slug) if kind.slug in ORDER else len(ORDER))


def kinds_of(by: Any) -> list[SheetType]:
    """The kinds of the account: of a township those that townships keep, of the district all."""
    of_township = is_below_district(by.read_prefix)
    return [kind for kind in desk_kinds() if not of_township or kind.by_clerks]


def own_pages_of(by: Any) -> list[tuple[str, SheetType]]:
    """(name of the address, kind) of the kinds that the account keeps on pages of their own."""
    return [(name, SHEET_TYPES[slug]) for slug, (name, right) in OWN_PAGES.items() if may(by, right)]


def may_write(by: Any, kind: SheetType, record: Any = None) -> bool:
    """Whether the account adds records of the kind, or changes this one."""
    return may_load(by, kind.slug) and (record is None or may(by, "load.send", record))


def rows_of(kind: SheetType, by: Any, text: str = "") -> Any:
    """The records of the kind in the account's area, on whatever day; those that `text` is a part of."""
    rows = kind.model._default_manager.visible_to(by)  # type: ignore[attr-defined]
    if is_below_district(by.read_prefix):
        rows = rows.in_area(by.read_prefix)
    return rows.filter(_contains(kind, text)) if text else rows


def _contains(kind: SheetType, text: str) -> Q:
    """Records with `text` in the code, in a text that is not personal, or in the name of what they refer to."""
    condition = Q()
    field: Any
    for field in kind.model._meta.concrete_fields:
        if visibility_of(kind.model, field.name) is Visibility.PERSONAL or field.choices:
            continue
        if isinstance(field, CharField | TextField):
            condition |= Q(**{f"{field.name}__icontains": text})
        elif field.related_model and any(named.name == "name" for named in field.related_model._meta.fields):
            condition |= Q(**{f"{field.name}__name__icontains": text})
    return condition


def listed_as(kind: SheetType) -> Kind:
    """The record kind whose columns the list at the desk shows."""
    listed = next(listed for listed in (*KINDS.values(), CAPACITIES) if listed.model is kind.model)
    if not listed.redacted:
        return listed
    return replace(listed, redacted=False, columns=(CODE, *listed.columns, *_plain_columns(kind, listed)))


def _plain_columns(kind: SheetType, listed: Kind) -> Iterator[Column]:
    """What the public does not read of a kind, but for what is personal."""
    for field in kind.model._meta.concrete_fields:
        names = {column.name for column in listed.columns} | {"remark"}
        is_shown = field.name in kind.writable and field.name not in names
        if is_shown and visibility_of(kind.model, field.name) is not Visibility.PERSONAL:
            label = capfirst(field.verbose_name)
            is_record = field.is_relation
            yield Column(
                f"{field.name}_name" if is_record else field.name, label, f"{field.name}__name" if is_record else ""
            )


def public_kind(kind: SheetType) -> Kind | None:
    """The record kind whose public pages show these records; None if they have none."""
    return next((shown for shown in KINDS.values() if shown.model is kind.model and not shown.redacted), None)


def options_for(column: SheetColumn, by: Any, text: str = "") -> list[tuple[str, str]]:
    """(name, code and area) of the first records that the column may name and whose name contains `text`."""
    area = by.write_prefix or district_area()
    options: list[tuple[str, str]] = []
    for name in column.names.split():
        model: Any = Area if name == "place" else NAMED[name]
        rows = model.objects.visible_to(by).order_by("name", "code")
        if is_below_district(area) or name == "place":
            rows = rows.in_area(area)
        if name == "organisation":
            rows = rows.filter(dissolved_on=None)
        rows = rows.filter(Q(name__icontains=text) | Q(code__startswith=text)) if text else rows
        found = rows.values_list("name", "code", *(() if name == "place" else ("area__name",)))
        options += [(label, " · ".join(filter(None, more))) for label, *more in found[: MOST_OPTIONS - len(options)]]
    return options
