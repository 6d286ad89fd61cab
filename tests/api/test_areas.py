"""Areas written by a program: added by their code, corrected at the version that was read."""

import pytest

from registry.models import Area

NEW = {"code": "130207108298", "name": "示例新村村委会", "level": "村", "valid_from": "2026-01-01"}
ADDRESS = "/api/v1/areas/"


@pytest.fixture
def program(client, sample, administrator):
    client.force_login(administrator)
    return client


def test_a_program_adds_an_area_by_its_code(program):
    answer = program.post(ADDRESS, NEW, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (201, NEW["code"])
    assert Area.objects.public().get(code=NEW["code"]).parent_id == "130207108"
    assert program.post(ADDRESS, NEW, content_type="application/json").status_code == 409


def test_a_program_corrects_a_name_at_the_version_that_it_read(program):
    program.post(ADDRESS, NEW, content_type="application/json")
    one = f"{ADDRESS}{NEW['code']}/"
    tag = program.get(one)["ETag"]
    options = {"content_type": "application/json", "headers": {"If-Match": tag}}
    assert program.patch(one, {"name": "示例正名村委会"}, **options).status_code == 200
    assert Area.objects.public().get(code=NEW["code"]).name == "示例正名村委会"
    assert program.patch(one, {"name": "再改名村委会"}, **options).status_code == 412
