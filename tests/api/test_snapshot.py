"""The open data of a year: what the public saw at its end, with a dictionary, never written twice."""

import csv
import hashlib
import io

import pytest
from django.core.management import CommandError, call_command

from registry.api.resources import RESOURCES
from registry.figures import FIGURES
from tests.conftest import LAST_DAY
from tests.factories import make_named_point, make_period, make_point


@pytest.fixture
def snapshot(sample, tmp_path):
    def take(year: int = 2021) -> dict[str, list[dict]]:
        call_command("snapshot", year, tmp_path, verbosity=0)
        files = (tmp_path / str(year)).glob("*.csv")
        return {file.stem: list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))) for file in files}

    return take


def test_it_holds_every_resource_the_figures_and_the_dictionary(snapshot):
    assert set(snapshot()) == RESOURCES.keys() - {"events"} | {"figures", "dictionary"}


def test_its_rows_and_figures_are_those_of_the_last_day_of_the_year(snapshot):
    files = snapshot()
    assert len(files["points"]) == 445
    values = {row["slug"]: row["value"] for row in files["figures"]}
    assert list(values) == list(FIGURES)
    assert (values["premium-rate"], values["donations-cash"]) == ("35.06", "45000000")
    assert len(snapshot(2019)["points"]) == 275


def test_what_was_never_public_is_not_in_it(snapshot):
    make_period(make_point(name="未命名的点"), LAST_DAY, status="submitted", document_no="")
    assert "未命名的点" not in {row["name"] for row in snapshot()["points"]}


def test_every_column_is_in_the_dictionary(snapshot):
    files = snapshot()
    explained = {(row["file"], row["column"]) for row in files["dictionary"]}
    for slug in RESOURCES.keys() - {"events"}:
        for name in files[slug][0] if files[slug] else ():
            assert (f"{slug}.csv", name) in explained or name == "illustrative"
    level = next(row for row in files["dictionary"] if (row["file"], row["column"]) == ("points.csv", "level"))
    assert (level["name"], level["english"], level["type"]) == ("级别", "Level", "char")
    assert level["values"].startswith("national=国家级; ")


def test_a_name_that_looks_like_a_formula_is_text(snapshot):
    make_named_point(name="=1+1")
    assert "'=1+1" in {row["name"] for row in snapshot()["points"]}


def test_its_hashes_show_that_nothing_was_changed(snapshot, tmp_path):
    snapshot()
    for line in (tmp_path / "2021" / "SHA256SUMS").read_text().splitlines():
        stated, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "2021" / name).read_bytes()).hexdigest() == stated


def test_it_is_never_written_twice_and_never_of_a_year_that_is_not_over(snapshot):
    snapshot()
    for year in (2021, 2999):
        with pytest.raises(CommandError):
            snapshot(year)
