"""One set of filters a record kind, for its page, its API, its export and the rows of a figure."""

from functools import cache, cached_property
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from registry.access.scope import BadInput, Scope
from registry.kinds import MISSING, Dimension, Kind
from registry.models import Area, SearchEntry, district_area
from registry.text.area_codes import is_below_district

ALL = 2**31  # a limit that no search reaches: PostgreSQL then looks for all matches once, not for each row anew


class KindFilters(django_filters.FilterSet):
    """Filters made from a kind's dimensions, plus search by name, pinyin or initials where the kind is searched."""

    record_kind: Kind

    def __init__(self, data: Any, *, queryset: QuerySet, scope: Scope) -> None:
        super().__init__(data, queryset=queryset)
        self.scope = scope

    @property
    def used(self) -> dict[str, str]:
        """The values the rows are narrowed by."""
        return {name: value for name, value in self.form.cleaned_data.items() if value}

    @cached_property
    def fields(self) -> list[tuple[str, Any, str, list[tuple]]]:
        """(name, label, what was typed or chosen, its choices if any) of each field, to be written flat. Inside one
        township there is no township to choose."""
        one_township = is_below_district(self.scope.area)
        return [
            (name, field.label, self.data.get(name, ""), list(getattr(field, "choices", ())))
            for name, field in self.form.fields.items()
            if not (one_township and name == "township" and not self.data.get(name))
        ]

    def narrow(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return self.record_kind.narrowed(rows, self.scope, **{name: value})

    def find(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        kinds = self.record_kind.entries or (self.record_kind.slug,)
        matches = SearchEntry.objects.matching(value).filter(kind__in=kinds)
        condition = Q(code__in=matches.values("code")[:ALL])
        for path in self.record_kind.finds:
            condition |= Q(**{f"{path}__icontains": value})
        return rows.filter(condition)


def filtered(kind: Kind, rows: QuerySet, scope: Scope, parameters: Any) -> KindFilters:
    """The filters of `kind` over `rows`, as `parameters` (an address's query) asks; `.qs` are the rows left.

    Raises BadInput for a value that does not exist.
    """
    filters = filters_of(kind)(parameters or {}, queryset=rows, scope=scope)
    if not filters.is_valid():
        name, messages = next(iter(filters.errors.items()))
        raise BadInput(name, parameters.get(name, ""), " ".join(messages))
    return filters


@cache
def filters_of(kind: Kind) -> type[KindFilters]:
    """The filter set of `kind`."""
    members = {dimension.name: _filter(dimension) for dimension in kind.dimensions}
    if kind.searched:
        members["search"] = django_filters.CharFilter(method="find", label=_("Name or pinyin"))
    return type("Filters", (KindFilters,), {"record_kind": kind, **members})


def _filter(dimension: Dimension) -> django_filters.Filter:
    choices = dimension.choices.choices if dimension.choices else _areas if dimension.name == "township" else None
    if choices is None:
        return django_filters.CharFilter(method="narrow", label=dimension.label)
    return django_filters.ChoiceFilter(
        method="narrow",
        label=dimension.label,
        choices=choices,
        empty_label=_("all"),
        null_label=_("not given"),
        null_value=MISSING,
    )


def _areas() -> list[tuple[str, str]]:
    """The townships, and the district for what belongs to the district itself."""
    inside = Area.objects.unscoped("area names are public").in_area(district_area())
    return list(inside.filter(level__in=["district", "township"]).order_by("code").values_list("code", "name"))
