"""Pages of rows whose cost does not grow: bounded counts, pages from both ends, orders that an index serves."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.kinds import KINDS
from registry.loading.desk_kinds import desk_kinds, listed_as
from registry.models import DemonstrationPoint
from registry.views import paging
from registry.views.paging import RowPaginator
from tests.conftest import LAST_DAY

LIST = "/points/"


@pytest.fixture
def codes(sample) -> list[str]:
    rows = DemonstrationPoint.objects.public().named(LAST_DAY).order_by("area_id", "code")
    return list(rows.values_list("code", flat=True))


@pytest.fixture
def bounded(monkeypatch):
    """Lists of which 100 rows are counted."""
    monkeypatch.setattr(paging, "COUNTED", 100)


def shown(client, **parameters) -> list[str]:
    return re.findall(r'data-label="编号">([^<]+)<', client.get(LIST, parameters).content.decode())


def sorted_by(client, **parameters) -> set[str]:
    """The columns whose headings sort."""
    return set(
        re.findall(r'aria-sort="\w+"|href="[^"]*ordering=-?(\w+)', client.get(LIST, parameters).content.decode())
    )


def rows_in_order() -> RowPaginator:
    rows = DemonstrationPoint.objects.public().order_by("area_id", "code")
    return RowPaginator(rows.values_list("code", flat=True))


def test_the_pages_hold_every_row_once_in_order(client, codes):
    assert [code for page in range(1, 10) for code in shown(client, page=page)] == codes
    assert shown(client, page=99) == shown(client, page=-1) == codes[-45:]
    assert shown(client, page="x") == shown(client, page=0) == codes[:50]


def test_more_rows_than_are_counted_are_said_to_be_more(client, bounded, codes):
    assert "超过 <b>100</b> 条" in client.get(LIST).content.decode()
    assert "超过" not in client.get(LIST, {"township": codes and "130207108"}).content.decode()


def test_pages_beyond_the_bound_are_reached_from_the_end(client, bounded, codes):
    assert shown(client, page=-1) == codes[-50:]
    assert shown(client, page=-2) == codes[-100:-50]
    assert shown(client, page=7) == shown(client, page=2) == codes[50:100]
    assert 'href="?page=-1"' in client.get(LIST).content.decode()


def test_the_second_half_is_read_from_the_end(sample):
    with CaptureQueriesContext(connection) as queries:
        rows_in_order().get_page(9)
    assert "DESC" in queries[-1]["sql"] and not re.search(r"OFFSET (?!0)\d{3}", queries[-1]["sql"])


def test_rows_are_counted_once_and_not_at_all_where_the_first_page_holds_them(sample):
    with CaptureQueriesContext(connection) as queries:
        page = rows_in_order().get_page(1)
        assert page.paginator.count == page.paginator.count > 50 and page.has_next()
    assert len(queries) == 2
    few = RowPaginator(DemonstrationPoint.objects.public().order_by("code")[:30].values_list("code", flat=True))
    with CaptureQueriesContext(connection) as queries:
        assert (few.get_page(1).paginator.count, len(queries)) == (30, 1)


def test_of_many_rows_only_orders_with_an_index_are_offered(client, bounded, codes):
    points = KINDS["points"]
    with_index = {column.name for column in points.columns if points.has_index(column.name)}
    assert with_index == {"township_name"}
    assert sorted_by(client) == with_index
    assert sorted_by(client, township="130207108") >= {"name", "level", "named_on"}
    refused = client.get(LIST, {"ordering": "-name"}).content.decode()
    assert "请先筛选" in refused and shown(client, ordering="-name") == codes[:50]


@pytest.mark.parametrize("ordering", ["", "township_name", "-township_name"])
def test_an_offered_order_is_read_from_an_index(ordering, scope):
    kind = KINDS["points"]
    rows = kind.on(scope).values_list("pk").order_by(*kind.order_by(ordering))[:51]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in ("seqscan", "sort", "incremental_sort", "hashjoin"):  # with few rows they may cost less
                cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = rows.explain()
    assert "point_area_code" in plan and "TEMP B-TREE FOR ORDER BY" not in plan and "Sort Key" not in plan


@pytest.mark.parametrize("kind", [*KINDS.values(), *map(listed_as, desk_kinds())], ids=lambda kind: kind.slug)
def test_a_list_is_sorted_by_any_of_its_columns(kind, scope):
    rows = kind.annotate(kind.on(scope), scope).values_list("pk", flat=True)
    for column in kind.columns:
        keys = [list(rows.order_by(*kind.order_by(sign + column.name))) for sign in ("", "-")]
        assert sorted(keys[0]) == sorted(keys[1])
