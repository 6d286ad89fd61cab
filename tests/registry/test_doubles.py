"""Is it one of the sites there are? By name, by other name, by distance; and setting a doubt aside."""

import pytest

from registry.actions.drafts import overrule, save_fields
from registry.models import AreaAlias
from registry.overviews.draft_form import DraftForm, same_stem, similar_sites
from registry.text.coordinates import wgs84_to_gcj02
from tests.conftest import DAQI, TANGFANG
from tests.factories import HERE, again, codes, make_named_point, refused


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("孔家庄村党建示范点", "孔家庄村委会党建示范点"), ("孔家庄社区", "孔家庄社区居委会"),
        ("孔家庄村", "大新庄镇孔家庄村党支部"),
    ],
)  # fmt: skip
def test_names_that_differ_in_the_usual_words_alone_are_nearly_the_same(one, other):
    assert same_stem(one, other)


@pytest.mark.parametrize(("one", "other"), [("孔家庄村", "孔家屯村"), ("东庄", "东庄子大集村")])
def test_names_of_other_places_are_not(one, other):
    assert not same_stem(one, other)


def test_a_site_is_found_by_its_name_and_by_its_villages_other_name(sample, village):
    site = make_named_point(area=village.pk, name="甲乙丙村党建示范点", field="rural")
    AreaAlias.objects.create(area=village, name="丁戊己村", kind="variant")
    assert site in similar_sites("甲乙丙", TANGFANG)
    assert site in similar_sites("丁戊己村委会", TANGFANG)
    assert site not in similar_sites("甲乙丙", DAQI)


def test_the_same_name_field_and_place_is_the_same_site(draft, village, clerk_tangfang):
    make_named_point(area=village.pk, name="甲乙丙村党建示范点", field="rural")
    save_fields(draft, {"name": "甲乙丙村党建示范点"}, was={}, by=clerk_tangfang)
    assert "name_taken" in {problem.code for problem in DraftForm(again(draft)).hard}


@pytest.mark.parametrize(
    ("position", "code"), [("118.1005, 39.52", "near"), ("118.14, 39.52", None), ("118.9, 39.9", "far")]
)
def test_a_position_is_doubtful_close_to_another_site_and_far_from_all(position, code, draft, clerk_tangfang):
    sites = make_named_point()._meta.model.objects.unscoped("test").in_area(TANGFANG)
    sites.update(lng=None, lat=None, coordinate_system="")
    make_named_point(**HERE)
    save_fields(draft, {"position": position, "coordinate_system": "wgs84"}, was={}, by=clerk_tangfang)
    assert codes(draft) & {"near", "far"} == ({code} if code else set())


@pytest.mark.parametrize("shifted", ["the draft", "the site"])
def test_distances_are_measured_across_coordinate_systems(shifted, draft, clerk_tangfang):
    lng, lat = (f"{degrees:.6f}" for degrees in wgs84_to_gcj02(118.1, 39.52))
    gcj02 = {"lng": lng, "lat": lat, "coordinate_system": "gcj02"}
    site, typed = (HERE, gcj02) if shifted == "the draft" else (gcj02, HERE)
    make_named_point(name="别处", **site)
    typed = {"position": f"{typed['lng']}, {typed['lat']}", "coordinate_system": typed["coordinate_system"]}
    save_fields(draft, typed, was={}, by=clerk_tangfang)
    [near] = [problem for problem in DraftForm(again(draft)).doubts if problem.code == "near"]
    assert near.site.name == "别处"


def test_a_warning_is_set_aside_with_a_reason_and_for_that_site_only(draft, village, clerk_tangfang):
    make_named_point(area=village.pk, name="甲乙丙村党建示范点", field="government")
    save_fields(draft, {"name": "甲乙丙村委会党建示范点"}, was={}, by=clerk_tangfang)
    [doubt] = [doubt for doubt in DraftForm(again(draft)).open_doubts if doubt.code == "similar_name"]
    assert refused(overrule, draft, doubt.key, reason=" 。", by=clerk_tangfang) == "reason_short"
    overrule(draft, doubt.key, reason="两处不同", by=clerk_tangfang)
    assert "similar_name" not in {doubt.code for doubt in DraftForm(again(draft)).open_doubts}
    make_named_point(area=village.pk, name="甲乙丙社区", field="community")
    assert [doubt.site.name for doubt in DraftForm(again(draft)).open_doubts if doubt.site] == ["甲乙丙社区"]
