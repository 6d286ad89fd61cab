"""Hostile input at every address: NUL, lone surrogates, controls, huge and tiny numbers, the edges of dates. Bad input
is answered with a 4xx or a form that says so, never with an error of the server.

The suite asks a few requests of each address on each engine. `make fuzz` asks each method of an address about
FUZZ_EXAMPLES requests on each engine, taken at random; FUZZ_EXAMPLES=1000000 are all of them, and take hours.
"""

import logging
import os

import pytest

from registry.models import DemonstrationPoint
from registry.text.validators import Invalid

from .hostile import Crawl, all_asks, chosen, sample_asks
from .test_access import groups


@pytest.fixture
def crawl(stage, db, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    logging.disable(logging.CRITICAL)
    with Crawl(stage) as crawl:
        yield crawl
        print(crawl.report())
    logging.disable(logging.NOTSET)


FEW = {"admin:registry_fund", "admin:registry_belt", "admin:registry_demonstrationpoint", "admin:assessment_standard"}
OTHER_MODELS = {group for group in groups() if group.startswith(("admin:registry_", "admin:assessment_"))} - FEW


@pytest.mark.parametrize("group", [group for group in groups() if group not in OTHER_MODELS])
def test_hostile_input_is_no_error_of_the_server(group, crawl):
    """Of the administration a few models: its screens come from one class, and `make fuzz` asks them all."""
    for name in groups()[group]:
        for ask in sample_asks(crawl, name):
            crawl.ask(ask)
    assert not crawl.faults, crawl.report()


@pytest.mark.deep
@pytest.mark.parametrize("group", groups())
def test_hostile_input_is_no_error_however_much_there_is(group, crawl, seed):
    most = int(os.environ.get("FUZZ_EXAMPLES", "20"))
    for name in groups()[group]:
        for ask in chosen(all_asks(crawl, name), most, seed):
            crawl.ask(ask)
    assert not crawl.faults, crawl.report()


@pytest.mark.parametrize("address", ["/?area=%00", "/points/?q=a%00", "/search/?q=%00", "/map/?%00=x"])
def test_a_nul_in_a_parameter_is_said_to_people(address, sample, client):
    answer = client.get(address)
    assert (answer.status_code, "text/html" in answer["Content-Type"]) == (400, True)
    assert "\x00" not in answer.content.decode()


@pytest.mark.parametrize("address", ["points/?search=%00", "points/?%00=x", "figures/points/?area=%00"])
def test_a_nul_in_a_parameter_is_said_to_programs(address, sample, client):
    answer = client.get(f"/api/v1/{address}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("address", ["/points/%00/", "/points/FN-0001%00/", "/api/v1/points/%00/", "/media/%00"])
def test_a_path_with_a_nul_leads_nowhere(address, sample, client):
    assert client.get(address).status_code == 404


def test_a_nul_in_a_form_is_said_at_its_field_and_what_was_typed_stays(sample, client):
    code = DemonstrationPoint.objects.public().order_by("code")[0].code
    typed = {"kind": "points", "code": code, "text": "路标倒了\x00", "contact": "示例"}
    answer = client.post(f"/remarks/new/?kind=points&code={code}", typed)
    page = answer.content.decode()
    assert (answer.status_code, "\x00" in page) == (400, False)
    assert "路标倒了" in page and str(Invalid("control")) in page
