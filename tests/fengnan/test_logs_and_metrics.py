"""What an operator reads: log lines as JSON, with the id of the request, and /metrics for who has the token."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError
from prometheus_client.parser import text_string_to_metric_families

from fengnan.logs import JSONFormatter
from registry.access.client_ip import Caller, called_by
from registry.actions import scheduled
from registry.models import Job, ScheduledRun

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-long-token-for-this-test"
REQUESTS = logging.getLogger("registry.requests")


@pytest.fixture
def lines():
    """The log lines of the requests of a test, as production writes them."""
    written: list[dict] = []

    class Handler(logging.Handler):
        def emit(self, record):
            written.append(json.loads(JSONFormatter().format(record)))

    handler, level = Handler(), REQUESTS.level
    REQUESTS.addHandler(handler)
    REQUESTS.setLevel(logging.INFO)
    yield written
    REQUESTS.removeHandler(handler)
    REQUESTS.setLevel(level)


def test_a_request_is_one_line_with_its_id_and_without_its_query(client, sample, administrator, lines):
    client.force_login(administrator)
    answer = client.get("/desk/?q=secret", headers={"X-Request-ID": "from-the-proxy"})
    [line] = lines
    assert {name: line[name] for name in ("message", "method", "path", "status", "request_id", "account")} == {
        "message": "request", "method": "GET", "path": "/desk/", "status": answer.status_code,
        "request_id": "from-the-proxy", "account": "administrator",
    }  # fmt: skip
    assert line["ms"] >= 0 and line["time"].endswith("+00:00")
    assert "secret" not in json.dumps(line)


def test_a_public_page_reads_no_account_for_the_log_and_health_checks_are_not_logged(client, sample, lines):
    client.get("/healthz")
    assert lines == []
    client.get("/no-such-page/")
    assert (lines[0]["status"], lines[0]["account"]) == (404, "")


def test_an_error_keeps_its_trace_in_one_line_with_the_id_of_its_job():
    try:
        raise ValueError("three\nlines\nof it")
    except ValueError:
        record = logging.LogRecord("registry", logging.ERROR, "", 1, "job %s failed", (7,), sys.exc_info())
    with called_by(Caller(request_id="job-7")):
        text = JSONFormatter().format(record)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["level"], line["message"], line["request_id"]) == ("error", "job 7 failed", "job-7")
    assert "ValueError: three" in line["exception"]


def test_what_django_logs_after_the_request_has_its_id_as_well(client, sample, caplog):
    client.get("/no-such-page/", headers={"X-Request-ID": "from-the-proxy"})
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert json.loads(JSONFormatter().format(record))["request_id"] == "from-the-proxy"


CONFIGURED = """
import logging
logging.getLogger("registry.requests").info("request")
logging.getLogger("registry.actions.jobs").warning("a warning")
logging.getLogger("registry.actions.jobs").info("nothing to see")
"""


@pytest.mark.parametrize(("demo", "expected"), [("0", ["request", "a warning"]), ("1", ["a warning"])])
def test_production_writes_json_and_a_demonstration_plain_text(tmp_path, demo, expected):
    variables = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "DATA_DIR": str(tmp_path), "DEMO": demo}
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", CONFIGURED]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    written = done.stderr.strip().splitlines()
    messages = written if demo == "1" else [json.loads(line)["message"] for line in written]
    assert messages == expected


def read(client, token: str = TOKEN) -> dict[str, dict]:
    """The samples of /metrics, by name and labels."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.status_code
    families = text_string_to_metric_families(answer.content.decode())
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_metrics_say_how_the_installation_is(client, sample, settings, tmp_path):
    settings.METRICS_TOKEN, settings.DATA_DIR = TOKEN, tmp_path
    settings.BACKUP_DIR = tmp_path / "backups"
    backup = settings.BACKUP_DIR / "registry-2026-08-03T013000"
    backup.mkdir(parents=True)
    (backup / "manifest.json").touch()
    Job.objects.create(kind="reindex")
    Job.objects.create(kind="reindex", state="failed")
    scheduled.sign_alive()
    ScheduledRun.objects.create(name="tidy", done_at=ScheduledRun.objects.get().done_at)
    found = read(client)
    assert found["registry_database_up"] == 1
    assert (found["registry_jobs queued"], found["registry_jobs failed"]) == (1, 1)
    assert found["registry_job_waiting_seconds"] >= 0
    assert found["registry_worker_timestamp_seconds"] == found["registry_scheduled_timestamp_seconds tidy"]
    assert found["registry_backup_newest_timestamp_seconds"] == 1785691800
    assert found["registry_disk_free_bytes DATA_DIR"] > 0


def test_metrics_need_the_token_and_without_one_set_there_is_no_such_page(client, sample, settings):
    assert client.get("/metrics", follow=True).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    for sent in ("", f"Bearer {TOKEN}x", "Bearer ", TOKEN, "Bearer 中文"):
        answer = client.get("/metrics", headers={"Authorization": sent})
        assert (answer.status_code, answer.content) == (401, b"")


def test_metrics_say_that_the_database_is_away(client, db, settings, monkeypatch):
    def away():
        raise DatabaseError

    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr("fengnan.metrics._events", away)
    found = read(client)
    assert found["registry_database_up"] == 0
    assert "registry_newest_event" not in found
