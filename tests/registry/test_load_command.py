"""`manage.py load`: the same loading as on the web, for scripts."""

import json

import pytest
from django.core.management import CommandError, call_command

from registry.models import DemonstrationPoint, Load, User
from tests.registry.test_loading_files import HEADINGS, SITE, site, workbook

pytestmark = pytest.mark.usefixtures("old_ledgers")  # the ledgers hold titles


@pytest.fixture
def file(tmp_path, sample):
    User.objects.create_superuser("root", password="a long enough password")
    path = tmp_path / "台账.xlsx"
    path.write_bytes(workbook(HEADINGS, site(), site(示范点名称="唐坊镇新立二号示范点", 示范点级别="")))
    return path


def output_of(capsys, *arguments) -> dict:
    call_command("load", *map(str, arguments), "--json")
    return json.loads(capsys.readouterr().out)


def new_points() -> int:
    return DemonstrationPoint.objects.unscoped("test").filter(name__startswith="唐坊镇新立").count()


def test_it_tells_the_verdict_of_each_row_as_json(file, capsys):
    answer = output_of(capsys, file, "--kind", "point")
    assert {name: answer[name] for name in ("file", "kind", "state", "new", "changed", "same", "refused")} == {
        "file": "台账.xlsx", "kind": "point", "state": "applied", "new": 1, "changed": 0, "same": 0, "refused": 1,
    }  # fmt: skip
    [bad] = [row for row in answer["rows"] if row["verdict"] == "refused"]
    assert (bad["sheet"], bad["row"]) == ("农村", 3)
    assert [
        (message["cell"], message["column"], message["code"])
        for message in bad["messages"]
        if message["code"] == "required"
    ] == [("F3", "level", "required")]
    assert new_points() == 1


def test_a_dry_run_loads_nothing_and_leaves_nothing_on_the_desk(file, capsys):
    answer = output_of(capsys, file, "--dry-run")
    assert (answer["state"], answer["new"], new_points()) == ("ready", 1, 0)
    assert not Load.objects.unscoped("test").exists()


def test_a_message_names_the_column_it_is_about(file, capsys):
    call_command("load", str(file), "--kind", "point")
    [line] = [line for line in capsys.readouterr().out.splitlines() if " F3 " in line]
    assert "示范点级别: " in line


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_a_file_whose_rows_are_all_refused_ends_with_1(how, tmp_path, file, capsys):
    path = tmp_path / "缺项.xlsx"
    path.write_bytes(workbook(HEADINGS, site(示范点级别=""), site(示范点级别="", 示范点名称="唐坊镇新立二号示范点")))
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(path), "--kind", "point", "--json", *how)
    assert (ended.value.code, json.loads(capsys.readouterr().out)["refused"]) == (1, 2)


def test_a_file_that_is_refused_ends_with_1(tmp_path, file, capsys):
    path = tmp_path / "空白.xlsx"
    path.write_bytes(workbook(["甲", "乙"], ["1", "2"]))
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(path), "--json")
    answer = json.loads(capsys.readouterr().out)
    assert (ended.value.code, answer["state"], answer["new"]) == (1, "refused", 0)
    assert "农村" in answer["message"]


def test_a_clerk_is_held_to_the_own_township(file, capsys, clerk_daqi):
    with pytest.raises(SystemExit):
        output_of(capsys, file, "--as", clerk_daqi.username)
    assert json.loads(capsys.readouterr().out)["refused"] == 2


def test_an_unknown_account_is_said(file):
    with pytest.raises(CommandError, match="nobody"):
        call_command("load", str(file), "--as", "nobody")


def test_rows_exported_as_json_load_back_as_the_same(file, tmp_path, capsys, client):
    path = tmp_path / "points.json"
    answer = client.get("/points/?format=json")
    path.write_bytes(b"".join(answer.streaming_content))
    count = len(json.loads(path.read_text(encoding="utf-8"))["rows"])
    answer = output_of(capsys, path, "--kind", "point")
    assert (answer["same"], answer["changed"], answer["new"], answer["refused"]) == (count, 0, 0, 0)


def test_a_fixture_is_loaded_as_loaddata_does(file, tmp_path, capsys):
    point = DemonstrationPoint.objects.unscoped("test").first()
    row = {"model": "registry.demonstrationpoint", "fields": {
        "code": "FX-1", "name": SITE["示范点名称"], "area": ["130207108"], "field": "rural",
        "organisation": [point.organisation.code],
    }}  # fmt: skip
    path = tmp_path / "sites.json"
    path.write_text(json.dumps([row], ensure_ascii=False), encoding="utf-8")
    assert (output_of(capsys, path, "--dry-run")["new"], new_points()) == (1, 0)
    assert output_of(capsys, path)["new"] == 1
    assert new_points() == 1
    again = output_of(capsys, path)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 1)
