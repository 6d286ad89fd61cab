"""The kept counts of points are what the points and their periods give, whatever was written and however."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.access.scope import Scope
from registry.actions.tallies import fold_counts, recount
from registry.figures import FIGURES, breakdowns
from registry.models import DemonstrationPoint, Field, PointTally, StatusPeriod, Unit, Zone
from registry.models.tally_triggers import drop_triggers, missing_triggers, wrong_counts
from registry.text.area_codes import unit_length
from tests.conftest import DAQI, DISTRICT, TANGFANG
from tests.factories import make_named_point, make_period, make_point

FIRST = date(2019, 12, 30)
DAYS = st.integers(0, 800).map(lambda days: FIRST + timedelta(days))
AREAS = st.sampled_from([DISTRICT, DAQI, TANGFANG, f"{DAQI}201"])
GRADES = st.sampled_from(["premium", "demonstration", "standard"])
STATUSES = st.sampled_from(["named", "withdrawn", "draft"])
WHICH = st.integers(0, 2)  # few points, so that the writes meet


def name(points: list, day: date, length: int, grade: str, status: str, which: int) -> None:
    """A period more; a second one that is open or begins on the same day is refused by the database."""
    until = None if length > 400 else day + timedelta(length + 1)
    make_period(points[which], day, until, grade=grade, status=status)


def begin(points: list, area: str, day: date, which: int) -> None:
    points[which] = make_named_point(day, area=area)


def begin_many(points: list, day: date, which: int) -> None:
    copies = [
        DemonstrationPoint(**_values(points[which]) | {"code": f"M-{uuid4()}", "name": uuid4()}) for _n in range(3)
    ]
    DemonstrationPoint.objects.bulk_create(copies)
    StatusPeriod.objects.bulk_create(
        StatusPeriod(point=copy, status="named", level="district", grade="premium", document_no="1", valid_from=day)
        for copy in copies
    )


def _values(point: DemonstrationPoint) -> dict:
    return {name: getattr(point, name) for name in ("area_id", "field", "unit_id", "organisation_id")}


def move(points: list, area: str, which: int) -> None:
    points[which].area_id = area
    points[which].save()


def move_many(points: list, area: str) -> None:
    rows = DemonstrationPoint.objects.unscoped("test").filter(pk__in=[point.pk for point in points])
    rows.update(area_id=area, field="rural")


def change_field(points: list, field: str, which: int) -> None:
    DemonstrationPoint._base_manager.filter(pk=points[which].pk).update(field=field)


def change_periods(points: list, grade: str, which: int) -> None:
    StatusPeriod.objects.filter(point=points[which]).update(grade=grade)


def end(points: list, day: date, which: int) -> None:
    StatusPeriod.objects.filter(point=points[which], valid_to=None, valid_from__lt=day).update(valid_to=day)


def remove(points: list, which: int) -> None:
    StatusPeriod.objects.filter(point=points[which]).delete()


def void(points: list, which: int) -> None:
    DemonstrationPoint._base_manager.filter(pk=points[which].pk).update(voided=uuid4())
    StatusPeriod._base_manager.filter(point=points[which]).update(voided=uuid4())


def restore(points: list, which: int) -> None:
    DemonstrationPoint._base_manager.filter(pk=points[which].pk).update(voided=None)


def join_a_zone(points: list, which: int) -> None:
    unit = Unit.objects.unscoped("test").order_by("code")[which]
    DemonstrationPoint._base_manager.filter(pk=points[which].pk).update(unit=unit)
    zone = Zone.objects.unscoped("test").filter(kind="development").first()
    Unit._base_manager.filter(pk=unit.pk).update(zone=None if unit.zone_id else zone)


def fold(points: list) -> None:
    fold_counts()


FIELDS = st.sampled_from(Field.values)
LENGTHS = st.integers(0, 500)
WRITES = st.one_of(
    *(
        st.tuples(st.just(act), *values)
        for act, *values in (
            (name, DAYS, LENGTHS, GRADES, STATUSES, WHICH), (begin, AREAS, DAYS, WHICH), (begin_many, DAYS, WHICH),
            (move, AREAS, WHICH), (move_many, AREAS), (change_field, FIELDS, WHICH), (change_periods, GRADES, WHICH),
            (end, DAYS, WHICH), (remove, WHICH), (void, WHICH), (restore, WHICH), (join_a_zone, WHICH), (fold,),
        )
    )
)  # fmt: skip


class Killed(Exception):
    """Stands for an end in the middle of a transaction."""


def write(points: list, act: Callable, *values, killed: bool) -> None:
    """An act in a transaction, which ends in the middle if it is `killed` or the database refuses the row."""
    with suppress(Killed, IntegrityError), transaction.atomic():
        act(points, *values)
        if killed:
            raise Killed


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(WRITES, st.booleans()), min_size=4, max_size=14), DAYS)
def test_the_counts_are_those_of_the_rows_after_any_writes(sample, writes, day):
    with transaction.atomic():
        points = [make_point(area=TANGFANG) for _number in range(3)]
        for (act, *values), killed in writes:
            write(points, act, *values, killed=killed)
        assert wrong_counts(connection) == 0
        for area in (DISTRICT, DAQI, "13"):
            for on in (day, date(day.year, 12, 31), date(day.year, 1, 1)):
                assert_same_as_rows(Scope(on, area))
        transaction.set_rollback(True)


def assert_same_as_rows(scope: Scope) -> None:
    for slug in ("points", "premium-rate", "enterprise-zone-points"):
        figure = FIGURES[slug]
        rows = figure.rows(scope)
        assert figure.answer(scope).part == rows.count(), slug
        names = [dimension.name for dimension in figure.record_kind.dimensions]
        for name, groups in zip(names, breakdowns([(figure, name) for name in names], scope), strict=True):
            key = figure.record_kind.dimension(name).on(scope)
            by_rows = Counter(rows.order_by().annotate(by_key=key).values_list("by_key", flat=True))
            assert {key: answer.part for key, _name, answer in groups if answer.part} == by_rows, (slug, name)


CHANGES = {
    "area_id": lambda: DAQI,
    "field": lambda: "rural",
    "unit_id": lambda: Unit.objects.unscoped("test").exclude(zone=None).values_list("pk", flat=True)[0],
    "voided": uuid4,
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_a_point_moves_its_count(column, sample):
    point = make_named_point(date(2021, 6, 1))
    DemonstrationPoint._base_manager.filter(pk=point.pk).update(**{column: CHANGES[column]()})
    assert wrong_counts(connection) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"status": "withdrawn"},
        {"level": "municipal"},
        {"grade": "premium"},
        {"voided": uuid4()},
        {"valid_from": date(2020, 6, 1)},
        {"valid_to": date(2021, 7, 1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_a_period_moves_its_count(change, sample):
    point = make_named_point(date(2021, 6, 1), date(2021, 8, 1))
    make_period(point, date(2021, 8, 1))
    StatusPeriod.objects.filter(point=point, valid_from=date(2021, 6, 1)).update(**change)
    assert wrong_counts(connection) == 0


def test_a_unit_that_leaves_its_zone_takes_its_points_along(sample):
    scope = Scope(date(2021, 12, 31), DISTRICT)
    figure = FIGURES["enterprise-zone-points"]
    unit = figure.rows(scope).select_related("unit")[0].unit
    before, own = figure.answer(scope).part, figure.rows(scope).filter(unit=unit).count()
    Unit._base_manager.filter(pk=unit.pk).update(zone=None)
    assert figure.answer(scope).part == before - own


def test_folding_keeps_each_count_in_one_row(sample):
    for _number in range(3):
        make_named_point(date(2021, 6, 1))
    fold_counts()
    keys = PointTally.objects.values_list("depth", "area", "span", "day", "field", "level", "grade", "zone", "named_in")
    assert len(keys) == len(set(keys))
    assert not PointTally.objects.filter(change=0).exists()
    assert wrong_counts(connection) == 0


def test_a_withdrawn_naming_leaves_no_row_behind(sample):
    point = make_named_point(date(2021, 6, 1))
    before = PointTally.objects.count()
    StatusPeriod.objects.filter(point=point).delete()
    fold_counts()
    assert PointTally.objects.count() <= before and wrong_counts(connection) == 0


def test_a_lost_trigger_is_noticed_and_counting_anew_puts_it_right(sample):
    drop_triggers(connection)
    make_named_point(date(2021, 6, 1))
    assert missing_triggers(connection) and wrong_counts(connection)
    assert recount() > 0
    assert not missing_triggers(connection) and not wrong_counts(connection)


def test_no_figure_of_points_reads_the_points():
    """Its statement names the kept counts alone; otherwise it would grow with the points."""
    scope = Scope(date(2021, 6, 30), DISTRICT)
    for slug in ("points", "premium-rate", "enterprise-zone-points"):
        for depth in (len(DISTRICT), unit_length(DISTRICT)):
            tables = {rows.model for rows in FIGURES[slug].tallies(scope, depth)}
            assert tables == {PointTally}
