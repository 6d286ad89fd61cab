"""The visibility of each field. Everything that writes or shows changes uses this module."""

from enum import Enum
from functools import cache

from django.db import models

from registry.kinds import KINDS

PERSONAL = frozenset(
    {"phone", "person", "password", "secretary", "responsible_person", "contact", "sender", "display_name"}
)
# Fields that pages show beyond the columns of the kinds: of all records, and of single kinds.
PUBLIC_NAMES = frozenset({"name", "title", "area", "remark", "illustrative", "outcome"})
PUBLIC_NAMES_OF: dict[str, frozenset[str]] = {
    "demonstrationpoint": frozenset(
        {"highlights", "status", "level", "grade", "year", "valid_from", "document_no", "batch"}
    ),
    "area": frozenset({"level", "parent", "valid_to", "successor", "predecessors"}),
    "belt": frozenset({"kind", "start", "end", "highlights", "started_on", "ended_on"}),
    "zone": frozenset({"within", "ended_on"}),
    "consortium": frozenset({"zone", "ended_on"}),
    "specialactionitem": frozenset({"number", "name"}),
    "studyroute": frozenset({"theme", "capacity", "closed_on"}),
    "secretaryproject": frozenset({"measures", "expected_results", "opened_on"}),
    "areaalias": frozenset({"kind", "valid_from", "valid_to"}),
    "beltmembership": frozenset({"point", "position", "valid_from", "valid_to"}),
    "consortiummembership": frozenset({"village", "role", "valid_from", "valid_to"}),
    "ledgerentry": frozenset({"stage", "entered_on", "percent", "text", "light", "difference"}),
    "routestop": frozenset({"position", "point", "belt", "zone", "unit", "minutes", "travel_minutes"}),
    "zonemembership": frozenset({"point", "belt", "valid_from", "valid_to"}),
}
PUBLIC_PARTS = frozenset(
    {
        "areaalias",
        "beltmembership",
        "consortiummembership",
        "ledgerentry",
        "routestop",
        "specialactionitem",
        "zonemembership",
    }
)


class Visibility(Enum):
    """Who may read a field: everybody, the staff of the record's area, or only readers of the record itself."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


def visibility_of(model: type[models.Model], name: str) -> Visibility:
    """The visibility of the field, or of the parts, called `name`: public if a page, list or export shows it; an
    undeclared field is internal."""
    if name in PERSONAL:
        return Visibility.PERSONAL
    return Visibility.PUBLIC if name in _public_fields(model) else Visibility.INTERNAL


@cache
def _public_fields(model: type[models.Model]) -> frozenset[str]:
    kinds = [kind for kind in KINDS.values() if kind.model is model and not kind.redacted]
    if model._meta.model_name in PUBLIC_PARTS:
        return PUBLIC_NAMES_OF[str(model._meta.model_name)]
    if not kinds:
        return frozenset()
    columns = {column.source.split("__")[0] for kind in kinds for column in kind.in_full.columns}
    return PUBLIC_NAMES | PUBLIC_PARTS | columns | PUBLIC_NAMES_OF.get(str(model._meta.model_name), frozenset())
