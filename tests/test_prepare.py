"""What `make run` does before it serves: static files, tables, rows; and once only."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.contrib.staticfiles.finders import FileSystemFinder

from fengnan.management.commands import prepare
from tests.processes import ROOT, static_files


@pytest.mark.processes
def test_only_files_that_a_page_asks_for_are_collected():
    names = [file.name for file in static_files().rglob("*")]
    assert any(name.startswith("swagger-ui-bundle.") and name.endswith(".js.br") for name in names)
    assert any(name.startswith("echarts.") and name.endswith(".js.gz") for name in names)
    unasked = ("axe", "redoc", "browsable", "django-htmx")
    assert [name for name in names if name.startswith(unasked) or ".map" in name] == []


@pytest.mark.processes
@pytest.mark.parametrize("address", ["/", "/map/", "/api/v1/docs/", "/admin/login/"])
def test_each_file_a_page_asks_for_is_collected(address, sample, client, settings):
    settings.STATIC_ROOT = static_files()
    backend = {"BACKEND": "fengnan.static_files.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    assert client.get(address, follow=True).status_code == 200


@pytest.fixture
def source(tmp_path, settings, monkeypatch):
    """A folder of static files of the test's own."""
    settings.DATA_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    monkeypatch.setattr(prepare, "get_finders", lambda: [FileSystemFinder()])
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "a.css").write_text("a")
    return tmp_path / "source"


def test_static_files_are_collected_again_only_when_one_of_them_changed(source, settings, monkeypatch):
    times = []

    def collect(*_command, **_options) -> None:
        times.append(1)
        settings.STATIC_ROOT.mkdir(exist_ok=True)
        (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")

    monkeypatch.setattr(prepare, "call_command", collect)
    for change in ("nothing", "nothing", "b.css", "nothing"):
        (source / change).write_text("b") if change.endswith(".css") else None
        prepare.collect_static()
    assert len(times) == 2
    (settings.STATIC_ROOT / "staticfiles.json").unlink()
    prepare.collect_static()
    assert len(times) == 3


@pytest.mark.processes
def test_an_empty_data_folder_is_prepared_once(tmp_path):
    variables = {
        "PATH": os.environ["PATH"], "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(tmp_path),
        "DEMO": "0",
    }  # fmt: skip
    command = [sys.executable, "manage.py", "prepare"]
    first, second = (
        subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True) for _start in "12"
    )
    assert "admin" in first.stdout and second.stdout == ""
    with closing(sqlite3.connect(tmp_path / "registry.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM registry_user").fetchall() == [(1,)]
    assert (tmp_path / "static" / "staticfiles.json").exists()
