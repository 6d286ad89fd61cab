"""The sample data: made, not typed; honest about what is made up; loadable by either road."""

import json
import re
from collections import Counter
from itertools import chain, groupby

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from registry.actions.sample import FOLDER, make_demo_accounts
from registry.models import Area, DemonstrationPoint, User
from tests.conftest import DISTRICT
from tools.sample.__main__ import make

FILES = sorted(FOLDER.glob("*.json"))
ROWS = [row for file in FILES for row in json.loads(file.read_text(encoding="utf-8"))]
RECORDS = [model for app in ("registry", "assessment") for model in apps.get_app_config(app).get_models()]


def test_the_committed_fixtures_are_what_the_generator_writes(tmp_path):
    make().write(tmp_path)
    assert [file.name for file in sorted(tmp_path.glob("*.json"))] == [file.name for file in FILES]
    for file in FILES:
        assert (tmp_path / file.name).read_text(encoding="utf-8") == file.read_text(encoding="utf-8"), file.name


def test_every_row_of_the_sample_passes_its_own_checks(sample):
    """Of each field and of the row; constraints and references were checked by the database that holds them."""
    for model in RECORDS:
        references = [field.name for field in model._meta.fields if field.is_relation]
        for row in model._base_manager.all():
            row.clean_fields(exclude=references)
            row.clean()


def test_a_row_is_real_because_the_article_or_the_bureau_names_it(sample):
    """Whatever says nothing of itself must be a place of the statistics bureau, a list, or part of a marked record."""
    real = Counter(row["model"] for row in ROWS if not row["fields"].get("illustrative") and "code" in row["fields"])
    assert real["registry.demonstrationpoint"] == 7
    assert real["registry.belt"] == 1
    assert real["registry.zone"] == 6
    assert real["registry.partyorganisation"] == 4
    assert real["assessment.secretaryproject"] == real["assessment.accountabilityaction"] == 0
    silent = [row for row in ROWS if not row["fields"].get("illustrative") and row["fields"].get("remark") == ""]
    assert silent == []


def test_the_sample_holds_nobodys_telephone_or_identity_number():
    text = " ".join(file.read_text(encoding="utf-8") for file in FILES)
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text)
    assert not re.search(r"(?<!\d)\d{17}[\dXx](?!\d)", text)
    assert not [row for row in ROWS if row["fields"].get("phone") or row["fields"].get("secretary")]


EVERY = pytest.param(1, marks=pytest.mark.deep, id="every row")
FEW = pytest.param(40, id="a fortieth of each kind")


@pytest.mark.parametrize("step", [EVERY, FEW])
def test_ordinary_loaddata_finds_what_is_there_already(step, sample, tmp_path):
    rows = sorted(ROWS, key=lambda row: row["model"])
    kinds = [list(group)[::step] for _model, group in groupby(rows, key=lambda row: row["model"])]
    (tmp_path / "some.json").write_text(json.dumps(list(chain(*kinds))), encoding="utf-8")
    before = {model: model._base_manager.count() for model in RECORDS}
    call_command("loaddata", str(tmp_path / "some.json"), verbosity=0)
    assert {model: model._base_manager.count() for model in RECORDS} == before


def test_a_registry_that_holds_something_is_not_loaded_over(sample):
    with pytest.raises(CommandError, match="not empty"):
        call_command("load_sample")
    call_command("load_sample", if_empty=True)
    assert Area.objects.unscoped("test").count() == 548


def test_a_districts_own_registry_gets_no_demo_accounts(sample, settings, monkeypatch, capsys):
    settings.DEMO = True
    before = User.objects.count()
    monkeypatch.setattr("fengnan.management.commands.load_sample.holds_illustrative", lambda: False)
    call_command("load_sample", if_empty=True, living=True)
    assert "no demo accounts" in capsys.readouterr().out
    assert User.objects.count() == before


def test_rows_added_after_the_sample_get_numbers_of_their_own(sample):
    point = DemonstrationPoint._base_manager.last()
    point.pk, point.code, point.name, point._state.adding = None, "FN-9999", "新的示范点", True
    point.save()
    assert point.pk == 466


def test_demo_accounts_get_the_password_that_was_set(sample, settings):
    settings.DEMO_PASSWORD = "a password for all of them"
    assert set(make_demo_accounts()) == {"clerk", "clerk2", "head", "reviewer", "leader", "auditor", "admin"}
    assert User.objects.get(username="clerk2").check_password("a password for all of them")
    assert User.objects.get(username="clerk2").write_prefix == "130207108"


def test_no_demo_account_is_a_superuser(sample, settings):
    settings.DEMO_PASSWORD = "a password for all of them"
    make_demo_accounts()
    admin = User.objects.get(username="admin")
    assert not User.objects.filter(is_superuser=True).exists()
    assert (admin.role, admin.is_staff, admin.write_prefix) == ("admin", True, DISTRICT)
