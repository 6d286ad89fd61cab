"""A load mended in its preview: a cell, a value in all rows, a row left out; the file need not travel again."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registry.actions.jobs import run_one
from registry.loading import lifecycle
from registry.models import DemonstrationPoint, Event, KnownHeading, Load
from registry.overviews.tasks import tasks_of
from registry.text.refusals import Refused
from tests.registry.test_loading_files import HEADINGS, Formula, applied, checked, refusals, site, workbook

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles


def three(**changed) -> bytes:
    """Three sites, all with what is `changed`."""
    return workbook(HEADINGS, *(site(示范点名称=f"唐坊镇新立{number}号示范点", **changed) for number in range(3)))


def edit(client, load: Load, **typed: str) -> Load:
    client.force_login(load.by)
    form = {name.replace("__", "-"): text for name, text in typed.items()}
    assert client.post(reverse("load-edit", args=[load.key]), form).status_code == 302
    run_one()
    load.refresh_from_db()
    return load


def page_of(client, load: Load) -> str:
    client.force_login(load.by)
    return client.get(load.get_absolute_url()).content.decode()


def new_points() -> list[DemonstrationPoint]:
    return list(DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").order_by("name"))


def test_a_refused_cell_is_edited_on_the_page_and_read_as_in_the_file(sample, client, administrator):
    load = checked(workbook(HEADINGS, site(等次="最好")), administrator)
    assert 'name="cell-0-2-grade"' in page_of(client, load) and 'value="最好"' in page_of(client, load)
    assert edit(client, load, **{"cell-0-2-grade": "更好"}).refused == 1
    assert "更好" in page_of(client, load)
    load = edit(client, load, **{"cell-0-2-grade": "示范"})
    assert (load.new, load.refused, load.edits) == (1, 0, {"0": {
        "cells": {"2": {"grade": "示范"}}, "values": {}, "left_out": []
    }})  # fmt: skip
    assert applied(load).new == 1
    assert new_points()[0].periods.get().grade == "demonstration"


def test_a_value_is_replaced_in_all_rows_that_have_it(sample, client, administrator):
    load = checked(three(等次="最好"), administrator)
    load = edit(client, load, **{"cell-0-2-grade": "很好", "all-0-2-grade": "1"})
    assert load.refused == 3
    load = edit(client, load, **{"cell-0-3-grade": "示范", "all-0-3-grade": "1"})
    assert (load.new, load.refused) == (3, 0)


def test_a_blank_column_and_one_the_sheet_lacks_are_filled_for_all_rows(sample, client, administrator):
    rows = [dict(zip(HEADINGS, site(示范点名称=f"唐坊镇新立{number}号示范点"), strict=True)) for number in range(2)]
    headings = [heading for heading in HEADINGS if heading != "示范点级别"]
    data = workbook(headings, *([row[heading] for heading in headings] for row in rows))
    load = checked(data, administrator)
    assert load.refused == 2
    load = edit(client, load, **{"cell-0-2-level": "市级", "all-0-2-level": "1"})
    assert (load.new, load.refused) == (2, 0)
    applied(load)
    assert {period.level for point in new_points() for period in point.periods.all()} == {"municipal"}


def test_a_cell_with_an_error_or_without_a_result_takes_what_is_typed(sample, client, administrator):
    load = checked(workbook(HEADINGS, site(党员人数="#N/A"), site(示范点名称=Formula("=A1", ""))), administrator)
    assert {code for row in refusals(load).values() for _cell, code in row} >= {"error_cell"}
    assert edit(client, load, **{"cell-0-2-member_count": "36"}).new >= 1


def test_a_row_is_left_out_and_taken_in_again(sample, client, administrator):
    load = checked(workbook(HEADINGS, site(), site(示范点名称="唐坊镇新立二号示范点", 等次="最好")), administrator)
    load = edit(client, load, **{"out-0-3": "1"})
    assert (load.new, load.refused, load.total) == (1, 0, 1)
    assert 'name="back-0-3"' in page_of(client, load)
    load = edit(client, load, **{"back-0-3": "1"})
    assert (load.new, load.refused, load.edits) == (1, 1, {})
    applied(edit(client, load, **{"out-0-3": "1"}))
    assert [point.name for point in new_points()] == ["唐坊镇新立党建示范点"]


def test_what_was_edited_stands_in_the_event_without_the_value(sample, client, administrator):
    load = applied(edit(client, checked(three(书记=""), administrator),
        **{"cell-0-2-secretary": "示例书记", "all-0-2-secretary": "1", "out-0-4": "1"}))  # fmt: skip
    events = Event.objects.filter(change_set=load.change_set, kind="demonstrationpoint")
    assert [event.reason for event in events] == ["台账.xlsx，在页面上更正：党组织书记"] * 2


def test_edits_stay_when_a_column_is_matched_anew(sample, client, administrator):
    load = edit(client, checked(workbook([*HEADINGS, "说明栏"], site(等次="最好", 说明栏="甲")), administrator),
        **{"cell-0-2-grade": "示范"})  # fmt: skip
    form = {f"field-0-{len(HEADINGS)}": "remark", "kind": "point"}
    assert client.post(reverse("load-read", args=[load.key]), form).status_code == 302
    run_one()
    load.refresh_from_db()
    assert (load.new, load.refused, KnownHeading.objects.filter(field="remark").count()) == (1, 0, 1)


def test_a_cell_that_was_not_changed_is_no_edit_and_nothing_is_checked_again(sample, client, administrator):
    load = checked(three(等次="最好"), administrator)
    client.force_login(administrator)
    typed = {"cell-0-2-grade": " 最好 ", "cell-0-99-grade": "示范", "cell-7-2-grade": "示范", "cell-0-2-none": "x"}
    client.post(reverse("load-edit", args=[load.key]), typed)
    load.refresh_from_db()
    assert (load.state, load.edits) == ("ready", {})


def test_an_applied_load_is_not_edited(sample, client, administrator):
    load = applied(checked(three(), administrator))
    client.force_login(administrator)
    answer = client.post(reverse("load-edit", args=[load.key]), {"out-0-2": "1"})
    assert answer.status_code == 409
    with pytest.raises(Refused):
        lifecycle.edit_load(load, {"0": {"cells": {}, "values": {}, "left_out": [2]}}, by=administrator)


def test_too_many_edits_are_refused_with_a_sentence(sample, client, administrator, monkeypatch):
    monkeypatch.setattr("registry.loading.edits.MOST_EDITS", 1)
    load = checked(three(等次="最好"), administrator)
    client.force_login(administrator)
    answer = client.post(reverse("load-edit", args=[load.key]), {"out-0-2": "1", "out-0-3": "1"})
    assert (answer.status_code, "1" in answer.content.decode()) == (409, True)


def test_only_the_sender_sees_the_cells(sample, client, administrator, clerk_tangfang):
    load = checked(three(等次="最好"), clerk_tangfang)
    client.force_login(administrator)
    assert "cell-0-2-grade" not in client.get(load.get_absolute_url()).content.decode()


def test_a_file_that_nobody_applied_is_no_task_for_ever(sample, administrator):
    load = checked(three(), administrator)
    assert [task.url for task in tasks_of(administrator, timezone.localdate())].count(load.get_absolute_url()) == 1
    Load.objects.filter(pk=load.pk).update(sent_at=timezone.now() - timedelta(days=8))
    assert load.get_absolute_url() not in [task.url for task in tasks_of(administrator, timezone.localdate())]
