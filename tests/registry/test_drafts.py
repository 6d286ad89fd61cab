"""Filling in a site: begun once, typed by several people, checked against what the registry holds, submitted once."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from registry.actions.drafts import (
    confirm_facts,
    confirm_site,
    discard_draft,
    draft_of,
    drafts_at,
    note_opening,
    save_fields,
    send_back,
    start_draft,
    submit_draft,
    take_back,
    take_over,
    unconfirm_site,
)
from registry.actions.points import open_period
from registry.actions.sites import form_for
from registry.models import Area, DemonstrationPoint, Draft, Event, PartyOrganisation, Unit
from registry.overviews.draft_form import DraftForm
from registry.overviews.places import landmarks, place_choices
from registry.text.refusals import Refused
from registry.text.spellings import pinyin_of
from tests.conftest import DAQI, DISTRICT, TANGFANG
from tests.factories import (
    ANSWERS,
    HERE,
    again,
    codes,
    complete_change,
    join,
    make_belt,
    make_draft,
    make_named_point,
    make_point,
    make_submitted,
    refused,
)  # fmt: skip

# Beginning


def test_the_same_form_sent_twice_begins_one_draft(village, clerk_tangfang):
    key = uuid4()
    first, second = (start_draft(village, key=key, by=clerk_tangfang) for _time in range(2))
    assert first.pk == second.pk
    assert Draft.objects.unscoped("test").count() == 1


def test_a_key_of_another_township_opens_nothing(draft, clerk_daqi):
    own = Area.objects.unscoped("test").get(code=DAQI)
    assert refused(start_draft, own, key=draft.key, by=clerk_daqi) == "not_allowed"


def test_a_site_is_begun_in_the_own_township_only(village, clerk_daqi):
    assert refused(start_draft, village, key=uuid4(), by=clerk_daqi) == "not_allowed"


def test_a_site_of_a_unit_lies_where_the_unit_does_and_follows_its_kind(sample, clerk_daqi):
    school = Unit.objects.unscoped("test").filter(area__code__startswith=DAQI, kind="school").first()
    drafting = DraftForm(start_draft(school, key=uuid4(), by=clerk_daqi))
    assert (drafting.area, drafting.unit, drafting.field) == (school.area, school, "public_institution")


def test_a_site_has_one_draft_however_often_one_begins_to_change_it(named, clerk_tangfang, colleague):
    assert draft_of(named, by=clerk_tangfang) == draft_of(named, by=colleague)


def test_a_second_draft_at_a_village_is_told_of_the_first_whoever_began_it(village, draft, clerk_tangfang, colleague):
    for somebody in (clerk_tangfang, colleague):
        with pytest.raises(Refused) as refusal:
            start_draft(village, key=uuid4(), by=somebody)
        assert refusal.value.code == "draft_there"
        assert refusal.value.details["who"] == str(clerk_tangfang)
        assert refusal.value.details["key"] == str(draft.key)
    assert Draft.objects.unscoped("test").count() == 1


def test_a_village_may_have_another_site_for_who_says_so(village, draft, clerk_tangfang):
    other = start_draft(village, key=uuid4(), another=True, by=clerk_tangfang)
    assert other.pk != draft.pk
    assert [draft.pk for draft in drafts_at(village)] == [other.pk, draft.pk]


def test_a_unit_of_the_village_and_the_next_village_are_other_places(village, draft, clerk_tangfang):
    unit = Unit.objects.create(code="U-T-1", name="村小学", kind="school", area=village)
    villages = Area.objects.unscoped("test").filter(code__startswith=TANGFANG, level="village")
    neighbour = villages.exclude(pk=village.pk)[0]
    for place in (unit, neighbour):
        start_draft(place, key=uuid4(), by=clerk_tangfang)
        assert refused(start_draft, place, key=uuid4(), by=clerk_tangfang) == "draft_there"


def test_a_draft_that_was_discarded_is_in_nobodys_way(village, draft, clerk_tangfang):
    discard_draft(draft, by=clerk_tangfang)
    start_draft(village, key=uuid4(), by=clerk_tangfang)


def test_a_submitted_draft_is_there_too_and_one_that_changes_a_named_site_is_not(named, clerk_tangfang):
    draft = make_submitted(clerk_tangfang)
    place = draft.area
    assert refused(start_draft, place, key=uuid4(), by=clerk_tangfang) == "draft_there"
    draft_of(named, by=clerk_tangfang)
    assert [draft.point_id for draft in drafts_at(named.area)] == []


def test_a_file_and_a_program_begin_no_second_draft_of_a_name(village, draft, clerk_tangfang):
    """What a clerk's rows become has a name, and another name is another site."""
    assert refused(start_draft, village, key=uuid4(), name=draft.values["name"], by=clerk_tangfang) == "draft_there"
    start_draft(village, key=uuid4(), name="村史馆", by=clerk_tangfang)


def test_the_page_shows_the_draft_that_is_there_and_begins_another_on_purpose(village, draft, colleague, client):
    client.force_login(colleague)
    address, sent = "/desk/points/new/", {"place": village.code, "key": str(uuid4())}
    answer = client.post(address, sent)
    assert answer.status_code == 409
    assert f'href="{draft.get_absolute_url()}"' in answer.content.decode()
    assert Draft.objects.unscoped("test").count() == 1
    assert client.post(address, {**sent, "then": "another"}).status_code == 302
    assert Draft.objects.unscoped("test").count() == 2
    assert client.post(address, sent).status_code == 302, "the same form again"
    assert Draft.objects.unscoped("test").count() == 2


# Typing


def test_what_is_typed_is_kept_valid_or_not(draft, clerk_tangfang):
    save_fields(draft, {"member_count": "约三十", "highlights": "一\x00二"}, was={}, by=clerk_tangfang)
    assert again(draft).values["member_count"] == "约三十"
    assert again(draft).values["highlights"] == "一\ufffd二"
    assert {"not_a_number", "control"} <= codes(draft)


def test_saving_what_stands_already_changes_nothing(draft, clerk_tangfang):
    before = again(draft).version
    saved = save_fields(draft, {"name": draft.values["name"], "secretary": ""}, was={}, by=clerk_tangfang)
    assert (saved.written, again(draft).version) == ([], before)


def test_two_people_who_type_in_different_fields_do_not_meet(draft, clerk_tangfang, colleague):
    save_fields(draft, {"secretary": "甲某"}, was={"secretary": ""}, by=clerk_tangfang)
    saved = save_fields(draft, {"highlights": "乙写的"}, was={"highlights": ""}, by=colleague)
    assert saved.conflicts == []
    values = again(draft).values
    assert (values["secretary"], values["highlights"]) == ("甲某", "乙写的")


def test_the_second_who_types_in_a_field_gets_both_values_and_the_first_loses_none(draft, clerk_tangfang, colleague):
    save_fields(draft, {"highlights": "甲写的"}, was={"highlights": ""}, by=clerk_tangfang)
    saved = save_fields(draft, {"highlights": "乙写的"}, was={"highlights": ""}, by=colleague)
    [conflict] = saved.conflicts
    assert (conflict.mine, conflict.theirs, conflict.who) == ("乙写的", "甲写的", str(clerk_tangfang))
    assert again(draft).values["highlights"] == "甲写的"


def test_whoever_has_seen_the_other_value_may_write_over_it(draft, clerk_tangfang, colleague):
    save_fields(draft, {"highlights": "甲写的"}, was={"highlights": ""}, by=clerk_tangfang)
    saved = save_fields(draft, {"highlights": "乙写的"}, was={"highlights": "甲写的"}, by=colleague)
    assert (saved.written, again(draft).values["highlights"]) == (["highlights"], "乙写的")


def test_two_people_who_type_the_same_agree(draft, clerk_tangfang, colleague):
    save_fields(draft, {"highlights": "一样的"}, was={"highlights": ""}, by=clerk_tangfang)
    saved = save_fields(draft, {"highlights": "一样的"}, was={"highlights": ""}, by=colleague)
    assert (saved.written, saved.conflicts) == ([], [])


def test_a_draft_that_is_put_away_keeps_what_was_typed_and_takes_no_more(draft, clerk_tangfang):
    save_fields(draft, {"secretary": "甲某"}, was={}, by=clerk_tangfang)
    discard_draft(draft, by=clerk_tangfang)
    assert again(draft).values["secretary"] == "甲某"
    assert refused(save_fields, draft, {"secretary": "乙某"}, was={}, by=clerk_tangfang) == "not_open"


# What the registry knows


def test_known_facts_are_filled_in_and_one_tap_vouches_for_them_all(named, clerk_tangfang):
    change = draft_of(named, by=clerk_tangfang)
    assert DraftForm(change).facts["venue_area"].text == "120.5"
    assert "unconfirmed" in codes(change)
    confirm_facts(change, by=clerk_tangfang)
    assert "unconfirmed" not in codes(change)


def test_a_fact_that_changes_after_it_was_confirmed_is_asked_again(named, clerk_tangfang):
    change = draft_of(named, by=clerk_tangfang)
    confirm_facts(change, by=clerk_tangfang)
    type(named).objects.unscoped("test").filter(pk=named.pk).update(venue_area=90)
    assert "unconfirmed" in codes(change)


def test_what_somebody_types_anew_needs_no_confirming(named, clerk_tangfang):
    change = draft_of(named, by=clerk_tangfang)
    names = [name for name, fact in DraftForm(change).facts.items() if fact.is_known]
    save_fields(change, {name: f"{name} anew" for name in names}, was={}, by=clerk_tangfang)
    assert "unconfirmed" not in codes(change)


def test_a_number_written_otherwise_is_no_change(named, clerk_tangfang):
    change = draft_of(named, by=clerk_tangfang)
    save_fields(change, {"venue_area": "120.500", "position": "118.10, 39.520"}, was={}, by=clerk_tangfang)
    assert DraftForm(again(change)).differences == []
    save_fields(change, {"venue_area": "121"}, was={}, by=clerk_tangfang)
    assert [fact.input.name for fact in DraftForm(again(change)).differences] == ["venue_area"]


def test_a_belt_with_many_members_is_named_once(named, clerk_tangfang):
    belt = make_belt()
    join(belt, named, *(make_named_point() for _member in range(3)))
    assert DraftForm(draft_of(named, by=clerk_tangfang)).belts == [belt]


def test_a_belt_the_site_has_left_is_not_named(named, clerk_tangfang):
    belt = make_belt()
    join(belt, named, make_named_point())
    belt.memberships.filter(point=named).update(valid_to=timezone.localdate())
    assert DraftForm(draft_of(named, by=clerk_tangfang)).belts == []


def test_a_named_site_is_not_asked_what_it_applies_for(named, draft, clerk_tangfang):
    assert {"applied_level", "self_score"} & {*DraftForm(draft_of(named, by=clerk_tangfang)).facts} == set()
    assert {"applied_level", "self_score"} <= {*DraftForm(draft).facts}


# Submitting


def test_a_draft_with_gaps_is_not_submitted(draft, clerk_tangfang):
    assert refused(submit_draft, draft, by=clerk_tangfang) == "incomplete"
    assert again(draft).state == "open"


def test_a_warning_nobody_answered_stands_against_submitting(sample, clerk_tangfang):
    draft = make_draft(clerk_tangfang)
    Draft.objects.unscoped("test").filter(pk=draft.pk).update(overruled={})
    assert refused(submit_draft, draft, by=clerk_tangfang) == "doubts_open"


def test_a_submitted_site_stands_as_submitted_from_today(sample, clerk_tangfang):
    [period] = make_submitted(clerk_tangfang).point.periods.all()
    assert (period.status, period.valid_from, period.valid_to) == ("submitted", timezone.localdate(), None)


def test_submitting_twice_is_submitting_once(sample, clerk_tangfang):
    draft = make_draft(clerk_tangfang)
    first, second = (submit_draft(draft, by=clerk_tangfang) for _time in range(2))
    assert first.point == second.point
    assert Event.objects.filter(verb="submit", code=first.point.code).count() == 1


def test_a_submitted_draft_takes_no_more_typing(sample, clerk_tangfang):
    draft = make_submitted(clerk_tangfang)
    assert refused(save_fields, draft, {"secretary": "乙某"}, was={}, by=clerk_tangfang) == "not_open"


def test_nobody_else_submits_a_townships_draft(sample, clerk_tangfang, clerk_daqi):
    assert refused(submit_draft, make_draft(clerk_tangfang), by=clerk_daqi) == "not_allowed"


def test_the_position_is_kept_as_it_was_measured(sample, clerk_tangfang):
    draft = make_submitted(clerk_tangfang, position="118.106400, 39.521300", coordinate_system="gcj02")
    point = draft.point
    assert (f"{point.lng}", f"{point.lat}", point.coordinate_system) == ("118.106400", "39.521300", "gcj02")


def test_the_event_of_submitting_does_not_tell_the_telephone(sample, clerk_tangfang):
    point = make_submitted(clerk_tangfang, phone="13800000000").point
    changes = Event.objects.get(verb="submit", code=point.code).changes
    assert changes["phone"] == ["…", "…"]
    assert "13800000000" not in str(list(Event.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize(
    ("members", "form"),
    [
        (3, "party_branch"),
        (49, "party_branch"),
        (50, "general_branch"),
        (99, "general_branch"),
        (100, "party_committee"),
    ],
)
def test_the_form_of_a_new_organisation_follows_from_its_members(members, form):
    assert form_for(members) == form


def test_a_place_without_an_organisation_gets_the_one_that_was_typed(village, clerk_tangfang):
    PartyOrganisation.objects.unscoped("test").filter(area=village, unit=None).update(dissolved_on="2020-01-01")
    draft = make_draft(clerk_tangfang, place=village.pk, organisation_name="中共新村支部委员会")
    organisation = submit_draft(draft, by=clerk_tangfang).point.organisation
    assert (organisation.name, organisation.area, organisation.kind) == ("中共新村支部委员会", village, "village")
    assert f"{organisation.member_count}" == ANSWERS["member_count"]


def test_a_code_that_ends_in_a_sign_like_a_digit_does_not_count(sample, clerk_tangfang):
    make_point(code="FN-²")
    assert make_submitted(clerk_tangfang).point.code.removeprefix("FN-").isascii()


# Changing a site that is named


def test_a_change_of_a_named_site_waits_for_the_township(named, clerk_tangfang, head_tangfang):
    change = submit_draft(complete_change(named, clerk_tangfang, highlights="新亮点"), by=clerk_tangfang)
    named.refresh_from_db()
    assert named.highlights == "亮点"
    take_over(change, by=head_tangfang)
    named.refresh_from_db()
    assert named.highlights == "新亮点"


def test_nobody_takes_over_what_they_typed_themselves(named, clerk_tangfang, head_tangfang):
    change = submit_draft(complete_change(named, clerk_tangfang), by=clerk_tangfang)
    change.writers.add(head_tangfang)
    assert refused(take_over, change, by=head_tangfang) == "own_work"


def test_a_change_that_changes_nothing_is_not_submitted(named, clerk_tangfang):
    organisation = named.organisation
    organisation.secretary, organisation.member_count = "示例书记", 36
    organisation.save()
    draft_of(named, by=clerk_tangfang)
    change = complete_change(named, clerk_tangfang, **dict.fromkeys(ANSWERS, ""))
    assert refused(submit_draft, change, by=clerk_tangfang) == "nothing_typed"


# Sent back


def test_a_remark_stands_against_submitting_until_its_field_says_otherwise(sample, clerk_tangfang, head_tangfang):
    point = make_submitted(clerk_tangfang).point
    returned = send_back(point, remarks={"highlights": "请写清做法"}, by=head_tangfang)
    assert refused(submit_draft, returned, by=clerk_tangfang) == "incomplete"
    save_fields(returned, {"highlights": "写清了的做法"}, was={}, by=clerk_tangfang)
    assert "remark_open" not in codes(returned)


def test_a_return_says_what_is_to_be_put_right(sample, clerk_tangfang, head_tangfang):
    point = make_submitted(clerk_tangfang).point
    assert refused(send_back, point, remarks={"highlights": "  "}, by=head_tangfang) == "remark_missing"


def test_what_is_asked_of_the_photos_stands_in_their_section(sample, clerk_tangfang, head_tangfang, client):
    returned = send_back(make_submitted(clerk_tangfang).point, remarks={"photos": "请补拍外景"}, by=head_tangfang)
    client.force_login(clerk_tangfang)
    assert client.get(f"/desk/drafts/{returned.key}/photos/").content.decode().count("请补拍外景") == 1


def test_a_site_is_vouched_for_once_a_year(named, clerk_tangfang):
    first, second = (confirm_site(named, year=2026, by=clerk_tangfang) for _time in range(2))
    assert first == second
    assert Event.objects.filter(verb="confirm", code=named.code).count() == 1


def test_a_confirmation_of_the_year_is_taken_back(named, clerk_tangfang):
    confirm_site(named, by=clerk_tangfang)
    unconfirm_site(named, by=clerk_tangfang)
    unconfirm_site(named, by=clerk_tangfang)
    today = timezone.localdate()
    assert DemonstrationPoint.objects.unscoped("test").to_confirm(today).filter(pk=named.pk).exists()
    assert [event.verb for event in Event.objects.filter(code=named.code)[:2]] == ["unconfirm", "confirm"]
    confirm_site(named, by=clerk_tangfang)
    assert not DemonstrationPoint.objects.unscoped("test").to_confirm(today).filter(pk=named.pk).exists()


def test_what_was_named_this_year_is_confirmed_from_the_next_year_on(sample):
    point = make_named_point(date(2026, 3, 1))
    asked = DemonstrationPoint.objects.unscoped("test").filter(pk=point.pk)
    assert [asked.to_confirm(date(year, 6, 1)).count() for year in (2026, 2027)] == [0, 1]


def test_a_confirmation_counts_down_in_the_same_answer(named, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    left = client.get("/desk/points/").context["left"]
    answer = client.post(f"/desk/points/{named.code}/confirm/", headers={"HX-Request": "true"}).content.decode()
    assert f"还有 {left - 1} 个待确认" in answer
    assert f"/desk/points/{named.code}/unconfirm/" in answer
    assert 'hx-swap-oob="true"' in answer


# Taken back


def test_what_is_taken_back_can_be_mended_and_submitted_again(sample, clerk_tangfang):
    draft = take_back(make_submitted(clerk_tangfang), by=clerk_tangfang)
    assert (draft.state, open_period(draft.point).status) == ("open", "draft")
    save_fields(draft, {"highlights": "改好的亮点"}, was={}, by=clerk_tangfang)
    assert submit_draft(again(draft), by=clerk_tangfang).point.highlights == "改好的亮点"


def test_a_change_that_is_taken_back_leaves_the_title(named, clerk_tangfang):
    change = submit_draft(complete_change(named, clerk_tangfang, highlights="改过的亮点"), by=clerk_tangfang)
    take_back(change, by=clerk_tangfang)
    assert open_period(named).status == "named"


def test_only_the_own_clerk_takes_back_and_only_what_is_submitted(sample, clerk_tangfang, clerk_daqi):
    submitted = make_submitted(clerk_tangfang)
    assert refused(take_back, submitted, by=clerk_daqi) == "not_allowed"
    take_back(submitted, by=clerk_tangfang)
    assert refused(take_back, submitted, by=clerk_tangfang) == "not_open"


def test_only_a_checker_opens_a_submission_and_the_first_time_counts(sample, clerk_tangfang, head_tangfang):
    submitted = make_submitted(clerk_tangfang)
    note_opening(submitted, by=clerk_tangfang)
    assert again(submitted).opened_at is None
    for _time in range(2):
        note_opening(again(submitted), by=head_tangfang)
    assert Event.objects.filter(code=submitted.point.code, verb="open").count() == 1
    assert refused(take_back, submitted, by=clerk_tangfang) == "opened"


# On the page


def test_a_colleague_of_the_same_township_goes_on_where_the_other_stopped(draft, clerk_tangfang, colleague, client):
    save_fields(draft, {"highlights": "写了一半的亮点"}, was={}, by=clerk_tangfang)
    client.force_login(colleague)
    page = client.get(f"/desk/drafts/{draft.key}/venue/")
    assert {field["fact"].input.name: field["text"] for field in page.context["fields"]}[
        "highlights"
    ] == "写了一半的亮点"
    client.post(f"/desk/drafts/{draft.key}/venue/", {"highlights": "写完的亮点", "was-highlights": "写了一半的亮点"})
    assert again(draft).values["highlights"] == "写完的亮点"


@pytest.mark.parametrize("page", ["", "place/", "photos/", "check/"])
def test_a_draft_of_another_township_is_not_there(page, draft, clerk_daqi, client):
    client.force_login(clerk_daqi)
    assert client.get(f"/desk/drafts/{draft.key}/{page}").status_code == 404
    assert client.post(f"/desk/drafts/{draft.key}/{page}", {"name": "改了"}).status_code == 404
    assert again(draft).values["name"] == draft.values["name"]


def test_who_may_read_a_whole_district_still_writes_in_the_own_township_only(draft, clerk_daqi, client):
    clerk_daqi.read_prefix = DISTRICT
    clerk_daqi.save()
    client.force_login(clerk_daqi)
    assert client.get(f"/desk/drafts/{draft.key}/").status_code == 404


def test_without_a_script_a_conflict_comes_back_with_both_texts(draft, clerk_tangfang, colleague, client):
    save_fields(draft, {"highlights": "甲写的"}, was={"highlights": ""}, by=clerk_tangfang)
    client.force_login(colleague)
    answer = client.post(f"/desk/drafts/{draft.key}/venue/", {"highlights": "乙写的", "was-highlights": ""})
    [field] = [field for field in answer.context["fields"] if field["conflict"]]
    assert (answer.status_code, field["text"], field["conflict"].theirs) == (409, "乙写的", "甲写的")


def test_saving_while_typing_answers_when_and_what_cannot_be_read(draft, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    typed = {"member_count": "三十六", "was-member_count": DraftForm(draft).facts["member_count"].text}
    answer = client.post(f"/desk/drafts/{draft.key}/organisation/", typed, headers={"X-Autosave": "1"}).json()
    assert list(answer["problems"]) == ["member_count"]
    assert answer["saved"] == f"{timezone.localtime(again(draft).saved_at):%H:%M}"


def test_a_section_sent_after_the_session_ended_comes_back_to_be_sent_again(draft, client):
    answer = client.post(f"/desk/drafts/{draft.key}/venue/", {"highlights": "没有丢"})
    assert (answer.status_code, answer.context["typed"]) == (401, [("highlights", "没有丢")])


# Where it lies


def choice_of(place, clerk):
    choices = [choice for _heading, group in place_choices(clerk, timezone.localdate()) for choice in group]
    return next(choice for choice in choices if choice.place.code == place.code)


def test_every_place_is_found_by_its_name_pinyin_and_initials(sample, clerk_daqi):
    village = Area.objects.unscoped("test").get(code__startswith=DAQI, name__startswith="小史马")
    assert all(text in choice_of(village, clerk_daqi).find for text in ("小史马", "xiaoshima", "xsm"))
    school = Unit.objects.unscoped("test").filter(area__code__startswith=DAQI, kind="school").first()
    assert all(text in choice_of(school, clerk_daqi).find for text in (school.name, pinyin_of(school.name)[1]))


def test_a_place_says_what_is_there_and_leads_to_it(village, draft, named, clerk_tangfang, client):
    assert choice_of(village, clerk_tangfang).draft == draft
    assert named.code in choice_of(named.unit or named.area, clerk_tangfang).sites
    client.force_login(clerk_tangfang)
    page = client.get("/desk/points/new/").content.decode()
    assert draft.get_absolute_url() in page
    assert f"/points/{named.code}/" in page


def test_the_map_names_the_villages_of_the_other_sites(village, draft):
    DemonstrationPoint.objects.unscoped("test").filter(area=village).update(lng=None, lat=None, coordinate_system="")
    make_named_point(area=village.code, field="rural", **HERE)
    assert (39.52, 118.1, village.short_name) in landmarks(DraftForm(draft))["villages"]
