"""Schemes of assessment: frozen when they open, scored by hand and from the registry, ranked, appealed, published."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessment.actions import schemes as acts
from assessment.models import FINDINGS, Scheme, SchemeItem, SchemeResult, SupervisionFinding
from assessment.overviews import standings
from registry.actions.records import save_record
from registry.figures import FIGURES
from registry.models import Event, PartyOrganisation, StatusPeriod
from registry.overviews.news import latest_news
from registry.overviews.tasks import tasks_of
from tests.factories import PROOF, make_named_point, refused

DAY = date(2021, 12, 31)
ITEMS = [("重点一", "精品率", "60", "premium-rate", "35"), ("X", "特色工作", "40", "", None)]


def items(*rows) -> list[SchemeItem]:
    return [
        SchemeItem(part=part, name=name, weight=Decimal(weight), figure=figure, full_at=full_at and Decimal(full_at))
        for part, name, weight, figure, full_at in rows or ITEMS
    ]


def again(record):
    return type(record).objects.unscoped("test").get(pk=record.pk)


def write(administrator, *rows, year=2026, kind="township"):
    scheme = Scheme(name=f"{year}年考评", year=year, kind=kind, area_id="130207")
    return acts.write_scheme(scheme, items(*rows), by=administrator)


@pytest.fixture
def opened(sample, administrator):
    return acts.open_scheme(write(administrator), by=administrator)


def card(scheme, area) -> SchemeResult:
    return SchemeResult.objects.unscoped("test").select_related("scheme").get(scheme=scheme, area=area)


def score(scheme, reviewer, value="30") -> None:
    for result in SchemeResult.objects.unscoped("test").filter(scheme=scheme).select_related("scheme"):
        acts.give_scores(result, {2: Decimal(value)}, {}, by=reviewer)


@pytest.fixture
def announced(opened, administrator, reviewer):
    score(opened, reviewer)
    return acts.announce(opened, by=administrator)


def over(scheme) -> Scheme:
    """The scheme with the term of appeals behind it."""
    Scheme.objects.unscoped("test").filter(pk=scheme.pk).update(announced_on=timezone.localdate() - timedelta(days=30))
    return again(scheme)


def test_every_township_of_the_district_gets_its_card_when_a_scheme_opens(opened):
    rows = SchemeResult.objects.unscoped("test").filter(scheme=opened)
    assert (rows.count(), len({row.area_id for row in rows})) == (16, 16)


@pytest.mark.parametrize("weights", [("60", "30"), ("60", "50")])
def test_weights_without_the_bonus_must_add_up_to_100(weights, sample, administrator):
    rows = [("一", "甲", weights[0], "", None), ("一", "乙", weights[1], "", None)]
    scheme = write(administrator, *rows)
    assert refused(acts.open_scheme, scheme, by=administrator) == "weights_not_100"
    bonus = items(("一", "甲", "100", "", None), ("加分", "乙", weights[1], "", None))
    bonus[1].bonus = True
    acts.write_scheme(scheme, bonus, by=administrator)
    assert acts.open_scheme(scheme, by=administrator).opened_on == timezone.localdate()


def test_a_scheme_there_is_for_a_year_and_kind_once(sample, administrator):
    write(administrator)
    with pytest.raises(ValidationError):
        write(administrator)
    assert write(administrator, year=2027).year == 2027


def test_only_figures_of_the_registry_may_be_computed_with(sample, administrator):
    with pytest.raises(ValidationError) as caught:
        write(administrator, ("一", "登录次数", "100", "logins", "50"))
    assert list(caught.value.message_dict) == ["figure"]


def test_a_computed_item_needs_the_value_that_gives_the_full_weight(sample, administrator):
    with pytest.raises(ValidationError):
        write(administrator, ("一", "精品率", "100", "premium-rate", None))


def test_a_computed_item_gives_its_weight_in_proportion_up_to_the_full():
    assert [standings.computed(value, "60.0", "35.00") for value in (None, 0, 7, 35, 50)] == [
        "0.00", "0.00", "12.00", "60.00", "60.00",
    ]  # fmt: skip


def test_a_card_is_computed_from_the_rows_its_lines_open(opened, scope):
    result = card(opened, "130207114")
    opened.year = 2021
    standing = next(row for row in standings.live(opened, timezone.localdate()) if row.result == result)
    answer = FIGURES["premium-rate"].answer(scope.at(DAY).within("130207114"))
    line = standing.lines[0]
    assert (line.value, line.on) == (answer.value, "2021-12-31")
    assert line.score == standings.computed(answer.value, "60.0", "35.00")
    assert line.address("130207114") == "/figures/premium-rate/?area=130207114&as_of=2021-12-31"
    make_named_point(area="130207114", grade="premium", since=DAY)
    moved = next(row for row in standings.live(opened, timezone.localdate()) if row.result == result)
    assert moved.lines[0].value > line.value


def test_what_supervision_found_counts_where_the_scheme_says_so(sample, administrator):
    """The share that was struck off; all of it where nothing was found."""
    opened = acts.open_scheme(write(administrator, ("一", "整改", "100", FINDINGS, "100")), by=administrator)
    organisation = PartyOrganisation.objects.unscoped("test").get(code="O-130207108")
    values = {"organisation": organisation, "area": organisation.area, "issuer": "区委组织部", "finding": "记录不全"}
    for code, done in (("SF-A", True), ("SF-B", False), ("SF-C", False), ("SF-D", False)):
        day = date(2026, 1, 5)
        SupervisionFinding.objects.create(code=code, inspected_on=day, deadline=day, done=done, **values)
    lines = {standing.result.area_id: standing.lines[0] for standing in standings.live(opened, timezone.localdate())}
    assert (lines["130207108"].value, lines["130207108"].score) == (25, "25.00")
    assert lines["130207108"].address("130207108") == "/desk/supervision/?area=130207108"
    assert lines["130207001"].score == "100.00"


def test_what_an_open_scheme_judges_by_does_not_change(opened, administrator):
    assert refused(acts.write_scheme, opened, items(), by=administrator) == "scheme_is_open"
    item = acts.items_in(opened)[0]
    item.weight = Decimal("50")
    with pytest.raises(ValidationError):
        item.full_clean()
    before = [standing.total for standing in standings.live(opened, timezone.localdate())]
    SchemeItem.objects.filter(scheme=opened, number=1).update(weight=1, full_at=1)
    assert [standing.total for standing in standings.live(again(opened), timezone.localdate())] == before


def test_the_figures_of_a_card_are_read_no_later_than_the_end_of_its_year(opened):
    opened.year = 2021
    assert standings.judged_on(opened, date(2026, 5, 1)) == DAY
    assert standings.judged_on(opened, date(2021, 5, 1)) == date(2021, 5, 1)


def test_the_unit_scores_itself_with_proof_and_the_district_scores(opened, clerk_tangfang, reviewer):
    result = card(opened, "130207108")
    acts.give_own_scores(result, {2: Decimal("38")}, {2: PROOF}, by=clerk_tangfang)
    acts.give_scores(card(opened, "130207108"), {2: Decimal("35.5")}, {2: "亮点突出"}, by=reviewer)
    item_score = result.scores.get(item__number=2)
    assert (item_score.self_score, item_score.score, item_score.note) == (Decimal("38"), Decimal("35.5"), "亮点突出")
    assert (item_score.scored_by, [evidence.file_name for evidence in item_score.proof.unscoped("test")]) == (
        reviewer,
        ["佐证.jpg"],
    )


def test_a_score_lies_between_0_and_the_weight(opened, clerk_tangfang, reviewer):
    result = card(opened, "130207108")
    for value in (Decimal("40.5"), Decimal("-1")):
        assert refused(acts.give_scores, result, {2: value}, {}, by=reviewer) == "score_out_of_range"
        assert refused(acts.give_own_scores, result, {2: value}, {}, by=clerk_tangfang) == "score_out_of_range"


def test_nobody_scores_another_township_or_in_another_role(opened, clerk_daqi, clerk_tangfang, administrator):
    result = card(opened, "130207108")
    assert refused(acts.give_own_scores, result, {2: Decimal(1)}, {}, by=clerk_daqi) == "not_allowed"
    assert refused(acts.give_scores, result, {2: Decimal(1)}, {}, by=clerk_tangfang) == "not_allowed"
    assert refused(acts.give_scores, result, {2: Decimal(1)}, {}, by=administrator) == "not_allowed"
    assert refused(acts.announce, opened, by=clerk_daqi) == "not_allowed"


def test_equal_totals_share_a_rank_and_the_next_is_skipped():
    class Unit:
        def __init__(self, code):
            self.code, self.organisation_id = code, code

    def line(score):
        return standings.CardLine(1, "", "", "100.0", False, "", "", "", "2021-12-31", score=score)

    unranked = [
        standings.Standing(Unit(code), [line(score)])
        for code, score in zip("abcd", ("80", "90", "80", "70"), strict=True)
    ]
    ranked = standings.ranked(unranked, {"b": 3, "c": 1})
    assert [(standing.result.code, standing.rank) for standing in ranked] == [("b", 1), ("a", 2), ("c", 2), ("d", 4)]
    assert [standing.rise for standing in ranked] == [2, None, -1, None]


def test_a_ranking_is_not_announced_while_a_score_is_missing(opened, administrator, reviewer):
    assert refused(acts.announce, opened, by=administrator) == "scores_missing"
    score(opened, reviewer)
    scheme = acts.announce(opened, by=administrator)
    assert [standing.rank for standing in standings.frozen(scheme)][:1] == [1]
    assert refused(acts.announce, scheme, by=administrator) == "scheme_not_open"


def test_an_announced_card_stays_when_its_rows_are_corrected_and_says_what_moved(announced):
    result = card(announced, "130207114")
    [standing] = [row for row in standings.frozen(announced) if row.result == result]
    assert standings.moved(announced, standing, timezone.localdate()) == []
    StatusPeriod.objects.filter(point__area__code__startswith="130207114").update(grade="standard")
    [current] = [
        standing for standing in standings.standings(announced, timezone.localdate()) if standing.result == result
    ]
    assert current.total == standing.total
    [(then, now)] = standings.moved(announced, current, timezone.localdate())
    assert (then.name, now.score) == ("精品率", "0.00")


def test_an_appeal_changes_the_score_and_the_ranking_follows(announced, clerk_tangfang, administrator, reviewer):
    result = card(announced, "130207108")
    item = acts.items_in(announced)[1]
    made = acts.make_appeal(result, item, "材料未被采信", by=clerk_tangfang)
    assert refused(acts.make_appeal, result, item, "再次申诉", by=clerk_tangfang) == "appealed_already"
    assert refused(acts.settle_appeal, made, answer="不予调整", by=reviewer) == "not_allowed"
    before = again(result).total
    acts.settle_appeal(made, answer="材料属实", score=Decimal("40"), by=administrator)
    assert again(result).total == before + 10
    assert refused(acts.settle_appeal, made, answer="再答", by=administrator) == "decided"
    totals = sorted((row.total for row in SchemeResult.objects.unscoped("test").filter(scheme=announced)), reverse=True)
    assert again(result).rank == 1 + totals.index(again(result).total)


def test_an_announced_ranking_reaches_the_desk_of_each_unit_until_the_last_day_of_appeals(announced, clerk_tangfang):
    def days(today) -> list:
        mine = card(announced, "130207108").get_absolute_url()
        return [task.due for task in tasks_of(clerk_tangfang, today) if task.url == mine]

    until = acts.appeal_until(announced)
    assert days(timezone.localdate()) == days(until) == [until]
    assert days(until + timedelta(days=1)) == []
    news = latest_news(clerk_tangfang, timezone.localdate())
    assert [item.about for item in news if item.event.verb == "announce"] == ["2026年考评 · 唐坊镇"]


def test_an_appeal_takes_proof_that_who_answers_can_open(announced, clerk_tangfang, administrator, client):
    result, item = card(announced, "130207108"), acts.items_in(announced)[1]
    client.force_login(clerk_tangfang)
    form = {"item": item.number, "text": "材料未被采信", "proof": SimpleUploadedFile("证明.png", PROOF[0].content)}
    assert client.post(f"/desk/results/{result.code}/appeal/", form).status_code == 302
    [made] = result.appeals.all()
    [proof] = made.proof.unscoped("test")
    client.force_login(administrator)
    assert proof.get_absolute_url() in client.get(f"/desk/appeals/{made.pk}/").content.decode()
    assert client.get(proof.get_absolute_url()).status_code == 200


def test_an_appeal_is_taken_back_by_its_unit_until_it_is_answered(
    announced, clerk_tangfang, head_tangfang, clerk_daqi, administrator, client
):
    result, item = card(announced, "130207108"), acts.items_in(announced)[1]
    made = acts.make_appeal(result, item, "材料未被采信", by=clerk_tangfang)
    for other in (clerk_daqi, administrator):
        assert refused(acts.withdraw_appeal, made, by=other) == "not_allowed"
    client.force_login(head_tangfang)
    assert "申诉已撤回" in client.post(f"/desk/appeals/{made.pk}/withdraw/", follow=True).content.decode()
    assert list(result.appeals.all()) == []
    assert Event.objects.filter(verb="appeal-withdrawn", code=result.code).count() == 1
    again_made = acts.make_appeal(result, item, "再次申诉", by=clerk_tangfang)
    acts.settle_appeal(again_made, answer="不予调整", by=administrator)
    assert refused(acts.withdraw_appeal, again_made, by=clerk_tangfang) == "decided"


def test_a_computed_item_is_corrected_in_its_rows_not_by_an_answer(announced, clerk_tangfang, administrator):
    made = acts.make_appeal(card(announced, "130207108"), acts.items_in(announced)[0], "统计有误", by=clerk_tangfang)
    settle = {"answer": "请更正数据", "by": administrator}
    assert refused(acts.settle_appeal, made, score=Decimal("50"), **settle) == "computed_item"
    assert acts.settle_appeal(made, **settle).answer == "请更正数据"


def test_who_gave_the_score_does_not_answer_the_appeal(announced, clerk_tangfang, administrator):
    result, item = card(announced, "130207108"), acts.items_in(announced)[1]
    made = acts.make_appeal(result, item, "材料未被采信", by=clerk_tangfang)
    result.scores.filter(item=item).update(scored_by=administrator)
    assert refused(acts.settle_appeal, made, answer="不予调整", by=administrator) == "own_work"


def test_appeals_have_a_term_and_publishing_waits_for_it_and_for_the_answers(announced, clerk_tangfang, administrator):
    result, item = card(announced, "130207108"), acts.items_in(announced)[1]
    made = acts.make_appeal(result, item, "材料未被采信", by=clerk_tangfang)
    assert refused(acts.publish, announced, by=administrator) == "appeals_running"
    scheme = over(announced)
    assert refused(acts.make_appeal, card(scheme, "130207114"), item, "过期", by=clerk_tangfang) == "not_allowed"
    assert refused(acts.make_appeal, card(scheme, "130207108"), item, "过期", by=clerk_tangfang) == "appeals_over"
    assert refused(acts.publish, scheme, by=administrator) == "appeals_open"
    acts.settle_appeal(made, answer="不予调整", by=administrator)
    assert acts.publish(scheme, by=administrator).state == "published"


def test_last_years_published_rank_stands_beside_this_years(sample, administrator, reviewer):
    this_year = Scheme.objects.unscoped("test").get(code="SC-2021-01")
    before = dict(
        SchemeResult.objects.unscoped("test").filter(scheme__code="SC-2020-01").values_list("organisation", "rank")
    )
    ranking = standings.live(this_year, DAY)
    assert {standing.result.organisation_id: standing.previous_rank for standing in ranking} == before
    assert [standing.rise for standing in ranking] == [
        before[standing.result.organisation_id] - standing.rank for standing in ranking
    ]


def test_next_years_scheme_begins_as_this_one(opened, administrator):
    copied = acts.copy_scheme(opened, year=2027, by=administrator)
    assert (copied.name, copied.state) == ("2027年考评", "draft")
    assert [item.as_frozen for item in acts.items_in(copied)] == [item.as_frozen for item in acts.items_in(opened)]
    assert refused(acts.copy_scheme, opened, year=2027, by=administrator) == "scheme_there"


def test_a_department_is_scored_by_hand_alone(sample, administrator):
    scheme = write(administrator, kind="department")
    assert refused(acts.open_scheme, scheme, by=administrator) == "figures_of_townships"
    acts.write_scheme(scheme, items(("重点", "机关建设", "100", "", None)), by=administrator)
    acts.open_scheme(scheme, by=administrator)
    rows = SchemeResult.objects.unscoped("test").filter(scheme=scheme).select_related("organisation")
    assert {row.organisation.field for row in rows} == {"government"}


def test_a_card_is_its_townships_until_announced_and_everybodys_once_published(
    opened, client, clerk_daqi, clerk_tangfang, administrator, reviewer
):
    page = card(opened, "130207108").get_absolute_url()

    def answers():
        statuses = []
        for who in (None, clerk_daqi, clerk_tangfang):
            client.logout() if who is None else client.force_login(who)
            statuses.append(client.get(page).status_code)
        return statuses

    assert answers() == [404, 404, 200]
    score(opened, reviewer)
    acts.announce(opened, by=administrator)
    assert answers() == [404, 200, 200]
    acts.publish(over(opened), by=administrator)
    assert answers() == [200, 200, 200]


def test_each_line_of_a_card_opens_the_page_of_its_figure(sample, client, administrator):
    client.force_login(administrator)
    page = client.get("/results/SC-2021-01-001/").content.decode()
    for slug in ("premium-rate", "income-villages", "problems-solved", "hosted-events"):
        address = f"/figures/{slug}/?area=130207001&amp;as_of=2021-12-31"
        assert page.count(address) == 1
        assert client.get(address.replace("&amp;", "&")).status_code == 200


def test_a_changed_scheme_no_longer_agrees_with_its_fingerprint(sample, client):
    scheme = Scheme.objects.unscoped("test").get(code="SC-2020-01")
    assert "内容校验一致" in client.get(scheme.get_absolute_url()).content.decode()
    scheme.frozen["items"][0]["weight"] = "19.0"
    scheme.save()
    assert "内容校验不一致" in client.get(scheme.get_absolute_url()).content.decode()


def test_a_scheme_carries_the_version_it_was_opened_with(opened, administrator):
    stale = again(opened)
    save_record(again(opened), right=acts.WRITE, by=administrator)
    assert refused(save_record, stale, right=acts.WRITE, by=administrator) == "stale"


def tasks_about_schemes(user) -> list[str]:
    return [
        str(task.what) for task in tasks_of(user, timezone.localdate()) if "SC-2026" in task.url or "考评" in task.about
    ]


def test_each_is_asked_for_what_a_scheme_needs_of_them_next(
    sample, clerk_tangfang, head_tangfang, reviewer, administrator
):
    Scheme.objects.unscoped("test").filter(code="SC-2021-01").update(announced_on=DAY, published_on=DAY)
    opened = acts.open_scheme(write(administrator), by=administrator)
    cast = (clerk_tangfang, head_tangfang, reviewer, administrator)
    assert [tasks_about_schemes(user) for user in cast] == [["填报自评分"], ["填报自评分"], ["评定方案的考评卡"], []]
    acts.give_own_scores(card(opened, "130207108"), {2: Decimal("38")}, {}, by=clerk_tangfang)
    score(opened, reviewer)
    assert [tasks_about_schemes(user) for user in cast] == [[], [], [], ["公布排名"]]
    acts.announce(opened, by=administrator)
    made = acts.make_appeal(card(opened, "130207108"), acts.items_in(opened)[1], "未采信", by=clerk_tangfang)
    answer = [task for task in tasks_of(administrator, timezone.localdate()) if f"/appeals/{made.pk}/" in task.url]
    assert [(str(task.what), task.due) for task in answer] == [("答复申诉", acts.appeal_until(again(opened)))]
    look = ["排名已公布：请查看，得分有误可申诉"]
    assert [tasks_about_schemes(user) for user in cast] == [look, look, [], ["正式发布排名"]]


def test_a_desk_of_many_schemes_asks_no_more_of_the_database_than_one(opened, client, administrator):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/desk/schemes/").status_code == 200
        return len(queries)

    client.force_login(administrator)
    count_queries()
    before = count_queries()
    for year in (2027, 2028):
        acts.open_scheme(write(administrator, year=year), by=administrator)
    assert count_queries() == before
