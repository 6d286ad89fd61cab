"""The resources of the API: each is a record kind with its links and parts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from registry.access.scope import ANY_AREA, Scope
from registry.kinds import Column, Kind
from registry.kinds.base import future_dates, hide_future_dates
from registry.loading import own_exports
from registry.models import DemonstrationPoint
from registry.models.base import Versioned
from registry.models.points import PUBLIC
from registry.query_cache import CompiledQuery, compile_query, keep_query, placeholder


@dataclass(frozen=True)
class Link:
    """A reference to another record. The row shows its code; `expand` adds its row under `name`."""

    name: str
    kind: Kind
    label: Any
    path: str = ""

    @property
    def column(self) -> Column:
        return Column(f"{self.name}_code", self.label, self.path or f"{self.name}__code")


@dataclass(frozen=True, eq=False)
class ResourcePart:
    """Rows that belong to a record and have no address of their own. `rows(scope)` are those the viewer may see on the
    day, in order; `owner` is the path to the record's code."""

    name: str
    label: Any
    rows: Callable[[Scope], QuerySet]
    owner: str
    columns: tuple[Column, ...]

    @property
    def model(self) -> type[Model]:
        """The model of the rows."""
        return self.rows(Scope(date.today(), ANY_AREA)).model

    def of(self, codes: Iterable[str], scope: Scope) -> dict[str, list[dict]]:
        """The parts of the records with these codes, in one query."""
        parts: dict[str, list[dict]] = {code: [] for code in codes}
        if len(parts) == 1:
            rows = compile_part(self, scope).rows({placeholder("code"): next(iter(parts))})
        else:
            rows = compile_query(self.values(list(parts), scope)).rows()
        days = future_dates(self.columns)
        for row in rows:
            values = {column.name: row[f"part_{column.name}"] for column in self.columns}
            parts[row["part_owner"]].append(hide_future_dates(scope.as_of, days, values))
        return parts

    def values(self, codes: list[str], scope: Scope) -> QuerySet:
        rows = self.rows(scope).filter(**{f"{self.owner}__in": codes})
        return rows.values(
            part_owner=F(self.owner), **{f"part_{column.name}": F(column.source) for column in self.columns}
        )


@keep_query
def compile_part(part: ResourcePart, scope: Scope) -> CompiledQuery:
    return compile_query(part.values([placeholder("code")], scope))


@dataclass(frozen=True, eq=False)
class Resource:
    """A resource of the API. `more` are columns beyond those of the kind; `any_day` are the records of any day, for the
    detail view; `order` is one that an index serves at any size. If `right` is set, only accounts with that permission
    read it."""

    slug: str
    kind: Kind
    links: tuple[Link, ...] = ()
    parts: tuple[ResourcePart, ...] = ()
    more: tuple[Column, ...] = ()
    statuses: Any = None
    rows: Callable[[Scope, str], QuerySet] | None = None
    order: tuple[str, ...] = ()
    formats: tuple[str, ...] = ("json", "csv", "xlsx")
    right: str = ""

    @property
    def model(self) -> Any:
        return self.kind.model

    @property
    def has_address(self) -> bool:
        return self.slug in RESOURCES and not self.kind.redacted

    @cached_property
    def listed(self) -> Kind:
        """The kind with all columns of the list."""
        columns = (*self.kind.columns, *self.more, *(link.column for link in self.links))
        return replace(self.kind, columns=columns, details=(), order=self.order or self.kind.order)

    @cached_property
    def full(self) -> Kind:
        """The kind with all columns of the detail view."""
        version = (Column("version", _("Version")),) if issubclass(self.model, Versioned) else ()
        return replace(self.listed, columns=self.listed.columns + self.kind.details + version)

    def columns(self, names: tuple[str, ...] = (), full: bool = False) -> Kind:
        """The kind with only these columns; with all if there are no names."""
        kind = self.full if full else self.listed
        return (
            replace(kind, columns=tuple(column for column in kind.columns if column.name in names)) if names else kind
        )

    @cached_property
    def own_columns(self) -> Kind:
        """The kind with only its own columns, including details."""
        return self.kind.in_full

    @property
    def expandable(self) -> tuple[str, ...]:
        return (*(link.name for link in self.links), *(part.name for part in self.parts))

    def on(self, scope: Scope, status: str = "") -> QuerySet:
        """The rows of the list: those counted on the day, or those with `status` then."""
        return self.rows(scope, status) if self.rows else self.kind.on(scope)

    def any_day(self, scope: Scope) -> QuerySet:
        """The records the viewer may see, on any day."""
        rows = self.model._default_manager.visible_to(scope.viewer)
        return standing(rows, scope) if self.model is DemonstrationPoint else rows


RESOURCES: dict[str, Resource] = {}


def register(*resources: Resource) -> None:
    for resource in resources:
        if resource.slug in RESOURCES:
            raise ValueError(f"the resource {resource.slug} is declared twice")
        RESOURCES[resource.slug] = resource
        if resource.has_address:
            own_exports.declare(resource.slug, resource.full, resource.any_day)


@cache
def resource_of(kind: Kind) -> Resource:
    """The resource of a kind. If none is registered, one without an address."""
    return next((resource for resource in RESOURCES.values() if resource.kind is kind), None) or Resource(
        kind.slug, kind
    )


def standing(points: Any, scope: Scope, status: str = "") -> QuerySet:
    """Points with their status on the day. Periods before the title are visible inside the viewer's area only."""
    rows = points.on(scope.as_of, **({"status": status} if status else {}))
    return scope.readable(rows, also=Q(status__in=PUBLIC))
