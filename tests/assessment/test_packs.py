"""Inspection packs: what a site can prove of each item, by a link that ends, is noted down and may be revoked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessment.actions import packs as acts
from assessment.actions.scoring import pass_draft, save_scores
from assessment.models import InspectionPack
from registry.actions.drafts import submit_draft
from registry.actions.evidence import add_evidence
from registry.models import DemonstrationPoint, Event, Evidence, Parameter
from tests.factories import PHOTO, full_scores, make_draft, refused


@pytest.fixture
def review(sample, clerk_tangfang, head_tangfang):
    draft = make_draft(clerk_tangfang, phone="13911110000")
    add_evidence(draft, "外景.jpg", PHOTO, by=clerk_tangfang)
    add_evidence(draft, "台账.pdf", b"%PDF-1.4", by=clerk_tangfang)
    return pass_draft(submit_draft(draft, by=clerk_tangfang), by=head_tangfang)


@pytest.fixture
def proven(review, reviewer):
    """A site one of whose photos proves the first item."""
    first, *_others = Evidence.objects.unscoped("test").filter(point=review.point).order_by("pk")
    save_scores(review, full_scores(review), was={}, proof={"1": [first.code]}, by=reviewer)
    return review.point


@pytest.fixture
def pack(proven, clerk_tangfang):
    return acts.make_pack(proven, by=clerk_tangfang)


def address(pack: InspectionPack) -> str:
    return f"/packs/{acts.signed(pack)}/"


def openings(pack: InspectionPack) -> int:
    return Event.objects.filter(kind="inspectionpack", code=pack.code, verb="open-pack").count()


def test_each_item_stands_with_its_proof_and_what_has_none_is_missing(proven):
    items, others = acts.contents_of(proven, timezone.localdate())
    assert [len(item.proof) for item in items] == [1] + [0] * 9
    count = Evidence.objects.unscoped("test").filter(point=proven).count()
    assert len(others) == count - 1


def test_the_link_opens_without_an_account_and_each_opening_is_noted_down(pack, client):
    for _time in range(2):
        answer = client.get(address(pack))
    page = answer.content.decode()
    assert (answer.status_code, openings(pack)) == (200, 2)
    assert pack.point.name in page
    assert "缺项 <small>9/10</small>" in page
    assert answer["X-Robots-Tag"] == "noindex"


def test_nothing_personal_is_in_it(pack, client, clerk_tangfang):
    page = client.get(address(pack)).content.decode()
    organisation = pack.point.organisation
    assert organisation.phone == "13911110000"
    kept_back = [organisation.phone, organisation.secretary, clerk_tangfang.username]
    assert [text for text in kept_back if text and text in page] == []


def test_files_come_by_the_pack_s_own_address_and_of_its_own_site_only(pack, client, sample):
    own = Evidence.objects.unscoped("test").filter(point=pack.point).first()
    assert client.get(f"/evidence/{own.code}/").status_code == 404
    assert client.get(f"{address(pack)}{own.code}/").status_code == 200
    own.point = None
    own.save()
    assert client.get(f"{address(pack)}{own.code}/").status_code == 404


def test_a_code_without_its_signature_opens_nothing(pack, client):
    for text in (pack.code, f"{pack.code}:x", acts.signed(pack) + "x"):
        assert client.get(f"/packs/{text}/").status_code == 404
    assert openings(pack) == 0


def test_the_link_holds_until_the_end_of_its_last_day(pack, client):
    own = Evidence.objects.unscoped("test").filter(point=pack.point).first()
    assert pack.expires_on == timezone.localdate() + timedelta(days=14)
    answers = []
    for last in (timezone.localdate(), timezone.localdate() - timedelta(days=1)):
        InspectionPack.objects.unscoped("test").update(expires_on=last)
        answers.append([client.get(address(pack)).status_code, client.get(f"{address(pack)}{own.code}/").status_code])
    assert answers == [[200, 200], [410, 404]]


def test_how_long_it_holds_is_a_rule_of_the_district(proven, clerk_tangfang):
    Parameter.objects.unscoped("test").filter(rule="pack-days").update(value=3)
    assert acts.make_pack(proven, by=clerk_tangfang).expires_on == timezone.localdate() + timedelta(days=3)


def test_a_revoked_link_opens_nothing(pack, client, clerk_tangfang, clerk_daqi, auditor):
    assert {refused(acts.revoke_pack, pack, by=who) for who in (clerk_daqi, auditor)} == {"not_allowed"}
    acts.revoke_pack(pack, by=clerk_tangfang)
    assert client.get(address(pack)).status_code == 410
    assert refused(acts.revoke_pack, pack, by=clerk_tangfang) == "pack_revoked"
    assert [event.verb for event in Event.objects.filter(kind="inspectionpack", code=pack.code)] == ["change", "add"]


def test_only_who_looks_after_the_site_makes_a_link(proven, clerk_daqi, auditor, reviewer):
    assert {refused(acts.make_pack, proven, by=who) for who in (clerk_daqi, auditor)} == {"not_allowed"}
    assert acts.make_pack(proven, by=reviewer).made_by == reviewer


def test_the_desk_shows_the_link_and_how_often_it_was_opened(pack, client, clerk_tangfang):
    client.get(address(pack))
    client.force_login(clerk_tangfang)
    page = client.get(f"/desk/points/{pack.point.code}/pack/").content.decode()
    assert f'value="http://testserver{address(pack)}"' in page
    assert "已打开1次" in page
    assert client.post(f"/desk/points/{pack.point.code}/pack/").status_code == 302
    assert InspectionPack.objects.unscoped("test").filter(point=pack.point).count() == 2


def test_the_site_s_page_leads_to_it_for_who_may(sample, client, clerk_tangfang, clerk_daqi):
    point = DemonstrationPoint.objects.public().in_area(clerk_tangfang.write_prefix).first()
    link, readers = f"/desk/points/{point.code}/pack/", []
    for who in (None, clerk_daqi, clerk_tangfang):
        client.force_login(who) if who else client.logout()
        readers.append(link in client.get(f"/points/{point.code}/").content.decode())
    assert readers == [False, False, True]
