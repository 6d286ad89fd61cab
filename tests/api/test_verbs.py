"""The life of a site by program: every act of the pages is an address, and says what stands against it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessment.models import Notice, Review
from registry.actions.drafts import submit_draft
from registry.actions.points import open_period
from registry.models import Draft, Event, Role, User
from tests.api.sending import PASSWORD, faults, problem, program
from tests.conftest import DISTRICT
from tests.factories import full_scores, make_draft, make_named_point, make_point, make_submitted


@pytest.fixture
def cast(sample, clerk_tangfang, head_tangfang, reviewer, administrator):
    """A program for each of those a site passes."""
    second = User.objects.create_user(
        "second", password=PASSWORD, role="reviewer", read_prefix=DISTRICT, write_prefix=DISTRICT
    )
    people = {"clerk": clerk_tangfang, "head": head_tangfang, "reviewer": reviewer, "second": second}
    return {name: program(account) for name, account in people.items()} | {"admin": program(administrator)}


@pytest.fixture
def clerk(cast):
    return cast["clerk"]


def codes(refusals: list[dict]) -> list[str]:
    return [refusal["code"] for refusal in refusals]


def checked(cast) -> Review:
    """An application that the township has passed."""
    point = make_submitted(cast["clerk"].account).point
    assert cast["head"].post(f"points/{point.code}/check/", {"opinion": "同意"})[0] == 200
    return Review.objects.unscoped("test").get(point=point)


def scored(cast) -> Review:
    review = checked(cast)
    scores = {"scores": full_scores(review)}
    assert cast["reviewer"].post(f"reviews/{review.code}/score/", scores)[0] == 200
    assert cast["reviewer"].post(f"reviews/{review.code}/finish/")[0] == 200
    review.refresh_from_db()
    return review


def on_notice(cast) -> Review:
    """A scored point whose notice has ended."""
    review = scored(cast)
    assert cast["second"].post("notices/", {"reviews": [review.code], "title": "公示"})[0] == 201
    days = timedelta(days=30)
    for notice in Notice.objects.unscoped("test"):
        notice.starts_on, notice.ends_on = notice.starts_on - days, notice.ends_on - days
        notice.save()
    review.point.periods.filter(status="notice").update(valid_from=timezone.localdate() - days)
    review.point.periods.exclude(status="notice").delete()
    review.refresh_from_db()
    return review


def test_a_site_passes_from_a_clerks_draft_to_its_title(cast):
    review = on_notice(cast)
    paper = {"document_no": "丰组字〔2026〕1号", "batch": "第一批"}
    status, named = cast["admin"].post(f"points/{review.point.code}/name/", paper)
    assert (status, named["status"], named["grade"]) == (200, "named", "premium")
    verbs = Event.objects.filter(code=review.point.code).order_by("pk").values_list("verb", flat=True)
    assert {"submit", "standing"} <= set(verbs)


def test_a_notice_names_its_sites_together(cast):
    review = on_notice(cast)
    address = f"notices/{review.notice.code}/"
    assert cast["admin"].get(address)["reviews"] == [review.code]
    wrong = {"document_no": "丰组字〔2026〕1号", "reviews": ["RV-NONE"]}
    assert problem(cast["admin"].post(f"{address}name/", wrong)) == (409, "not-on-notice")
    assert cast["admin"].post(f"{address}name/", {"document_no": "丰组字〔2026〕1号"})[0] == 200
    assert open_period(review.point).status == "named"


def test_a_draft_is_filled_in_and_submitted(clerk):
    draft = make_draft(clerk.account)
    address = f"drafts/{draft.key}/"
    draft = clerk.get(address)
    assert clerk.patch(address, {"highlights": "别的亮点"}, draft["version"])[1]["version"] == draft["version"] + 1
    assert problem(clerk.patch(address, {"highlights": "又一亮点"}, draft["version"])) == (412, "stale")
    assert clerk.patch(address, {"highlights": "又一亮点"})[0] == 428
    assert faults(clerk.patch(address, {"highlight": "x"}, 99)) == [(None, "highlight", "unknown")]
    assert clerk.post(f"{address}submit/")[1]["state"] == "submitted"


def test_a_draft_says_what_is_still_to_be_done(clerk):
    made = clerk.post(
        "points/",
        {
            "township": "唐坊镇",
            "name": "唐坊镇新立党建示范点",
            "field": "rural",
            "organisation_name": "唐坊镇新立党支部",
            "level": "district",
            "secretary": "示例书记",
        },
    )
    address = made[1]["url"]
    assert problem(clerk.post(f"{address}submit/")) == (409, "incomplete")
    assert codes(clerk.get(f"{address}submit/")["refusals"]) == ["incomplete", "doubts_open"]
    detail = clerk.get(address)
    assert {issue["field"] for issue in detail["problems"] if issue["code"] == "required"} >= {"position", "highlights"}
    doubt = next(issue for issue in detail["problems"] if not issue["hard"])
    assert clerk.post(f"{address}overrule/", {"doubt": doubt["key"], "reason": "已核对"})[0] == 200
    assert doubt["key"] not in [issue["key"] for issue in clerk.get(address)["problems"] if not issue["set_aside"]]
    assert clerk.post(f"{address}discard/")[1]["state"] == "discarded"
    assert problem(clerk.post(f"{address}submit/")) == (409, "not-open")


def test_drafts_of_the_own_township_are_listed(cast, clerk_daqi):
    draft, other = make_draft(cast["clerk"].account), program(clerk_daqi)
    assert [result["key"] for result in cast["clerk"].get("drafts/")["results"]] == [str(draft.key)]
    assert other.get("drafts/")["results"] == []
    assert [other(method, f"drafts/{draft.key}/")[0] for method in ("GET", "PATCH")] == [404, 404]
    assert other("GET", "drafts/no-such-key/")[0] == 404


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMIN, Role.AUDITOR])
def test_until_it_is_submitted_a_draft_is_read_by_its_township_alone(role, clerk):
    district = program(User.objects.create_user("district", password=PASSWORD, role=role, read_prefix=DISTRICT))
    draft = make_draft(clerk.account)
    addresses = [f"drafts/{draft.key}/{below}" for below in ("", "actions/", "submit/")]
    assert [district("GET", address)[0] for address in addresses] == [404] * 3
    assert district.get("drafts/")["results"] == []
    submit_draft(draft, by=clerk.account)
    assert [district("GET", address)[0] for address in addresses] == [200] * 3
    assert [result["key"] for result in district.get("drafts/")["results"]] == [str(draft.key)]


def test_a_head_reads_what_the_clerks_of_the_township_are_filling_in(head_tangfang, clerk):
    draft = make_draft(clerk.account)
    assert program(head_tangfang)("GET", f"drafts/{draft.key}/")[0] == 200


def test_a_telephone_in_a_draft_is_masked_for_those_who_only_read_it(cast):
    draft = make_submitted(cast["clerk"].account, phone="13911110000")
    for name, expected in (("clerk", "13911110000"), ("reviewer", "139****0000")):
        fields = {field["name"]: field["value"] for field in cast[name].get(f"drafts/{draft.key}/")["fields"]}
        assert fields["phone"] == expected


def test_a_change_of_a_named_site_is_submitted_at_the_site(clerk):
    point = make_named_point(highlights="亮点")
    address = f"points/{point.code}/submit/"
    assert problem(clerk.post(address)) == (409, "nothing-typed")
    clerk.patch(f"points/{point.code}/", {"highlights": "新的亮点"}, 1)
    assert clerk.get(address)["refusals"][0]["code"] == "incomplete"


def test_what_was_submitted_is_sent_back_field_by_field(cast):
    point = make_submitted(cast["clerk"].account).point
    address = f"points/{point.code}/return/"
    assert problem(cast["head"].post(address)) == (409, "remark-missing")
    assert faults(cast["head"].post(address, {"remarks": {"nmae": "x"}})) == [(None, "remarks.nmae", "unknown")]
    assert faults(cast["head"].post(address, {"remarks": ["x"]})) == [(None, "remarks", "control")]
    assert cast["head"].post(address, {"remarks": {"highlights": "再具体些"}})[1]["status"] == "returned"
    assert Draft.objects.unscoped("test").get(point=point).remarks.get().text == "再具体些"


def test_scores_are_all_taken_or_none(cast):
    review = checked(cast)
    address = f"reviews/{review.code}/score/"
    scores = full_scores(review)
    answer = cast["reviewer"].post(address, {"scores": scores | {"score-1": "99", "score-99": "1"}})
    assert faults(answer) == [(None, "scores.score-99", "unknown")]
    answer = cast["reviewer"].post(address, {"scores": scores | {"score-1": "99"}})
    assert [fault[1] for fault in faults(answer)] == ["scores.score-1"]
    assert review.scores.filter(district_score=None).count() == review.scores.count()
    assert problem(cast["reviewer"].post(f"reviews/{review.code}/finish/")) == (409, "scores-missing")
    cast["reviewer"].post(address, {"scores": scores})
    was = {"scores": scores | {"score-1": "1"}, "was": {"score-1": "2"}}
    assert problem(cast["second"].post(address, was)) == (409, "seen-otherwise")


@pytest.mark.parametrize("name", ["\x00", "score-1\x00", "\ud800"])
def test_a_name_that_no_database_keeps_is_refused_with_its_map(name, cast):
    address = f"reviews/{checked(cast).code}/score/"
    answer = cast["reviewer"].post(address, {"scores": {name: "1"}})
    assert (answer[0], faults(answer)) == (400, [(None, "scores", "control")])


def test_an_application_is_refused_or_sent_back_by_the_district(cast):
    first, second = checked(cast), checked(cast)
    assert problem(cast["reviewer"].post(f"reviews/{first.code}/refuse/")) == (409, "opinion-missing")
    assert cast["reviewer"].post(f"reviews/{first.code}/refuse/", {"reason": "条件不够"})[1]["outcome"] == "refused"
    returned = cast["reviewer"].post(f"reviews/{second.code}/return/", {"remarks": {"photos": "补照片"}})
    assert returned[1]["outcome"] == "returned"
    assert codes(cast["reviewer"].get(f"reviews/{second.code}/refuse/")["refusals"]) == ["not_in_review"]


def test_a_point_is_taken_off_its_notice(cast):
    review = scored(cast)
    cast["second"].post("notices/", {"reviews": [review.code], "title": "公示"})
    address = f"reviews/{review.code}/take-off/"
    assert problem(cast["reviewer"].post(address)) == (400, "reason-short")
    assert cast["reviewer"].post(address, {"reason": "有异议"})[1]["notice"] is None


def test_a_notice_is_posted_of_scored_points_alone(cast):
    review = checked(cast)
    sent = {"reviews": [review.code], "title": "公示"}
    assert problem(cast["second"].post("notices/", sent)) == (409, "not-scored")
    assert problem(cast["second"].post("notices/", sent | {"reviews": ["RV-NONE"]})) == (409, "not-scored")
    assert cast["clerk"].post("notices/", {})[0] == 403
    assert faults(cast["second"].post("notices/", {"reviews": [], "starts_on": "2月30日"})) == [
        (None, "starts_on", "not_a_day"), (None, "reviews", "required"), (None, "title", "required"),
    ]  # fmt: skip


def test_a_notice_is_read_by_everybody_once_it_is_posted(cast, client):
    review = scored(cast)
    later = (timezone.localdate() + timedelta(days=3)).isoformat()
    sent = {"reviews": [review.code], "title": "公示", "starts_on": later}
    cast["second"].post("notices/", sent)
    url = cast["second"].last["Location"]
    assert client.get(url).status_code == 404
    Notice.objects.unscoped("test").update(starts_on=timezone.localdate())
    assert "reviews" not in client.get(url).json()
    assert [result["url"] for result in client.get("/api/v1/notices/").json()["results"]] == [url]


def test_a_named_site_is_checked_again_and_decided_on(cast):
    point = make_named_point(grade="standard")
    assert cast["reviewer"].post(f"points/{point.code}/recheck/")[0] == 200
    review = Review.objects.unscoped("test").get(point=point)
    cast["reviewer"].post(f"reviews/{review.code}/score/", {"scores": full_scores(review)})
    cast["reviewer"].post(f"reviews/{review.code}/finish/")
    address = f"reviews/{review.code}/settle/"
    assert faults(cast["admin"].post(address, {"grade": "best"})) == [(None, "grade", "not_a_choice")]
    assert problem(cast["admin"].post(address, {"grade": "premium"})) == (409, "paper-missing")
    paper = {"document_no": "丰组字〔2026〕2号", "reason": "复核优秀"}
    assert cast["admin"].post(address, {"grade": "premium", **paper})[1]["outcome"] == "passed"
    assert open_period(point).grade == "premium"


def test_a_title_is_withdrawn_or_changed_by_a_paper(cast):
    point, other = make_named_point(grade="standard"), make_named_point()
    paper = {"document_no": "丰组字〔2026〕3号", "reason": "不再具备条件"}
    assert problem(cast["admin"].post(f"points/{point.code}/withdraw/", {"reason": "x"})) == (409, "paper-missing")
    assert cast["admin"].post(f"points/{point.code}/regrade/", {"grade": "premium", **paper})[1]["grade"] == "premium"
    assert cast["admin"].post(f"points/{other.code}/withdraw/", paper)[1]["status"] == "withdrawn"
    assert cast["clerk"].post(f"points/{other.code}/withdraw/", paper)[0] == 403


def test_a_site_is_confirmed_for_a_year(clerk):
    point = make_named_point()
    assert clerk.post(f"points/{point.code}/confirm/", {"year": "2026"})[0] == 200
    assert point.confirmations.get().year == 2026
    assert faults(clerk.post(f"points/{point.code}/confirm/", {"year": "26"})) == [(None, "year", "too_small")]


def test_nobody_decides_on_what_they_wrote(cast):
    point = make_named_point()
    cast["admin"].patch(f"points/{point.code}/", {"highlights": "新的亮点"}, 1)
    assert problem(cast["admin"].post(f"points/{point.code}/withdraw/", {"reason": "x", "document_no": "y"})) == (
        409, "own-work",
    )  # fmt: skip


def test_an_act_may_name_the_version_it_read(cast):
    point = make_named_point()
    paper = {"document_no": "丰组字〔2026〕3号", "reason": "不再具备条件"}
    address = f"points/{point.code}/withdraw/"
    assert cast["admin"].post(address, paper, If_Match='"9"')[0] == 412
    assert cast["admin"].post(address, paper, If_Match='"1.abc"')[0] == 200


def test_an_act_under_a_key_is_done_once(cast):
    point = make_named_point()
    paper = {"document_no": "丰组字〔2026〕3号", "reason": "不再具备条件"}
    answers = [cast["admin"].post(f"points/{point.code}/withdraw/", paper, Idempotency_Key="w") for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 200


def test_a_record_lists_its_acts_with_what_stands_against_each(cast):
    point = make_named_point()
    acts = {action["verb"]: action for action in cast["admin"].get(f"points/{point.code}/actions/")}
    assert [verb for verb, act in acts.items() if not act["refusals"]] == ["withdraw", "regrade", "correct"]
    assert codes(acts["recheck"]["refusals"]) == ["not_allowed"]
    assert [field["name"] for field in acts["withdraw"]["fields"]] == ["reason", "document_no", "on"]
    assert cast["admin"].get(acts["withdraw"]["url"]) == acts["withdraw"]


def test_whoever_may_not_do_an_act_learns_nothing_more(cast):
    point = make_named_point()
    acts = cast["clerk"].get(f"points/{point.code}/actions/")
    assert {act["verb"]: codes(act["refusals"]) for act in acts if act["verb"] in ("withdraw", "recheck", "name")} == {
        "withdraw": ["not_allowed"], "recheck": ["not_allowed"], "name": ["not_allowed"],
    }  # fmt: skip


def test_whoever_may_not_do_an_act_is_told_so_whatever_was_sent(cast):
    review, point = checked(cast), make_named_point()
    addresses = [f"reviews/{review.code}/{verb}/" for verb in ("score", "return", "refuse", "settle")]
    addresses += [f"points/{point.code}/{verb}/" for verb in ("name", "return", "withdraw")]
    assert [cast["clerk"].post(address, {"nonsense": 1})[0] for address in addresses] == [403] * len(addresses)


def test_what_the_account_may_not_see_is_not_there(cast, clerk_daqi, client):
    hidden = make_point()
    review = checked(cast)
    other = program(clerk_daqi)
    for address in (f"points/{hidden.code}/withdraw/", f"reviews/{review.code}/score/"):
        assert [other(method, address)[0] for method in ("GET", "POST")] == [404, 404]
        assert [client.get(f"/api/v1/{address}").status_code, client.post(f"/api/v1/{address}").status_code] == [
            401,
            401,
        ]
