"""The guarantee page: funds by level and year with inconsistencies, and the wages."""

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
    """The funds of a level in the year. The gaps are of the rows that give both amounts; `silent` is the number of the
    other rows, and an amount that no row gives is None."""

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
    """Funds that were partly passed down, and the remainder; negative if too much was."""

    fund: Fund
    passed: Decimal
    parts: list[Fund]

    @property
    def left(self) -> Decimal:
        return self.fund.amount_yuan - self.passed

    @property
    def excess(self) -> Decimal:
        return -self.left


def year_shown(scope: Scope) -> int:
    """The year asked for, else the newest by the scope's day that has funds in the area."""
    newest = scope.sees(Fund).arrived(scope.as_of).order_by("-year").values_list("year", flat=True).first()
    return scope.year or newest or scope.as_of.year


def levels(scope: Scope, year: int) -> list[Level]:
    """All three levels in a year, also those without funds."""
    rows = scope.sees(Fund).arrived(scope.as_of).filter(year=year).order_by().values("level")
    nothing: dict[str, Any] = dict.fromkeys(Level.__dataclass_fields__.keys() - {"level"}, NOTHING)
    nothing |= {"budgeted": None, "paid": None}
    rows_by_level = rows.annotate(
        rows=Count("pk"),
        budgeted=Sum("budgeted_yuan"),
        arranged=Sum("amount_yuan"),
        paid=Sum("paid_yuan"),
        not_arranged=Sum(F("budgeted_yuan") - F("amount_yuan")),
        not_paid=Sum(F("amount_yuan") - F("paid_yuan")),
        from_above=Sum("amount_yuan", filter=Q(out_of__isnull=False)),
        silent=Count("pk", filter=Q(budgeted_yuan=None) | Q(paid_yuan=None)),
    )
    by_level = {
        row.pop("level"): nothing | {name: value for name, value in row.items() if value} for row in rows_by_level
    }
    return [Level(level, **by_level.get(level, nothing)) for level in FundLevel]


def years(scope: Scope) -> list[tuple[int, list[tuple[Any, Decimal]]]]:
    """For each year up to the scope's, what each level gave itself, the newest first. Funds passed down are not counted
    twice."""
    rows = scope.sees(Fund).arrived(scope.as_of).filter(out_of=None).order_by().values("year", "level")
    sums_by_year: dict[int, dict[str, Decimal]] = {}
    for row in rows.annotate(sum=Sum("amount_yuan")):
        sums_by_year.setdefault(row["year"], {})[row["level"]] = row["sum"]
    return [
        (year, [(level.label, sums.get(level, NOTHING)) for level in FundLevel])
        for year, sums in sorted(sums_by_year.items(), reverse=True)
    ]


def splits(scope: Scope, year: int) -> list[Split]:
    """Funds of the year that were passed down, with the parts the viewer may see."""
    rows = scope.sees(Fund).arrived(scope.as_of).filter(year=year, out_of__isnull=False)
    rows = rows.select_related("out_of", "area")
    parts: dict[int, list[Fund]] = {}
    for row in rows.order_by("out_of__code", "code"):
        parts.setdefault(row.out_of_id, []).append(row)
    return [
        Split(part[0].out_of, sum((fund.amount_yuan for fund in part), NOTHING), part)
        for part in parts.values()
        if part[0].out_of
    ]


def wages(scope: Scope) -> Iterable[WageRule]:
    return scope.sees(WageRule).in_force(scope.as_of).order_by("post")


def received(scope: Scope, **whose: Any) -> list[Fund]:
    """The funds of a point or a project by the day, the newest first."""
    rows = Fund.objects.visible_to(scope.viewer).filter(arrived_on__lte=scope.as_of, **whose)
    return list(rows.order_by("-arrived_on", "code"))
