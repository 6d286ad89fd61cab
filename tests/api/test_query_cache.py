"""Texts of queries that are kept: they find what the query finds, and never what somebody else may see."""

import pytest

from registry.access.scope import Scope
from registry.api.read_views import compile_list, compile_record
from registry.kinds import KINDS
from registry.models import Area, DemonstrationPoint, ScopeMissing
from registry.query_cache import compile_query, placeholder
from tests.conftest import LAST_DAY


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_text_finds_the_rows_of_its_query_with_the_same_values(kind, scope):
    values = kind.values(kind.on(scope), scope)
    assert compile_query(values).rows() == list(values)


def test_a_hole_is_filled_each_time(sample):
    text = compile_query(Area.objects.public().filter(code=placeholder("code")).values("name"))
    assert [text.rows({placeholder("code"): code})[0]["name"] for code in ("130207", "130207114")] == [
        "丰南区",
        "大齐各庄镇",
    ]
    assert text.rows() == []


def test_a_query_that_can_find_nothing_finds_nothing(sample):
    assert compile_query(Area.objects.public().filter(pk__in=[]).values("name")).rows() == []


def test_no_text_is_made_of_rows_nobody_was_asked_about(sample):
    with pytest.raises(ScopeMissing):
        compile_query(DemonstrationPoint.objects.values("name"))


def test_every_page_of_a_list_is_asked_for_with_one_text(api):
    compile_list.cache_clear()
    address, pages = "points/?page_size=50", 0
    while address:
        address, pages = api(address)["next"], pages + 1
    assert (pages, compile_list.cache_info().misses) == (9, 2)  # the first page has no place to begin at


def test_every_record_is_asked_for_with_one_text(api):
    compile_record.cache_clear()
    for code in ("FN-0001", "FN-0002", "FN-0003"):
        assert api(f"points/{code}/")["code"] == code
    assert compile_record.cache_info().misses == 1


def test_accounts_that_see_different_rows_share_no_text(clerk_daqi, clerk_tangfang, auditor):
    scopes = {Scope(LAST_DAY, "130207", viewer) for viewer in (None, clerk_daqi, clerk_tangfang, auditor)}
    assert len(scopes) == 4


def test_two_roles_that_read_the_same_areas_share_no_text(reviewer, auditor):
    assert reviewer.read_prefix == auditor.read_prefix
    assert Scope(LAST_DAY, "130207", reviewer) != Scope(LAST_DAY, "130207", auditor)
