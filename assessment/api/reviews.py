"""Reviews in the API: the township's check, scores, notices, naming, re-checks."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessment.actions import naming, scoring
from assessment.models import Notice, Outcome, Review, Round
from assessment.overviews.review_sheet import Judging
from registry.access.permissions import may
from registry.actions.points import open_period
from registry.api.actions import actions_on
from registry.api.inputs import ListInput, MapInput, TextInput, check_names
from registry.api.points import ON, PAPER, POINTS, REASON, against_its_draft, on_its_draft
from registry.api.problems import Unusable, field_error
from registry.fields.points import BY_NAME
from registry.models import DemonstrationPoint, Draft, Grade, PointStatus
from registry.text.refusals import Refused
from registry.text.validators import Invalid, choice, line

REMARKS = MapInput(names=(*BY_NAME, "photos"))
OPINION = TextInput(line(500))


def serialize_review(review: Review) -> dict[str, Any]:
    judging = Judging(review)
    return {
        "code": review.code,
        "point": review.point.code,
        "round": review.round,
        "outcome": review.outcome,
        "total": f"{judging.total:f}",
        "proposed_grade": review.proposed_grade or None,
        "notice": review.notice.code if review.notice else None,
        "version": review.version,
        "fields": {name: field.stands for name, field in judging.fields.items()},
    }


def serialize_notice(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "title": notice.title,
        "starts_on": notice.starts_on.isoformat(),
        "ends_on": notice.ends_on.isoformat(),
        "reviews": [review.code for review in naming.on_notice(notice)],
        "version": notice.version,
    }


def reviews_for(user: Any) -> Any:
    """The rounds of the area the account writes in."""
    rows = Review.objects.visible_to(user).in_area(user.write_prefix)
    return rows.select_related("point__area", "standard", "notice")


def notices_for(user: Any) -> Any:
    return Notice.objects.visible_to(user)


def _pass(draft: Draft, **values: Any) -> Any:
    try:
        return scoring.pass_draft(draft, **values)
    except Invalid as invalid:
        raise Unusable([field_error("scores", str(invalid), invalid.code)]) from invalid


def _round_on_notice(point: DemonstrationPoint) -> tuple[Review, Notice]:
    rounds = point.reviews.unscoped("of the point itself").pending().exclude(notice=None).select_related("notice")
    review = rounds.first()
    if review is None or review.notice is None:
        raise Refused("not_on_notice", name=point.name)
    return review, review.notice


def _name(point: DemonstrationPoint, *, by: Any, **paper: Any) -> Any:
    review, notice = _round_on_notice(point)
    return naming.name_from_notice(notice, [review], by=by, **paper)


def _against_naming(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
    try:
        review, notice = _round_on_notice(point)
    except Refused as refusal:
        yield refusal if may(by, "point.decide", point) else Refused("not_allowed")
        return
    yield from naming.refusals_to_name(notice, [review], by=by)


AGAINST_CHECKING = against_its_draft("point.check", scoring.refusals_to_pass)
POINTS.add(
    "check", _("Pass what the township submitted"), on_its_draft(_pass), AGAINST_CHECKING,
    opinion=OPINION, scores=MapInput(),
)  # fmt: skip
POINTS.add(
    "return", _("Send back what was submitted"), on_its_draft(scoring.return_draft), AGAINST_CHECKING, remarks=REMARKS,
    opinion=OPINION,
)  # fmt: skip
POINTS.add("recheck", _("Open a re-check"), naming.open_recheck, naming.refusals_to_recheck)
POINTS.add(
    "name", _("Name the site when its notice has ended"), _name, _against_naming, document_no=PAPER, on=ON,
    batch=TextInput(line(40)),
)  # fmt: skip


def _score(review: Review, *, by: Any, scores: Mapping[str, str], was: Mapping[str, str] | None = None) -> Any:
    """Saves all fields or none: invalid and conflicting values become errors of their fields."""
    check_names("scores", scores, Judging(review).fields.keys())
    saved = scoring.save_scores(review, scores, was=was or {}, by=by)
    if saved.problems:
        raise Unusable([field_error(f"scores.{name}", text) for name, text in saved.problems.items()])
    if saved.conflicts:
        raise Refused("seen_otherwise")
    return saved


def _against_deciding(review: Review, *, by: Any) -> Iterator[Refused]:
    if not may(by, "point.review", review):
        yield Refused("not_allowed")
    if review.outcome != Outcome.PENDING or review.round != Round.APPLICATION:
        now = open_period(review.point)
        yield Refused("not_in_review", status=now.get_status_display() if now else "—")


def _decision(text: str) -> str:
    """A grade; empty for a withdrawn title."""
    return "" if text.strip() == PointStatus.WITHDRAWN else choice(Grade)(text)


REVIEWS = actions_on("reviews", reviews_for, serialize_review)
REVIEWS.add(
    "score", _("Enter scores"), _score, scoring.refusals_to_score, scores=MapInput(required=True), was=MapInput()
)
REVIEWS.add("finish", _("Hand in the scores"), scoring.finish_scoring, scoring.refusals_to_finish, seen=MapInput())
REVIEWS.add(
    "return", _("Send the application back"), scoring.return_review, _against_deciding, remarks=REMARKS, opinion=OPINION
)
REVIEWS.add("refuse", _("Refuse the application"), scoring.refuse_application, _against_deciding, reason=REASON)
REVIEWS.add(
    "take-off", _("Take the site off its notice"), naming.take_off_notice, naming.refusals_to_take_off, reason=REASON
)
REVIEWS.add(
    "settle", _("Decide on a re-check"), naming.settle_recheck, naming.refusals_to_settle,
    grade=TextInput(_decision, required=True), reason=REASON, document_no=PAPER, on=ON,
)  # fmt: skip


def _name_all(notice: Notice, *, by: Any, reviews: list[str] | None = None, **paper: Any) -> Any:
    standing = naming.on_notice(notice)
    chosen = [review for review in standing if reviews is None or review.code in reviews]
    for code in set(reviews or ()) - {review.code for review in chosen}:
        raise Refused("not_on_notice", name=code)
    return naming.name_from_notice(notice, chosen, by=by, **paper)


NOTICES = actions_on("notices", notices_for, serialize_notice)
NOTICES.add(
    "name", _("Name the sites of the notice when it has ended"), _name_all, naming.refusals_to_name,
    reviews=ListInput(line(40)), document_no=PAPER, on=ON, batch=TextInput(line(40)),
)  # fmt: skip
