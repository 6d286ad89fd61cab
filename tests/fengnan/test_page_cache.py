"""Public pages from memory: for whom, under which key, and how many."""

import re
from datetime import date

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fengnan.middleware import page_cache
from fengnan.middleware.page_cache import OVERHEAD, Page, Pages
from registry.memory import cache_up_to
from registry.models import Belt, generation
from registry.models.generation import UNWATCHED, current_generation, watch_tables
from tests.fengnan.test_pages import SIGN_IN

MANY = 10_000


def page(size: int) -> Page:
    return Page(b"x" * (size - OVERHEAD), {})


def test_what_was_used_least_recently_is_dropped_first():
    pages = Pages(8 * MANY)
    for number in range(8):
        pages.add("g", (str(number),), page(MANY))
    assert pages.get("g", ("0",)) is not None
    pages.add("g", ("8",), page(MANY))
    assert [pages.get("g", (str(number),)) is not None for number in (0, 1, 2, 8)] == [True, False, True, True]


def test_memory_is_bounded_in_bytes_whatever_is_added():
    pages = Pages(10 * MANY)
    for number in range(200):
        pages.add(f"g{number // 50}", (str(number),), page(OVERHEAD + number * 100))
        contents = [answer.content for answer, _size in pages.answers.entries.values()]
        assert pages.answers.size == sum(len(content) + OVERHEAD for content in contents) <= 10 * MANY


def test_an_answer_that_would_take_most_of_the_memory_is_not_kept():
    pages = Pages(8 * MANY)
    pages.add("g", ("large",), page(MANY + 1))
    assert not pages.answers.entries


def test_a_page_of_another_generation_is_never_given():
    pages = Pages(8 * MANY)
    pages.add("g", ("a",), page(MANY))
    assert pages.get("h", ("a",)) is None
    pages.add("h", ("b",), page(MANY))
    assert pages.get("g", ("a",)) is None and list(pages.answers.entries) == [("b",)]


def test_drawings_are_made_once_and_bounded_in_bytes():
    made = []

    @cache_up_to(8 * MANY, len)
    def draw(number: int) -> str:
        made.append(number)
        return "x" * MANY

    for number in (*range(8), 0, 8, 0, 1):
        draw(number)
    assert made == [*range(9), 1]


@pytest.fixture
def moved(monkeypatch):
    """A generation that a test moves by hand: that of the database stands still in the transaction of a test."""
    names = ["first"]
    monkeypatch.setattr(page_cache, "current_generation", lambda: names[-1])
    return lambda: names.append(f"{len(names)}")


def queries_of(client, path: str = "/points/", **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path, headers=headers).status_code == 200
    return len(queries)


def test_a_page_is_made_once_for_a_generation(sample, client, moved):
    assert queries_of(client) > 0
    first, again = client.get("/points/"), client.get("/points/")
    assert queries_of(client) == 0
    assert (again.content, again["ETag"], again["Vary"]) == (first.content, first["ETag"], first["Vary"])
    assert again["Content-Security-Policy"] == first["Content-Security-Policy"]
    moved()
    assert queries_of(client) > 0


def test_an_unchanged_page_costs_no_query_also_where_it_is_not_in_memory(sample, client, moved):
    etag = client.get("/points/")["ETag"]
    elsewhere = Client()  # with an empty memory, like another process
    with CaptureQueriesContext(connection) as queries:
        answer = elsewhere.get("/points/", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content, answer["ETag"], len(queries)) == (304, b"", etag, 0)
    moved()
    assert elsewhere.get("/points/", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "sessionid=x"}, {"Cookie": "messages=x"}, {"Authorization": "Token x"}, {"HX-Request": "true"}],
)
def test_who_is_not_just_anybody_gets_a_page_of_their_own(headers, sample, client, moved):
    client.get("/points/")
    assert queries_of(client, **headers) > 0


def test_the_page_of_an_account_is_given_to_nobody_else(sample, client, moved, administrator):
    client.force_login(administrator)
    assert "/desk/" in client.get("/").content.decode()
    assert "/desk/" not in Client().get("/").content.decode()
    assert "/desk/" in client.get("/").content.decode()


def test_a_page_with_a_form_is_made_for_each(sample, client, moved):
    tokens = {re.search(r'csrfmiddlewaretoken" value="(\w+)"', str(Client().get(SIGN_IN).content))[1] for _ in range(2)}
    assert len(tokens) == 2


def test_midnight_moves_the_default_day(sample, client, moved, monkeypatch):
    etag = client.get("/points/")["ETag"]

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return date.fromordinal(date.today().toordinal() + 1)

    monkeypatch.setattr(page_cache, "date", Tomorrow)
    assert client.get("/points/", headers={"If-None-Match": etag}).status_code == 200
    assert client.get("/points/")["ETag"] != etag


@pytest.mark.parametrize("other", ["/en/points/", "/points/?area=130207108", "/points/?as_of=2020-12-31", "/belts/"])
def test_language_scope_and_day_are_part_of_the_key(other, sample, client, moved):
    assert client.get("/points/")["ETag"] != client.get(other)["ETag"]
    assert client.get("/points/").content != client.get(other).content


def test_host_and_prefix_are_part_of_the_key(sample, client, moved, settings):
    settings.ALLOWED_HOSTS = ["one.example.cn", "two.example.cn"]
    answers = [
        client.get("/points/", headers={"Host": host}, SCRIPT_NAME=prefix)
        for host, prefix in (("one.example.cn", ""), ("two.example.cn", ""), ("one.example.cn", "/fengnan"))
    ]
    assert len({answer["ETag"] for answer in answers}) == 3
    assert [b"http://two.example.cn/points/" in answer.content for answer in answers] == [False, True, False]
    assert client.get("/points/", headers={"Host": "foreign.example.cn"}).status_code == 400


def test_what_moved_while_a_page_was_made_is_not_kept(sample, client, moved, monkeypatch):
    names = iter(["before", "after", "after", "after"])
    monkeypatch.setattr(page_cache, "current_generation", lambda: next(names))
    assert queries_of(client) > 0
    assert queries_of(client) > 0


def test_a_setting_turns_it_off(sample, moved, settings):
    settings.PAGE_CACHE_MB = 0
    client = Client()
    assert queries_of(client) == queries_of(client) > 0


def test_inside_a_transaction_nothing_is_from_memory(sample, client):
    """It may have changed what nobody else sees yet."""
    assert current_generation() is None
    assert queries_of(client) == queries_of(client) > 0


def triggers() -> set[str]:
    with connection.cursor() as cursor:
        return generation._triggers(connection, cursor)


def test_all_tables_but_those_that_are_named_have_their_triggers(sample):
    with connection.cursor() as cursor:
        assert triggers() == generation._watched(connection, cursor)
        named = {name for name in UNWATCHED if not name.endswith("_eventlink")}
        assert named <= set(connection.introspection.table_names(cursor))


def test_a_table_that_was_made_anew_gets_its_triggers_back(sample):
    table = Belt._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        on_sqlite = [f"DROP TRIGGER {generation.TRIGGER}_{act}_{table}" for act in ("insert", "update", "delete")]
        on_postgres = [f"DROP TRIGGER {generation.TRIGGER} ON {table}"]
        for statement in on_sqlite if connection.vendor == "sqlite" else on_postgres:
            cursor.execute(statement)
        assert table not in triggers()
        watch_tables()
        assert table in triggers()
        transaction.set_rollback(True)
