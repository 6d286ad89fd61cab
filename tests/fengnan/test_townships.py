"""The townships compared, the directory of all lists, and the brands of the six types."""

import csv
import io
from datetime import date

import pytest

from fengnan.townships import COMPARED, compared_townships
from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.models import Brand
from tests.conftest import DAQI, LAST_DAY


def test_each_cell_is_the_figure_of_its_township_and_opens_it(scope, client):
    for row in compared_townships(scope):
        there = scope.within(row.area.code)
        assert [answer.value for answer in row.answers] == [FIGURES[slug].answer(there).value for slug in COMPARED]
        assert row.spark[-1] == row.answers[0].value
    page = client.get(f"/townships/?as_of={LAST_DAY}").content.decode()
    assert f"/figures/premium-rate/?area={DAQI}&amp;as_of={LAST_DAY}" in page


def test_the_points_of_all_townships_are_those_of_the_district(scope):
    rows = compared_townships(scope)
    assert sum(row.answers[0].value for row in rows) == FIGURES["points"].answer(scope).value
    before = scope.at(date(2020, 12, 31))
    change = FIGURES["points"].answer(scope).value - FIGURES["points"].answer(before).value
    assert sum(row.change.value for row in rows) == change


def test_overdue_work_is_counted_for_the_staff_only(scope, reviewer, client):
    assert {row.overdue for row in compared_townships(scope)} == {None}
    client.force_login(reviewer)
    assert {type(row.overdue) for row in client.get("/townships/").context["rows"]} == {int}


@pytest.mark.parametrize("ordering", ["points", "-premium-rate", "name"])
def test_the_table_is_sorted_by_any_column(ordering, sample, client):
    rows = client.get(f"/townships/?ordering={ordering}").context["rows"]
    name = ordering.removeprefix("-")
    values = [row.area.name if name == "name" else row.answers[COMPARED.index(name)].value for row in rows]
    assert values == sorted(values, reverse=ordering.startswith("-"))


def test_an_unknown_column_is_refused_by_name(sample, client):
    assert client.get("/townships/?ordering=secret").status_code == 400


def test_the_table_is_exported_as_it_stands(sample, client):
    answer = client.get(f"/townships/?format=csv&as_of={LAST_DAY}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    _stamp, heading, *rows = csv.reader(io.StringIO(text))
    assert (len(rows), heading[2]) == (16, str(FIGURES["points"].label))


def test_the_directory_leads_to_every_public_list_with_its_rows(scope, client):
    shelves = client.get(f"/lists/?as_of={LAST_DAY}").context["shelves"]
    counts = {address: count for _title, lists in shelves for _label, address, count in lists}
    assert counts.keys() == {f"/{slug}/" for slug, kind in KINDS.items() if not kind.redacted}
    assert counts["/points/"] == FIGURES["points"].answer(scope).value
    assert {client.get(address).status_code for address in counts} == {200}


def test_the_six_types_stand_with_their_brands_and_the_one_without(sample, client):
    Brand.objects.filter(field="rural").update(ended_on=LAST_DAY)
    types = client.get("/brand-matrix/").context["types"]
    assert len(types) == 6
    assert [len(brands) for _term, field, brands in types if field == "农村"] == [0]
