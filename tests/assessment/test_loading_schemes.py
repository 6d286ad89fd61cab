"""Scores of an open scheme by the sheet: given by whom the form lets give them, to what is scored by hand."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment.actions import schemes as acts
from assessment.forms.schemes import ScoresForm
from assessment.models import ItemScore, Scheme, SchemeResult
from registry.loading.messages import sentence
from registry.loading.sheet_types import SHEET_TYPES
from registry.loading.templates import prefilled_rows
from registry.loading.undo import undo_rows
from registry.models import Event
from tests.factories import load_rows

KIND = "scheme-score"
OWN = {"考核方案": "SC-2021-01", "被考核单位": "唐坊镇", "考核指标": "一镇一特色工作", "自评分": "0.5"}
ROW = {name: text for name, text in OWN.items() if name != "自评分"} | {"得分": "0.5", "评分说明": "缺一份材料"}
SCORES = ("score", "note", "self_score", "scored_by")


def messages_of(load, level: str = "refused") -> list[str]:
    return [
        f"{message['field']} {message['code']}"
        for row in load.rows.order_by("sheet", "row")
        for message in row.messages
        if message["level"] == level
    ]


def of_tangfang() -> ItemScore:
    return ItemScore.objects.get(result__area="130207108", result__scheme__year=2021, item__name="一镇一特色工作")


def scheme() -> Scheme:
    return Scheme.objects.unscoped("test").get(code="SC-2021-01")


def test_a_reviewers_score_stands_in_their_name_with_one_event_a_card(sample, reviewer):
    load = load_rows(KIND, ROW, ROW | {"考核指标": "4", "得分": "1"}, by=reviewer)
    score = of_tangfang()
    assert (load.changed, score.score, score.note, score.scored_by) == (2, Decimal("0.5"), "缺一份材料", reviewer)
    event = Event.objects.get(change_set=load.change_set)
    assert (event.verb, event.kind, event.code) == ("score", "schemeresult", score.result.code)
    after = {name: after for name, (_before, after) in event.changes.items()}
    assert after == {"一镇一特色工作": "0.5", "组织生活规范": "1"}


REFUSED = {
    "more than the weight": ({"得分": "20.5"}, "score too_large"),
    "less than nothing": ({"得分": "-1"}, "score too_small"),
    "two decimals": ({"得分": "8.25"}, "score decimals"),
    "an item that is computed": ({"考核指标": "精品示范点创建"}, "item computed_item"),
    "an unknown item": ({"考核指标": "没有的项目"}, "item scheme_item_unknown"),
    "an unknown unit": ({"被考核单位": "没有的单位"}, "unit unit_not_assessed"),
    "an unknown scheme": ({"考核方案": "SC-1999-01"}, "scheme place_unknown"),
    "a year without a scheme": ({"考核方案": "", "年度": "1999"}, "year place_unknown"),
    "a scheme of the year before, published": ({"考核方案": "SC-2020-01"}, "score scheme_not_open"),
    "an own score, which the unit gives": ({"自评分": "1"}, "self_score not_allowed"),
}


@pytest.mark.parametrize(("change", "why"), REFUSED.values(), ids=REFUSED)
def test_a_row_is_refused_at_the_field_that_is_wrong(change, why, sample, reviewer):
    assert messages_of(load_rows(KIND, ROW | change, by=reviewer)) == [why]


def test_a_score_too_high_is_refused_in_the_words_of_the_form(sample, reviewer):
    result = of_tangfang().result
    form = ScoresForm({"score-6": "20.5"}, result=result, items=acts.hand_items(result.scheme), own=False)
    [message] = load_rows(KIND, ROW | {"得分": "20.5"}, by=reviewer).rows.get().messages
    assert [sentence(message)] == list(form.errors["score-6"])


@pytest.mark.parametrize("name", ["唐坊镇", "唐坊", "130207108", "唐坊镇党委", "O-130207108"])
def test_a_unit_is_known_by_whatever_it_is_called(name, sample, reviewer):
    assert load_rows(KIND, ROW | {"被考核单位": name}, by=reviewer).changed == 1


@pytest.mark.parametrize("cells", [{"年度": "2021"}, {"年度": "2021", "考核类型": "3+X"}, {"考核方案": scheme}, {}])
def test_a_scheme_is_known_by_its_code_its_name_or_its_year(cells, sample, reviewer):
    named = {heading: text().name if callable(text) else text for heading, text in cells.items()}
    load = load_rows(KIND, ROW | {"考核方案": ""} | named, by=reviewer)
    assert (load.changed, messages_of(load, "warning")) == (1, [] if cells else ["scheme assumed"])


def test_where_two_schemes_are_open_one_has_to_be_named(sample, administrator, reviewer):
    copied = acts.copy_scheme(scheme(), year=2022, by=administrator)
    acts.open_scheme(copied, by=administrator)
    assert messages_of(load_rows(KIND, ROW | {"考核方案": ""}, by=reviewer)) == ["scheme place_unclear"]


def test_a_draft_takes_no_scores(sample, administrator, reviewer):
    copied = acts.copy_scheme(scheme(), year=2022, by=administrator)
    assert messages_of(load_rows(KIND, ROW | {"考核方案": copied.code}, by=reviewer)) == ["scheme scheme_not_open"]


def test_a_unit_gives_its_own_score_and_no_other(sample, clerk_tangfang, administrator):
    assert load_rows(KIND, OWN, by=clerk_tangfang).changed == 1
    assert (of_tangfang().self_score, of_tangfang().scored_by) == (Decimal("0.5"), None)
    assert messages_of(load_rows(KIND, ROW, by=clerk_tangfang)) == ["score not_allowed"]
    assert messages_of(load_rows(KIND, ROW, by=administrator)) == ["score not_allowed"]


def test_once_announced_nothing_changes_and_nothing_is_taken_back(sample, administrator, reviewer):
    load = load_rows(KIND, ROW, by=reviewer)
    acts.announce(scheme(), by=administrator)
    again = load_rows(KIND, ROW, ROW | {"考核指标": "4", "得分": "1"}, by=reviewer)
    assert (again.same, messages_of(again)) == (1, ["score scheme_not_open"])
    undo_rows(load, list(load.rows.all()))
    assert (load.rows.get().left, of_tangfang().score) == (True, Decimal("0.5"))


def test_scores_stay_if_somebody_scored_on_since(sample, reviewer):
    load = load_rows(KIND, ROW, by=reviewer)
    acts.give_scores(of_tangfang().result, {6: Decimal(3)}, {}, by=reviewer)
    undo_rows(load, list(load.rows.all()))
    assert (load.rows.get().left, of_tangfang().score) == (True, Decimal(3))


def test_an_undone_score_is_in_the_name_of_whom_it_was_before(sample, reviewer):
    before = [getattr(of_tangfang(), name) for name in SCORES]
    load = load_rows(KIND, ROW, by=reviewer)
    undo_rows(load, list(load.rows.all()))
    assert ([getattr(of_tangfang(), name) for name in SCORES], load.rows.get().left) == (before, False)


def test_a_card_that_is_opened_has_a_line_for_each_item_scored_by_hand(sample, administrator, reviewer):
    opened = acts.open_scheme(acts.copy_scheme(scheme(), year=2022, by=administrator), by=administrator)
    rows = [line for line in prefilled_rows(SHEET_TYPES[KIND], reviewer, "130207") if line["scheme"] == opened.code]
    units = SchemeResult.objects.unscoped("test").filter(scheme=opened).count()
    assert (len(rows), {line["score"] for line in rows}) == (units * len(acts.hand_items(opened)), {None})
    blank = {"考核方案": opened.code, "被考核单位": "唐坊镇", "考核指标": "一镇一特色工作"}
    assert load_rows(KIND, blank, blank | {"考核指标": "组织生活规范"}, by=reviewer).same == 2


def test_what_the_district_gave_comes_back_the_same_from_a_clerk(sample, reviewer, clerk_tangfang):
    load_rows(KIND, ROW, by=reviewer)
    assert load_rows(KIND, OWN | {"自评分": "", "得分": "0.5", "评分说明": "缺一份材料"}, by=clerk_tangfang).same == 1


def test_a_weight_that_differs_is_said_and_not_kept(sample, reviewer):
    load = load_rows(KIND, ROW | {"分值": "25"}, by=reviewer)
    assert (messages_of(load, "warning"), load.changed) == (["weight differs"], 1)


def test_scores_of_many_rows_are_asked_for_together(sample, reviewer):
    lines = list(prefilled_rows(SHEET_TYPES[KIND], reviewer, "130207"))
    rows = [
        {"考核方案": line["scheme"], "被考核单位": line["unit"], "考核指标": line["item"], "得分": "0.5"}
        for line in lines
    ]
    few = _queries(rows[:4], reviewer)
    assert _queries([row | {"得分": "1"} for row in rows], reviewer) == few


def _queries(rows, by) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert load_rows(KIND, *rows, by=by).changed == len(rows)
    return len(queries)
