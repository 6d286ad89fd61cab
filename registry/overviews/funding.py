"""What the page of the guarantee says: money by level and year with what does not add up, and the wages."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, Sum

from registry.access.scope import Scope
from registry.models import Fund, FundLevel, WageRule

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Level:
    """The money of a level in the year. The gaps are of the rows that give both amounts; `silent` is the number of
    those that do not, and an amount that no row gives is None."""

    level: FundLevel
    rows: int
    budgeted: Decimal | None
    arranged: Decimal
    paid: Decimal | None
    not_arranged: Decimal
    not_paid: Decimal
    from_above: Decimal
    silent: int


@dataclass(frozen=True)
class Split:
    """Money of which a part was passed down, and what is left of it; less than nothing if too much was."""

    fund: Fund
    passed: Decimal
    parts: list[Fund]

    @property
    def left(self) -> Decimal:
        return self.fund.amount_yuan - self.passed

    @property
    def excess(self) -> Decimal:
        return -self.left


def levels(scope: Scope) -> list[Level]:
    """Each of the three levels, also one without money."""
    rows = scope.sees(Fund).of_year(scope.as_of).order_by().values("level")
    nothing: dict[str, Any] = dict.fromkeys(Level.__dataclass_fields__.keys() - {"level"}, NOTHING)
    nothing |= {"budgeted": None, "paid": None}
    found = rows.annotate(
        rows=Count("pk"),
        budgeted=Sum("budgeted_yuan"),
        arranged=Sum("amount_yuan"),
        paid=Sum("paid_yuan"),
        not_arranged=Sum(F("budgeted_yuan") - F("amount_yuan")),
        not_paid=Sum(F("amount_yuan") - F("paid_yuan")),
        from_above=Sum("amount_yuan", filter=Q(out_of__isnull=False)),
        silent=Count("pk", filter=Q(budgeted_yuan=None) | Q(paid_yuan=None)),
    )
    by_level = {each.pop("level"): nothing | {name: value for name, value in each.items() if value} for each in found}
    return [Level(level, **by_level.get(level, nothing)) for level in FundLevel]


def years(scope: Scope) -> list[tuple[int, list[tuple[Any, Decimal]]]]:
    """Of each year up to the scope's, what each level gave itself, the newest first; money passed down is not counted
    twice."""
    rows = scope.sees(Fund).filter(out_of=None, arrived_on__lte=scope.as_of).order_by().values("year", "level")
    found: dict[int, dict[str, Decimal]] = {}
    for row in rows.annotate(sum=Sum("amount_yuan")):
        found.setdefault(row["year"], {})[row["level"]] = row["sum"]
    return [
        (year, [(level.label, sums.get(level, NOTHING)) for level in FundLevel])
        for year, sums in sorted(found.items(), reverse=True)
    ]


def splits(scope: Scope) -> list[Split]:
    """Money of the year that was passed down, with the parts the viewer may see."""
    rows = scope.sees(Fund).of_year(scope.as_of).filter(out_of__isnull=False).select_related("out_of", "area")
    parts: dict[int, list[Fund]] = {}
    for row in rows.order_by("out_of__code", "code"):
        parts.setdefault(row.out_of_id, []).append(row)
    return [Split(part[0].out_of, sum((one.amount_yuan for one in part), NOTHING), part) for part in parts.values()]


def wages(scope: Scope) -> Iterable[WageRule]:
    return scope.sees(WageRule).in_force(scope.as_of).order_by("post")


def received(scope: Scope, **whose: Any) -> list[Fund]:
    """The money a point or a project got by the day, the newest first."""
    rows = Fund.objects.visible_to(scope.viewer).filter(arrived_on__lte=scope.as_of, **whose)
    return list(rows.order_by("-arrived_on", "code"))
