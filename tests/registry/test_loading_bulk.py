"""Many rows at once, told apart where the database refuses one."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from registry.loading.bulk import add_all, add_values, check_references_at_once
from registry.loading.sheet_types import FEW, SHEET_TYPES, SheetRow, read_cells
from registry.loading.validate import _limited
from registry.models import (
    Area,
    DemonstrationPoint,
    Event,
    LoadRow,
    PartyOrganisation,
    SearchEntry,
    StatusPeriod,
)
from tests.factories import load_rows
from tests.registry.test_loading_points import NEW

LOADED = sorted({kind.model for kind in SHEET_TYPES.values()} | {StatusPeriod}, key=lambda model: model.__name__)
WRITTEN = [PartyOrganisation, DemonstrationPoint, StatusPeriod, Event, SearchEntry, LoadRow]  # by a load of points
EVENT = ("change_set", "verb", "kind", "code", "changes")


def rows_of_events(count: int) -> list[tuple]:
    change_set = uuid4()
    return [(change_set, "add", "test", f"T-{number}", {"name": [None, "唐坊\\\t\n"]}) for number in range(count)]


def organisation(**values) -> PartyOrganisation:
    defaults = {"name": "示例新立党支部", "form": "party_branch", "kind": "village", "area_id": "130207100"}
    return PartyOrganisation(**defaults | {"code": "O-N1"} | values)


def test_a_record_knows_the_key_of_what_was_written_just_before_it(sample):
    owner = organisation()
    point = DemonstrationPoint(code="FN-N1", name="示例点", area_id="130207100", field="rural", organisation=owner)
    assert (point.organisation_id, point.organisation) == (None, owner)
    add_all([[owner], [point]])
    stored = DemonstrationPoint.objects.unscoped("test").select_related("organisation").get(code="FN-N1")
    assert (stored.pk, stored.organisation.code) == (point.pk, "O-N1")


def test_values_are_stored_as_they_were_given(sample):
    add_values(Event, EVENT, rows_of_events(1_000))
    assert Event.objects.filter(kind="test").count() == 1_000
    assert Event.objects.filter(kind="test").first().changes == {"name": [None, "唐坊\\\t\n"]}


def test_what_makes_a_row_may_ask_the_database(sample):
    rows = ((*row[:3], f"{row[3]}-{Event.objects.count()}", row[4]) for row in rows_of_events(3))
    add_values(Event, EVENT, rows)
    assert Event.objects.filter(kind="test").count() == 3


def test_of_two_rows_with_one_key_neither_is_stored(sample):
    entry = ("points", "FN-N1", "示例点", "示例点", "shilidian", "sld")
    names = ("kind", "code", "name", "names", "pinyin", "initials")
    with pytest.raises(IntegrityError), transaction.atomic():
        add_values(SearchEntry, names, [entry])
        add_values(SearchEntry, names, [entry])
    assert not SearchEntry.objects.filter(code="FN-N1").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks references up at the end of a transaction")
def test_what_refers_to_nothing_is_told_before_the_end(sample):
    with pytest.raises(IntegrityError), transaction.atomic():
        check_references_at_once()
        add_all([[organisation(area_id="130207999")]])


def test_of_rows_written_together_only_the_one_the_database_refuses_is_refused(
    sample, administrator, monkeypatch, old_ledgers
):
    """Somebody else enters the second of three sites after the rows were judged."""
    kind, taken_name = SHEET_TYPES["point"], "唐坊镇新立二示范点"
    area = Area.objects.unscoped("test").get(name="唐坊镇")
    other = PartyOrganisation.objects.unscoped("test").first()

    def find(rows, context):
        kind.find(rows, context)
        if context.writing:
            DemonstrationPoint.objects.create(
                code="FN-X", name=taken_name, area=area, field="rural", organisation=other
            )

    monkeypatch.setitem(SHEET_TYPES, "point", replace(kind, find=find))
    names = ["唐坊镇新立一示范点", taken_name, "唐坊镇新立三示范点", "唐坊镇新立四示范点"]
    owners = ["唐坊镇新立一党支部", "唐坊镇新立二党支部", "唐坊镇新立一党支部", "唐坊镇新立二党支部"]
    rows = [{**NEW, "示范点名称": name, "党组织名称": owner} for name, owner in zip(names, owners, strict=True)]
    load = load_rows("point", *rows, by=administrator)
    refusals = [
        [message["code"] for message in row.messages if message["level"] == "refused"]
        for row in load.rows.order_by("row")
    ]
    assert refusals == [[], ["database_says"], [], []]
    made = DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").exclude(code="FN-X")
    organisations = dict(made.values_list("name", "organisation__name"))
    assert organisations == {name: owner for name, owner in zip(names, owners, strict=True) if name != taken_name}
    assert PartyOrganisation.objects.unscoped("test").filter(name__in=owners).count() == 2
    logged = Event.objects.filter(change_set=load.change_set, kind="demonstrationpoint").values_list("code", flat=True)
    assert sorted(logged) == sorted(made.values_list("code", flat=True))
    assert sorted(load.rows.filter(verdict="new").values_list("code", flat=True)) == sorted(logged)


@pytest.mark.parametrize("model", LOADED, ids=lambda model: model.__name__)
def test_what_is_taken_without_asking_a_column_would_be_taken_by_it(model):
    bad = ["x" * 501, "", None, "没有", 10**12, Decimal("1E+12"), Decimal("0.1234567"), Decimal("NaN")]
    for field, sure in _limited(model):
        for value in bad:
            try:
                field.clean(value, None)
            except (ValidationError, TypeError):
                assert not sure(value), (field.name, value)


@pytest.mark.parametrize("column", ["pk", "code", "name"])
def test_many_values_are_one_parameter_and_find_the_same(column, sample):
    rows = PartyOrganisation.objects.unscoped("test")
    some = list(rows.order_by("pk").values_list(column, flat=True)[:40])
    matches = rows.filter(**{f"{column}__among": [*some, *some]})
    assert set(matches) == set(rows.filter(**{f"{column}__in": some}))
    assert len(matches.query.sql_with_params()[1]) == 1
    assert not rows.filter(**{f"{column}__among": []})


@pytest.mark.parametrize("text", ['"', "\\", '\\"}', "{a,b}", "a,b", "NULL", "", "x" * 300, "'; --", "唐坊 镇"])
def test_whatever_a_value_among_many_says_only_the_same_is_found(text, sample):
    entry = ("points", "FN-N1", "示例点", text, "shilidian", "sld")
    add_values(SearchEntry, ("kind", "code", "name", "names", "pinyin", "initials"), [entry])
    entries = SearchEntry.objects.filter(kind="points", code="FN-N1")
    assert entries.filter(names__among=[text, "another"]).exists()
    assert not entries.filter(names__among=[f"{text}x", f"x{text}", "another"]).exists()
    assert not entries.filter(code__among=["FN-N1" + "x" * 40]).exists()


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_no_index_of_what_a_load_writes_is_kept_twice(model):
    """Areas are sought by range, so a second index of theirs for LIKE, which Django adds to its own, helps nobody."""
    whole = [
        constraint
        for constraint in model._meta.constraints
        if getattr(constraint, "fields", ()) and not constraint.condition
    ]
    first = {index.fields[0] for index in [*whole, *model._meta.indexes]}
    twice = {field.name for field in model._meta.fields if field.is_relation and field.db_index} & first
    assert not twice
    assert not [field.name for field in model._meta.fields if field.related_model is Area and field.db_index]


def test_a_column_keeps_only_so_many_texts_that_were_read():
    column = SHEET_TYPES["point"].column("name")
    rows, cache = [SheetRow(0, number, {"name": f"示例{number}点"}) for number in range(2 * FEW)], defaultdict(dict)
    for row in rows:
        read_cells(row, [column], cache)
    assert [row.values["name"] for row in rows] == [row.texts["name"] for row in rows]
    assert len(cache["name"]) == FEW
