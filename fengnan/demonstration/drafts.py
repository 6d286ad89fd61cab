"""Applications of new points in every state, from the clerk's draft to the public notice."""

from collections.abc import Iterator
from uuid import uuid4

from django.db.models import QuerySet

from assessment.actions.naming import post_notice
from assessment.actions.scoring import (
    finish_scoring,
    pass_draft,
    refuse_application,
    return_draft,
    return_review,
    save_scores,
)
from assessment.models import Review
from assessment.overviews.review_sheet import Judging, written
from registry.actions.drafts import confirm_facts, overrule, save_fields, start_draft, submit_draft
from registry.actions.evidence import attach_file
from registry.models import Area, DemonstrationPoint, Draft, PartyOrganisation
from registry.overviews.draft_form import DraftForm
from registry.text.area_codes import township_of

from .stage import DAQI, TANGFANG, Stage, Story, named_points, picture

ANSWERS = {
    "secretary": "示例书记",
    "member_count": "36",
    "highlights": "支部带头流转土地，村民在家门口就业。（示例）",
    "venue_area": "180",
    "applied_level": "district",
    "self_score": "93",
}
STEP = 0.004  # degrees between the made-up positions, some 400 m
REMARKS = {"highlights": "请写明可供学习借鉴的具体做法。（示例）", "venue_area": "与产权证面积不一致，请核对。（示例）"}


def stories(stage: Stage) -> Iterator[Story]:
    daqi, tangfang = iter(_free_villages(DAQI)), iter(_free_villages(TANGFANG))
    yield _refuse(stage, next(daqi))
    yield _post(stage, [next(daqi), next(daqi)])
    yield _score(stage, next(daqi), submitted=13, passed=11, scored=6, deduction=3)
    yield _pass_again(stage, next(daqi))
    yield _return(stage, next(daqi))
    yield _submit(stage, next(daqi), days_ago=5)
    yield _submit(stage, next(daqi), days_ago=3)
    yield _submit(stage, next(tangfang), days_ago=2)
    for village in (next(daqi), next(tangfang)):
        yield _begin(stage, village, {"highlights": ANSWERS["highlights"]}, days_ago=1)


def _free_villages(township: str) -> QuerySet[Area]:
    """Villages with an organisation and without a point."""
    organised = PartyOrganisation.objects.unscoped("the demonstration").filter(unit=None).values("area")
    occupied = DemonstrationPoint.objects.unscoped("the demonstration").values("area")
    villages = Area.objects.public().in_area(township).filter(level="village", pk__in=organised)
    return villages.exclude(pk__in=occupied).order_by("pk")


def _begin(stage: Stage, village: Area, answers: dict[str, str], *, days_ago: int) -> Story:
    """A draft with these answers, where the registry does not know them."""
    yield stage.ago(days_ago)
    clerk = stage.clerk_of(township_of(village.pk))
    draft = start_draft(village, key=uuid4(), another=True, by=clerk)
    facts = DraftForm(draft).facts
    typed = {name: text for name, text in answers.items() if not facts[name].is_known}
    typed["name"] = f"{village.short_name}党建示范点（示例）"
    return save_fields(draft, typed, was={}, by=clerk).draft


def _submit(stage: Stage, village: Area, *, days_ago: int) -> Story:
    """A complete draft with its photo, handed to the township."""
    clerk, answers = stage.clerk_of(township_of(village.pk)), ANSWERS | {"position": _position(stage, village)}
    draft: Draft = yield from _begin(stage, village, answers, days_ago=days_ago + 1)
    yield stage.ago(days_ago)
    attach_file(draft, picture(int(village.pk[-3:])), by=clerk)
    draft = confirm_facts(draft, by=clerk)
    for doubt in DraftForm(draft).open_doubts:
        draft = overrule(draft, doubt.key, reason="已实地核对（示例）", by=clerk)
    draft = submit_draft(draft, by=clerk)
    DemonstrationPoint.objects.filter(drafts=draft).update(position_illustrative=True)
    return draft


def _position(stage: Stage, village: Area) -> str:
    """A made-up position near a site of the township."""
    number = int(village.pk[-2:])
    points = named_points(township_of(village.pk), stage.today)
    lng, lat = next((point.lng, point.lat) for point in points if point.lng and point.lat)
    return f"{float(lng) + STEP * (number % 5):.6f}, {float(lat) + STEP * (number // 5 % 5):.6f}"


def _return(stage: Stage, village: Area) -> Story:
    draft = yield from _submit(stage, village, days_ago=6)
    yield stage.ago(4)
    return_draft(draft, remarks=REMARKS, by=stage["head"])


def _pass(stage: Stage, village: Area, *, submitted: int, passed: int) -> Story:
    draft = yield from _submit(stage, village, days_ago=submitted)
    yield stage.ago(passed)
    return pass_draft(draft, opinion="材料齐全，同意推荐。（示例）", by=stage["head"])


def _pass_again(stage: Stage, village: Area) -> Story:
    """An application that the district scored and returned, and that was mended: its last scores stand beside."""
    review: Review = yield from _pass(stage, village, submitted=16, passed=14)
    yield stage.ago(12)
    weights = {line.item.number: line.item.weight for line in Judging(review).lines}
    typed = {f"score-{number}": written(weight) for number, weight in weights.items()}
    typed |= {"score-1": written(weights[1] - 2), "reason-1": "台账个别记录不全（示例）"}
    save_scores(review, typed, was={}, by=stage["reviewer"])
    return_review(review, remarks={"highlights": REMARKS["highlights"]}, by=stage["reviewer"])
    yield stage.ago(9)
    draft, clerk = review.point.drafts.unscoped("the demonstration").get(), stage.clerk_of(township_of(village.pk))
    mended = {"highlights": f"{ANSWERS['highlights']}带动一百二十户增收。（示例）"}
    draft = submit_draft(save_fields(draft, mended, was={}, by=clerk).draft, by=clerk)
    yield stage.ago(7)
    pass_draft(draft, opinion="已按意见补充，同意推荐。（示例）", by=stage["head"])


def _refuse(stage: Stage, village: Area) -> Story:
    review = yield from _pass(stage, village, submitted=20, passed=18)
    yield stage.ago(13)
    refuse_application(review, reason="活动场所尚未建成，条件不成熟。（示例）", by=stage["reviewer"])


def _score(stage: Stage, village: Area, *, submitted: int, passed: int, scored: int, deduction: int = 0) -> Story:
    """An application with full marks, less `deduction` on the first item."""
    review: Review = yield from _pass(stage, village, submitted=submitted, passed=passed)
    yield stage.ago(scored)
    items = [line.item for line in Judging(review).lines]
    typed = {f"score-{item.number}": written(item.weight) for item in items}
    if deduction:
        typed |= {"score-1": written(items[0].weight - deduction), "reason-1": "台账个别记录不全（示例）"}
    save_scores(review, typed | {"opinion": "实地查看，符合标准。（示例）"}, was={}, by=stage["reviewer"])
    return finish_scoring(review, by=stage["reviewer"])


def _post(stage: Stage, villages: list[Area]) -> Story:
    """Points on a public notice that began two days ago, so that it runs for some days more."""
    reviews = []
    for number, village in enumerate(villages):
        # one after the other: a story goes forward only
        days = {"submitted": 30 - 8 * number, "passed": 28 - 8 * number, "scored": 25 - 8 * number}
        reviews.append((yield from _score(stage, village, deduction=number, **days)))
    yield stage.ago(2)
    post_notice(
        reviews, title="关于拟命名党建示范点的公示（示例）", starts_on=stage.ago(2), document_no="示例公示〔1〕号",
        text="以下示范点拟予命名，现予公示。（示例）", by=stage["admin"],
    )  # fmt: skip
