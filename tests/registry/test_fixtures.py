"""Fixtures: what is loaded is counted truthfully, logged and searched; a faulty one is told with its place."""

import json

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import UniqueConstraint

from registry.management.commands.dumpdata import APPS, LEFT_OUT, models_in_order
from registry.models import Belt, BeltMembership, Event, Parameter, SearchEntry, User
from registry.models.base import Part
from tests.registry.test_load_command import output_of

BELT = {"model": "registry.belt", "fields": {
    "code": "B-FX", "name": "固定装置示范带", "area": ["130207108"], "kind": "themed", "level": "district",
    "planned_on": "2026-01-05",
}}  # fmt: skip


@pytest.fixture
def fixture(sample, tmp_path):
    """Writes rows as a fixture and returns its path."""
    User.objects.create_superuser("root", password="a long enough password")

    def write(*rows, text: str = ""):
        path = tmp_path / "rows.json"
        path.write_text(text or json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        return path

    return write


def belt_row(**fields) -> dict:
    return {**BELT, "fields": {**BELT["fields"], **fields}}


def stored_row(**fields) -> dict:
    return {"model": "registry.belt", "fields": {"code": "B-02", **fields}}


def counts(answer: dict) -> tuple:
    return answer["state"], answer["new"], answer["changed"], answer["same"]


def test_each_row_is_new_changed_or_the_same(fixture, capsys):
    path = fixture(belt_row(), stored_row(name="改名的示范带"), {"model": "registry.belt", "fields": {"code": "B-03"}})
    assert counts(output_of(capsys, path)) == ("applied", 1, 1, 1)
    assert counts(output_of(capsys, path)) == ("applied", 0, 0, 3)


def test_what_a_row_does_not_name_stays_as_it_is(fixture):
    before = Belt._base_manager.get(code="B-02")
    call_command("loaddata", str(fixture(stored_row(name="改名的示范带"))), verbosity=0)
    after = Belt._base_manager.get(code="B-02")
    assert (after.name, after.area_id, after.built_on) == ("改名的示范带", before.area_id, before.built_on)
    assert after.version == before.version + 1


@pytest.mark.parametrize("command", ["load", "loaddata"])
def test_loaded_rows_are_in_the_events_and_in_the_search_index(command, fixture, capsys):
    call_command(command, str(fixture(belt_row(), stored_row(name="改名的示范带"))))
    added, changed = (Event.objects.get(kind="belt", code=code) for code in ("B-FX", "B-02"))
    assert (added.verb, added.changes["name"]) == ("add", [None, BELT["fields"]["name"]])
    assert (changed.verb, changed.changes) == ("change", {"name": ["煤河沿线党建示范带", "改名的示范带"]})
    assert "rows.json" in added.reason and added.change_set == changed.change_set
    assert (added.actor.username if command == "load" else added.actor) == ("root" if command == "load" else None)
    assert set(SearchEntry.objects.filter(code__in=["B-FX", "B-02"]).values_list("name", flat=True)) == {
        BELT["fields"]["name"], "改名的示范带",
    }  # fmt: skip


def test_a_part_is_logged_with_its_record(fixture):
    member = BeltMembership.objects.select_related("belt", "point").filter(belt__code="B-02").first()
    row = {"model": "registry.beltmembership", "fields": {
        "belt": ["B-02"], "point": [member.point.code], "valid_from": str(member.valid_from), "position": 99,
    }}  # fmt: skip
    call_command("loaddata", str(fixture(row)), verbosity=0)
    [changed] = Event.objects.get(kind="belt", code="B-02").changes["beltmembership"]["changed"]
    assert changed["changes"] == {"position": [member.position, 99]}


def test_a_dry_run_tries_everything_and_leaves_nothing(fixture, capsys):
    assert counts(output_of(capsys, fixture(belt_row()), "--dry-run")) == ("ready", 1, 0, 0)
    assert not Belt._base_manager.filter(code="B-FX").exists()
    assert not Event.objects.exists()
    assert not SearchEntry.objects.filter(code="B-FX").exists()
    assert _told(fixture(belt_row(level="galactic")), capsys, "--dry-run")


def _told(path, capsys, *options) -> str:
    """The one sentence that refuses a fixture."""
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(path), "--json", *options)
    answer = json.loads(capsys.readouterr().out)
    assert (ended.value.code, answer["state"], answer["new"]) == (1, "refused", 0)
    assert "\n" not in answer["message"]
    return answer["message"]


GOOD = stored_row(name="改名的示范带")
FAULTS = {
    "a field of another kind of row": ([GOOD, belt_row(colour="red")], "colour"),
    "a date that is none": ([GOOD, belt_row(built_on="2026-02-30")], "built_on"),
    "a number that is none": ([GOOD, {"model": "registry.parameter", "fields": {"code": "P", "value": "x"}}], "value"),
    "a choice that is none": ([GOOD, belt_row(level="galactic")], "level"),
    "a sign that no page can show": ([GOOD, belt_row(name="示\x01范带")], "name"),
    "a longer text": ([GOOD, belt_row(name="带" * 500)], "name"),
    "a row that does not exist": ([GOOD, belt_row(area=["999999999"])], "area"),
    "a number that does not exist": ([GOOD, belt_row(organisation=987654321)], "organisation"),
    "a list with what does not exist": ([GOOD, belt_row(townships=[["999999999"]])], "townships"),
    "a key of the wrong kind": ([GOOD, belt_row(organisation={"code": "x"})], "organisation"),
    "a missing field": (
        [GOOD, {"model": "registry.belt", "fields": {"code": "B-FX", "planned_on": "2026-01-05"}}],
        "area",
    ),
    "an unknown kind of row": ([GOOD, {**BELT, "model": "registry.train"}], "model"),
    "no fields": ([GOOD, {"model": "registry.belt"}], ""),
    "an end before its beginning": ([GOOD, belt_row(built_on="2026-05-01", ended_on="2026-04-01")], ""),
    "the same row twice": ([belt_row(), belt_row(name="又一")], ""),
}


@pytest.mark.parametrize(("rows", "field"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_fixture_is_told_with_its_place_and_changes_nothing(rows, field, fixture, capsys):
    words = _told(fixture(*rows), capsys)
    assert words.startswith("rows.json，第 2 个对象")
    assert (f"“{field}”" in words) == bool(field)
    assert not Event.objects.exists()
    assert Belt._base_manager.get(code="B-02").name == "煤河沿线党建示范带"
    with pytest.raises(CommandError, match=r"rows\.json，第 2 个对象"):
        call_command("loaddata", str(fixture(*rows)), verbosity=0)


def test_a_file_that_is_no_json_is_told_with_its_line(fixture, capsys):
    assert "第 2 行" in _told(fixture(text='[{"model": "registry.belt",\n "fields": {]'), capsys)


def test_a_clerk_loads_no_fixture(fixture, capsys, clerk_daqi):
    assert _told(fixture(belt_row()), capsys, "--as", clerk_daqi.username)


def test_a_voided_part_and_the_one_in_its_place_are_two_rows(fixture, tmp_path):
    """The unique constraints hold among the rows in force only."""
    member = BeltMembership.objects.first()
    BeltMembership._base_manager.filter(pk=member.pk).update(voided="5b7c2f6e7f4b4c269a553f5f2f0b8f11")
    member.pk = None
    member.save()
    count = BeltMembership._base_manager.count()
    path = tmp_path / "members.json"
    call_command("dumpdata", "registry.beltmembership", output=str(path))
    BeltMembership._base_manager.filter(voided__isnull=False).delete()
    call_command("loaddata", str(path), verbosity=0)
    assert BeltMembership._base_manager.count() == count


def test_every_model_is_dumped_or_named_with_the_reason():
    models = {model._meta.label_lower for app in APPS for model in apps.get_app_config(app).get_models()}
    assert {model._meta.label_lower for model in models_in_order()} | set(LEFT_OUT) == models
    assert {model for model in models_in_order() if not hasattr(model, "natural_key")} == set()


def test_a_natural_key_names_one_row_in_force():
    """Each is unique in the database, or holds the words that somebody wrote."""
    by_words = {"text", "reason", "at"}
    for model in models_in_order():
        if issubclass(model, Part) and not by_words & set(model.natural_fields):
            names = {path.partition("__")[0].removesuffix("_id") for path in model.natural_fields}
            rules = [set(rule.fields) for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)]
            rules += [{column.name} for column in model._meta.fields if column.unique and not column.primary_key]
            assert any(rule <= names for rule in rules), model


def test_a_parameter_keeps_its_number_of_digits(fixture, capsys):
    parameter = Parameter.objects.unscoped("test").exclude(value=None).first()
    row = {"model": "registry.parameter", "fields": {"code": parameter.code, "value": str(parameter.value.normalize())}}
    assert counts(output_of(capsys, fixture(row))) == ("applied", 0, 0, 1)
