"""Versions of the standard: a draft nobody else sees, what it would say of the named points, and its first day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from assessment.actions.standards import (
    confirm_standard,
    discard_draft,
    draft_version,
    edit_draft,
    is_unconfirmed,
    items_of,
    lines_of,
    put_in_force,
    refusals_to_put_in_force,
)
from assessment.models import Outcome, Review, ReviewScore, Standard, StandardItem
from assessment.overviews.standard_preview import preview
from registry.figures import FIGURES
from registry.models import DemonstrationPoint, Event, Parameter
from registry.text.refusals import Refused

TODAY = timezone.localdate()


@pytest.fixture
def standard(sample) -> Standard:
    return Standard.objects.public().get()


@pytest.fixture
def draft(standard, administrator) -> Standard:
    return draft_version(standard, by=administrator)


@pytest.fixture
def judged(standard) -> Review:
    """The last round of a named point: 85 points, so that it is a demonstration point; the first item has 5 of 10."""
    point = DemonstrationPoint.objects.public().named(TODAY).first()
    review = Review.objects.create(
        code="RV-T", point=point, standard=standard, opened_on=date(2021, 1, 1), decided_on=date(2021, 2, 1),
        outcome=Outcome.PASSED,
    )  # fmt: skip
    items = items_of(standard)
    scores = {item.pk: item.weight for item in items} | {items[0].pk: Decimal(5), items[1].pk: items[1].weight - 10}
    ReviewScore.objects.bulk_create(
        ReviewScore(review=review, item=item, district_score=scores[item.pk]) for item in items
    )
    return review


def write(draft, items, by, **lines) -> Standard:
    draft.refresh_from_db()
    return edit_draft(draft, items, lines_of(draft) | lines, by=by)


def codes(refusals) -> list[str]:
    return [refusal.code for refusal in refusals]


def test_a_draft_is_a_copy_that_no_list_and_no_figure_shows(draft, standard, scope, client, administrator):
    assert [(item.number, item.name, item.weight) for item in items_of(draft)] == [
        (item.number, item.name, item.weight) for item in items_of(standard)
    ]
    assert lines_of(draft) == lines_of(standard)
    assert draft.vetoes.count() == standard.vetoes.count()
    assert FIGURES["standard-items"].answer(scope.at(TODAY)).value == len(items_of(standard))
    client.force_login(administrator)
    addresses = (f"/standards/{draft.code}/", f"/api/v1/standards/{draft.code}/", f"/standard-items/{draft.code}-01/")
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]
    assert draft.code not in client.get("/standards/").content.decode()


def test_there_is_one_draft_at_a_time(draft, standard, administrator):
    with pytest.raises(Refused) as refusal:
        draft_version(standard, by=administrator)
    assert refusal.value.code == "standard_drafted"
    discard_draft(draft, by=administrator)
    assert not Standard.objects.drafts().exists()
    assert draft_version(standard, by=administrator).valid_from is None


def test_items_are_changed_removed_and_added_in_their_order(draft, administrator):
    first, second, *rest = items_of(draft)
    second.name, second.weight = "新的第一条", second.weight + first.weight - 1
    write(draft, [second, *rest, StandardItem(name="新增一条", weight=Decimal(1))], administrator)
    items = items_of(draft)
    assert [item.number for item in items] == list(range(1, 11))
    assert (items[0].name, items[-1].name, items[-1].code) == ("新的第一条", "新增一条", f"{draft.code}-11")


def test_a_version_comes_into_force_on_its_day_and_the_one_before_ends_then(draft, standard, administrator):
    since = TODAY + timedelta(days=10)
    put_in_force(draft, valid_from=since, reason="换版", document_no="示例〔2026〕2号", by=administrator)
    versions = Standard.objects.public()
    assert [versions.in_force(day).get().code for day in (since - timedelta(days=1), since)] == [
        standard.code, draft.code,
    ]  # fmt: skip
    assert {event.code for event in Event.objects.filter(document_no="示例〔2026〕2号")} == {standard.code, draft.code}
    with pytest.raises(Refused) as refusal:
        edit_draft(Standard.objects.public().get(pk=draft.pk), [], {}, by=administrator)
    assert refusal.value.code == "standard_not_draft"


def test_a_day_that_is_over_is_refused(draft, administrator):
    with pytest.raises(Refused) as refusal:
        put_in_force(draft, valid_from=TODAY - timedelta(days=1), reason="换版", by=administrator)
    assert refusal.value.code == "standard_day_past"


def test_a_version_does_not_begin_on_the_day_of_the_one_before(draft, standard, administrator):
    Standard.objects.public().update(valid_from=TODAY)
    assert codes(refusals_to_put_in_force(draft, by=administrator, valid_from=TODAY)) == ["standard_day_before"]


def test_weights_and_pass_lines_are_looked_at_before(draft, administrator):
    write(draft, items_of(draft)[1:], administrator, premium=Decimal(60))
    assert codes(refusals_to_put_in_force(draft, by=administrator)) == ["standard_weights", "standard_lines"]


def test_only_the_district_changes_its_standard(draft, standard, reviewer, clerk_tangfang):
    for account in (reviewer, clerk_tangfang):
        assert codes(refusals_to_put_in_force(draft, by=account)) == ["not_allowed"]
        with pytest.raises(Refused):
            draft_version(standard, by=account)
        with pytest.raises(Refused):
            confirm_standard(standard, by=account)


def test_a_copy_changes_no_verdict_and_a_higher_line_says_whose(draft, judged, administrator):
    seen = preview(draft, TODAY)
    named = DemonstrationPoint.objects.public().named(TODAY).count()
    assert (seen.named, seen.passing, seen.failing, seen.unscored, seen.changed) == (named, 1, 0, named - 1, [])
    write(draft, items_of(draft), administrator, demonstration=Decimal(86))
    [verdict] = preview(draft, TODAY).changed
    assert (verdict.point, verdict.total, verdict.grade, verdict.low_grade) == (
        judged.point, 85, "demonstration", "standard",
    )  # fmt: skip


def test_a_score_counts_by_its_share_of_the_weight(draft, judged, administrator):
    """5 of 10 are 10 of 20: the point loses ten points to a heavier first item."""
    items = items_of(draft)
    items[0].weight, items[2].weight = items[0].weight + 5, items[2].weight - 5
    write(draft, items, administrator)
    [verdict] = preview(draft, TODAY).verdicts
    assert (verdict.total, verdict.low, verdict.high) == (85, Decimal("82.5"), Decimal("82.5"))


def test_a_renamed_item_goes_on_by_its_place_and_of_a_new_one_the_verdict_is_open(draft, judged, administrator):
    first, *rest = items_of(draft)
    first.name = "另一种说法"
    write(draft, [first, *rest], administrator)
    assert preview(draft, TODAY).changed == []
    write(
        draft, [*items_of(draft)[:-1], StandardItem(name="全新一条", weight=items_of(draft)[-1].weight)], administrator
    )
    renamed = preview(draft, TODAY)
    assert (renamed.open, renamed.changed) == (0, [])
    last = items_of(draft)
    last[-1].weight -= 3
    eleventh = StandardItem(name="第十一条", weight=Decimal(3))
    write(draft, [*last, eleventh], administrator, demonstration=Decimal(84))
    [verdict] = preview(draft, TODAY).verdicts
    assert (verdict.is_open, verdict.low, verdict.high) == (True, 82, 85)


def test_what_the_registry_was_started_with_is_confirmed_once(standard, administrator):
    Standard.objects.filter(pk=standard.pk).update(remark=f"草案,{Parameter.TO_CONFIRM}后使用")
    standard.refresh_from_db()
    assert is_unconfirmed(standard)
    confirm_standard(standard, by=administrator)
    confirm_standard(standard, by=administrator)
    assert Event.objects.filter(code=standard.code).count() == 1


def test_the_pages_lead_from_a_copy_to_its_first_day(standard, administrator, client):
    client.force_login(administrator)
    assert client.get("/desk/standards/").context["last"] == standard
    address = client.post(f"/desk/standards/{standard.code}/new/").url
    page = client.get(address)
    sent = {
        field.html_name: field.value() or ""
        for form in (page.context["form"], page.context["items"].management_form, *page.context["items"])
        for field in form
    }
    sent |= {"items-0-name": "改过的第一条", "items-0-method": "现场查看"}
    assert client.post(address, sent | {"items-0-weight": "很重"}).status_code == 400
    assert client.post(address, sent).status_code == 302
    stale = client.post(address, sent | {"items-1-name": "过期的改动"})
    assert (stale.status_code, stale.context["refusal"].code) == (409, "stale")
    assert "过期的改动" in stale.content.decode()
    draft = Standard.objects.drafts().get()
    assert items_of(draft)[0].name == "改过的第一条"
    force = {"force-valid_from": TODAY.isoformat(), "force-reason": "换版", "force-version": str(draft.version)}
    assert client.post(f"{address}force/", force | {"force-valid_from": "2020-01-01"}).status_code == 409
    assert client.post(f"{address}force/", force).status_code == 302
    assert Standard.objects.public().in_force(TODAY).get() == draft
    assert client.get(address).status_code == 200
