"""Which records cite a policy document: those that have its number as paper number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from registry.access.scope import Scope
from registry.kinds import KINDS, Kind
from registry.models import DemonstrationPoint, PolicyDocument, StatusPeriod
from registry.models.points import PUBLIC
from registry.text.paper_numbers import plain_paper_number, spellings

MOST = 200  # records of a kind that are listed


@dataclass(frozen=True)
class Citing:
    """The records of a kind that cite a document: how many, and the first of them."""

    kind: Kind
    count: int
    records: list[Any]

    @property
    def more(self) -> int:
        return self.count - len(self.records)


def citing(document: PolicyDocument, scope: Scope) -> list[Citing]:
    """The records that cite the document and that the viewer may read. The title of a point cites the paper it was
    given on."""
    numbers = spellings(document.number)
    return [citing for citing in _citing(numbers, scope) if citing.count] if numbers else []


def _citing(numbers: list[str], scope: Scope) -> Iterator[Citing]:
    for kind in KINDS.values():
        if not kind.redacted and kind.model is DemonstrationPoint:
            yield _first(kind, _points(numbers, scope))
        elif not kind.redacted and _has(kind.model, "document_no"):
            yield _first(kind, kind.model.objects.visible_to(scope.viewer).filter(document_no__in=numbers))


def _points(numbers: list[str], scope: Scope) -> QuerySet:
    """Points with a period on this paper; the public does not read what was before the naming."""
    periods = StatusPeriod.objects.filter(
        point=OuterRef("pk"), document_no__in=numbers, valid_from__lte=scope.as_of, status__in=PUBLIC
    )
    return DemonstrationPoint.objects.visible_to(scope.viewer).filter(Exists(periods))


def _has(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _first(kind: Kind, rows: QuerySet) -> Citing:
    names = rows.select_related("area") if _has(kind.model, "area") else rows  # some records are called by their area
    return Citing(kind, rows.count(), list(names.order_by("code")[:MOST]))


def documents_by_number() -> dict[str, PolicyDocument]:
    """All policy documents by their number, with the brackets that the norm prescribes. There are few of them."""
    documents = PolicyDocument.objects.public().exclude(number="")
    return {plain_paper_number(document.number): document for document in documents.only("number", "code", "title")}
