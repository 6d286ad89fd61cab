"""Numbers of several querysets in one query: each is the number of their rows, or the sum of a column."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from typing import Any

from django.db import connection
from django.db.models import F, IntegerField, QuerySet, Subquery
from django.db.models.expressions import BaseExpression

from registry.models import Area
from registry.query_cache import Statement


class Measure(Subquery):
    """The number of rows, or the sum of their column `sums`, as one value inside a larger query."""

    def __init__(self, rows: QuerySet, sums: str = "", single: bool = False, **extra: Any) -> None:
        if sums:
            aggregate = "MIN(measured_value)" if single else "COALESCE(SUM(measured_value), 0)"
            self.template = f"(SELECT {aggregate} FROM (%(subquery)s) measured)"
            rows = rows.order_by().values(measured_value=F(sums))
        else:
            self.template = "(SELECT COUNT(*) FROM (%(subquery)s) measured)"
            rows = rows.order_by().values("pk")
        super().__init__(rows, **extra)


def total(rows: Iterable[QuerySet], sums: str) -> Any:
    """The sum of the whole numbers in the column `sums` over several querysets."""
    return reduce(add, (Measure(part, sums, output_field=IntegerField()) for part in rows))


def compile_numbers(measures: Sequence[BaseExpression]) -> Statement:
    names = [f"m{number}" for number in range(len(measures))]
    one_row = Area.objects.unscoped("any one row to ask from").order_by()
    query = one_row.annotate(**dict(zip(names, measures, strict=True))).values_list(*names)[:1].query
    return query.sql_with_params()


def fetch_numbers(statement: Statement) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        row = cursor.fetchone()
    if row is None:
        raise LookupError("the registry holds no areas: load them first")
    return row
