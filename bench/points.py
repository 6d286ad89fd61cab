"""Many points for the benchmarks: copies of the sample's points with their periods, in the same villages.

`python -m bench.points NUMBER` grows the registry of DATABASE_URL, search and all."""

import sys
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from itertools import cycle, islice
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 (Django comes first)

from registry.actions.search import rebuild  # noqa: E402
from registry.models import DemonstrationPoint, StatusPeriod  # noqa: E402

BATCH = 5_000
DAYS_APART = 28  # the copies of a point are named on so many different days


def grow_points(total: int) -> None:
    """Adds copies until the registry holds `total` points, on either engine: some minutes for 100,000."""
    points = DemonstrationPoint.objects.unscoped("the benchmark")
    originals = list(points.filter(code__startswith="FN-").order_by("code"))
    periods: dict[int, list[StatusPeriod]] = defaultdict(list)
    for period in StatusPeriod.objects.order_by("pk"):
        periods[period.point_id].append(period)
    made = points.count()
    for first in range(made, total, BATCH):
        numbers = range(first, min(first + BATCH, total))
        chosen = list(islice(cycle(originals), first % len(originals), first % len(originals) + len(numbers)))
        copies = [
            _copy(point, code=f"BN-{number:08d}", name=f"{point.name}{number}")
            for number, point in zip(numbers, chosen, strict=True)
        ]
        DemonstrationPoint.objects.bulk_create(copies, batch_size=1_000)
        StatusPeriod.objects.bulk_create(
            [
                _later(period, number % DAYS_APART, copy)
                for number, point, copy in zip(numbers, chosen, copies, strict=True)
                for period in periods[point.pk]
            ],
            batch_size=1_000,
        )
    rebuild()
    with suppress(ImportError):  # a release may keep no counts
        from registry.actions.tallies import fold_counts  # noqa: PLC0415

        fold_counts()  # as the worker does
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _copy(record: Any, **values: Any) -> Any:
    columns = {
        field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields if not field.primary_key
    }
    return type(record)(**columns | values)


def _later(period: StatusPeriod, days: int, point: DemonstrationPoint) -> StatusPeriod:
    return _copy(
        period, point_id=point.pk, valid_from=_moved(period.valid_from, days), valid_to=_moved(period.valid_to, days)
    )


def _moved(day: date | None, days: int) -> date | None:
    return day + timedelta(days) if day else None


if __name__ == "__main__":
    grow_points(int(sys.argv[1]))
