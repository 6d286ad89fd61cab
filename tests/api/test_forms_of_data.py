"""Forms of data that other programs send and read: a byte-order mark before JSON, days as days in workbooks."""

from datetime import date, datetime
from io import BytesIO

import openpyxl
from django.test import Client

from tests.api.sending import program
from tests.api.test_loads import GOOD, send, work


def test_json_with_a_byte_order_mark_is_read(sample, clerk_tangfang, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    clerk = program(clerk_tangfang)
    url = send(clerk, GOOD, dry_run="1")[1]["url"]
    work()
    answer = Client().post(
        f"{url.removeprefix('http://testserver')}apply/", "\ufeff{}".encode(), content_type="application/json",
        headers={"Authorization": f"Token {clerk.text}"},
    )  # fmt: skip
    assert answer.status_code == 202, answer.content


def cells_under(client, address: str, heading: str) -> list:
    answer = client.get(address)
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    _stamp, headings, *rows = book.active.iter_rows(values_only=True)
    return [row[headings.index(heading)] for row in rows if row[headings.index(heading)]]


def test_days_in_an_exported_workbook_are_days_where_they_are_exact(sample, client):
    exact = cells_under(client, "/belts/?format=xlsx", "建成日期")
    assert exact and all(isinstance(day, date | datetime) for day in exact)
    known_to_the_month = cells_under(client, "/points/?format=xlsx", "命名日期")
    assert known_to_the_month and all(isinstance(day, str) for day in known_to_the_month)
