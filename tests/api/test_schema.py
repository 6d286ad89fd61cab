"""The description of the API: whole, without warnings, with examples that are true."""

import json
import os
import re
import shutil
import subprocess
from uuid import UUID

import pytest
from django.urls import resolve
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from registry.api.docs import described, description_as_json
from registry.api.problems import PROBLEM
from registry.api.resources import RESOURCES
from registry.api.schema import EXAMPLES
from registry.kinds.field_visibility import PERSONAL
from tests.processes import ROOT

LINTER = ROOT / ".venv" / "redocly" / "cli" / "bin" / "cli.js"  # tools/bootstrap.py: install_test_scripts
HOST = "https://registry.example"


@pytest.fixture(scope="module")
def schema() -> dict:
    description_as_json.cache_clear()
    GENERATOR_STATS.reset()
    return described("en")


def test_the_description_is_valid_and_made_without_a_warning(schema):
    validate_schema(schema)
    assert (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache)) == ({}, {})


def test_every_resource_has_its_list_and_its_record(schema):
    for slug in RESOURCES:
        name = slug.replace("-", "_")
        assert schema["paths"][f"/api/v1/{slug}/"]["get"]["operationId"] == f"{name}_list"
        assert schema["paths"][f"/api/v1/{slug}/{{code}}/"]["get"]["operationId"] == f"{name}_retrieve"


def test_every_parameter_a_list_takes_is_described(schema):
    for path, operations in schema["paths"].items():
        if "get" not in operations:
            continue
        named = path.replace("{layer}", "points").replace("{code}", "X").replace("{slug}", "points")
        view = resolve(named.replace("{key}", str(UUID(int=1)))).func
        expected = set(view.view_class().parameters())
        described_ones = {
            parameter["name"] for parameter in operations["get"].get("parameters", []) if parameter["in"] == "query"
        }
        assert described_ones == expected, path


def test_every_operation_may_be_answered_by_a_problem(schema):
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for status in ("400", "404", "405", "406", "429"):
                assert set(operation["responses"][status]["content"]) == {PROBLEM}, (path, method, status)


def test_no_component_holds_what_is_personal(schema):

    fields = {
        name for component in schema["components"]["schemas"].values() for name in component.get("properties", {})
    }
    assert fields & PERSONAL == set()


def sampled(api) -> dict:
    """Answers of the sample data: a list of one row, and its record."""
    values = {}
    for slug in RESOURCES:
        page = api(f"{slug}/?page_size=1")
        if page["results"]:
            values[f"/api/v1/{slug}/"] = page
            values[f"/api/v1/{slug}/{{code}}/"] = api(page["results"][0]["url"])
    return json.loads(json.dumps(values, ensure_ascii=False).replace("http://testserver", HOST))


def test_the_examples_are_what_the_sample_data_is_answered_with(api):
    answers = sampled(api)
    for answer in answers.values():
        if answer.get("next"):  # a cursor is signed with the key of the installation
            answer["next"] = re.sub(r"cursor=[^&]+", "cursor=eyJhdCI6", answer["next"])
    if os.environ.get("RECORD"):
        EXAMPLES.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert json.loads(EXAMPLES.read_text(encoding="utf-8")) == answers
    assert len(answers) > 30


def values_under(part, name: str):
    """All values named `name` in a description."""
    if isinstance(part, list):
        for each in part:
            yield from values_under(each, name)
    elif isinstance(part, dict):
        if name in part:
            yield part
        for each in part.values():
            yield from values_under(each, name)


def test_null_is_said_where_validators_look(schema):
    said = [part for part in values_under(schema, "nullable") if part["nullable"] is True]
    assert said
    for part in said:
        assert "type" in part and None in part.get("enum", [None]), part


@pytest.mark.skipif(not (LINTER.exists() and shutil.which("node")), reason="no linter of OpenAPI is installed")
def test_a_linter_of_openapi_finds_no_error(schema, tmp_path):
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(schema, ensure_ascii=False, default=str), encoding="utf-8")
    command = ["node", LINTER, "lint", file, "--config", ROOT / "redocly.yaml", "--format", "stylish"]
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_description_comes_in_the_form_and_language_asked_for(sample, client):
    for accept, kind in (
        ("application/json", "application/json"),
        ("application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json;version=3.0"),
        ("application/yaml", "application/yaml; charset=utf-8"),
    ):
        assert client.get("/api/v1/schema/", headers={"accept": accept})["Content-Type"] == kind
    chinese = client.get("/api/v1/schema/", headers={"accept-language": "zh"}).json()
    assert chinese["paths"]["/api/v1/points/"]["get"]["summary"] == "示范点"
