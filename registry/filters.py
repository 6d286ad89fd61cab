"""One set of filters a record kind, for its page, its API, its export and the rows of a figure."""

from functools import cache

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from registry.kinds import Dimension, Kind
from registry.models import Area, SearchEntry
from registry.scope import Scope


class KindFilters(django_filters.FilterSet):
    """Filters made from a kind's dimensions, plus search by name, pinyin or initials where the kind is searched."""

    kind: Kind

    def __init__(self, data, *, queryset: QuerySet, scope: Scope):
        super().__init__(data, queryset=queryset)
        self.scope = scope

    def narrow(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return self.kind.narrowed(rows, self.scope, **{name: value})

    def find(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        found = SearchEntry.objects.matching(value).filter(kind=self.kind.slug)
        return rows.filter(code__in=found.values("code"))


@cache
def filters_of(kind: Kind) -> type[KindFilters]:
    """The filter set of `kind`."""
    members = {dimension.name: _filter(dimension) for dimension in kind.dimensions}
    if kind.searched:
        members["search"] = django_filters.CharFilter(method="find", label=_("Name or pinyin"))
    return type("Filters", (KindFilters,), {"kind": kind, **members})


def _filter(dimension: Dimension) -> django_filters.Filter:
    if dimension.choices:
        return django_filters.ChoiceFilter(
            method="narrow", label=dimension.label, choices=dimension.choices.choices, empty_label=_("all")
        )
    if dimension.name == "township":
        return django_filters.ChoiceFilter(
            method="narrow", label=dimension.label, choices=_townships, empty_label=_("all")
        )
    return django_filters.CharFilter(method="narrow", label=dimension.label)


def _townships() -> list[tuple[str, str]]:
    townships = Area.objects.unscoped("area names are public").filter(level="township").order_by("code")
    return list(townships.values_list("code", "name"))
