"""Reviews in the API: the township's check, scores, notices, naming, re-checks."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessment.actions import naming, scoring
from assessment.models import Notice, Outcome, Review, Round
from assessment.overviews.review_sheet import Judging
from registry.access.permissions import may
from registry.actions.points import open_period
from registry.api.actions import Input, Noun, Verb, offer, plain
from registry.api.points import ON, PAPER, REASON, against_its_draft, on_its_draft, points_for, serialize_point
from registry.api.problems import Unusable, field_error
from registry.fields.points import BY_NAME
from registry.models import DemonstrationPoint, Draft, Grade, PointStatus
from registry.text.refusals import Refused
from registry.text.validators import Invalid, choice, line

REMARKS = Input("remarks", plain, required=True, is_map=True)
OPINION = Input("opinion", line(500))


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


def _check_names(within: str, values: Mapping[str, str], names: Iterable[str]) -> None:
    """Raises Unusable for an unknown key."""
    choices = ", ".join(names)
    errors = [
        field_error(f"{within}.{name}", str(Invalid("not_a_choice", text=name, choices=choices)), "unknown")
        for name in sorted(values.keys() - set(names))
    ]
    if errors:
        raise Unusable(errors)


def _checked_remarks(remarks: Mapping[str, str]) -> Mapping[str, str]:
    _check_names("remarks", remarks, (*BY_NAME, "photos"))
    return remarks


def _return(draft: Draft, *, by: Any, remarks: Mapping[str, str]) -> Any:
    return scoring.return_draft(draft, remarks=_checked_remarks(remarks), by=by)


def _round_on_notice(point: DemonstrationPoint) -> Review:
    rounds = point.reviews.unscoped("of the point itself").pending().exclude(notice=None).select_related("notice")
    review = rounds.first()
    if review is None:
        raise Refused("not_on_notice", name=point.name)
    return review


def _name(point: DemonstrationPoint, *, by: Any, **paper: Any) -> Any:
    review = _round_on_notice(point)
    return naming.name_from_notice(review.notice, [review], by=by, **paper)


def _against_naming(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
    try:
        review = _round_on_notice(point)
    except Refused as refusal:
        yield refusal if may(by, "point.decide", point) else Refused("not_allowed")
        return
    yield from naming.refusals_to_name(review.notice, [review], by=by)


AGAINST_CHECKING = against_its_draft("point.check", scoring.refusals_to_pass)
offer(
    Noun(
        "points",
        points_for,
        serialize_point,
        [
            Verb("check", _("Pass what the township submitted"), on_its_draft(_pass), AGAINST_CHECKING,
                 (OPINION, Input("scores", plain, is_map=True))),
            Verb("return", _("Send back what was submitted"), on_its_draft(_return), AGAINST_CHECKING, (REMARKS,)),
            Verb("recheck", _("Open a re-check"), naming.open_recheck, naming.refusals_to_recheck),
            Verb("name", _("Name the site when its notice has ended"), _name, _against_naming,
                 (PAPER, ON, Input("batch", line(40)))),
        ],
    )
)  # fmt: skip


def _score(review: Review, *, by: Any, scores: Mapping[str, str], was: Mapping[str, str] | None = None) -> Any:
    """Saves all fields or none: invalid and conflicting values become errors of their fields."""
    _check_names("scores", scores, Judging(review).fields.keys())
    saved = scoring.save_scores(review, scores, was=was or {}, by=by)
    if saved.problems:
        raise Unusable([field_error(f"scores.{name}", text) for name, text in saved.problems.items()])
    if saved.conflicts:
        raise Refused("seen_otherwise")
    return saved


def _return_review(review: Review, *, by: Any, remarks: Mapping[str, str]) -> Any:
    return scoring.return_review(review, remarks=_checked_remarks(remarks), by=by)


def _against_deciding(review: Review, *, by: Any) -> Iterator[Refused]:
    if not may(by, "point.review", review):
        yield Refused("not_allowed")
    if review.outcome != Outcome.PENDING or review.round != Round.APPLICATION:
        now = open_period(review.point)
        yield Refused("not_in_review", status=now.get_status_display() if now else "—")


def _decision(text: str) -> str:
    """A grade; empty for a withdrawn title."""
    return "" if text.strip() == PointStatus.WITHDRAWN else choice(Grade)(text)


offer(
    Noun(
        "reviews",
        reviews_for,
        serialize_review,
        [
            Verb("score", _("Enter scores"), _score, scoring.refusals_to_score,
                 (Input("scores", plain, required=True, is_map=True), Input("was", plain, is_map=True))),
            Verb("finish", _("Hand in the scores"), scoring.finish_scoring, scoring.refusals_to_finish,
                 (Input("seen", plain, is_map=True),)),
            Verb("return", _("Send the application back"), _return_review, _against_deciding, (REMARKS,)),
            Verb("refuse", _("Refuse the application"), scoring.refuse_application, _against_deciding, (REASON,)),
            Verb("take-off", _("Take the site off its notice"), naming.take_off_notice,
                 naming.refusals_to_take_off, (REASON,)),
            Verb("settle", _("Decide on a re-check"), naming.settle_recheck, naming.refusals_to_settle,
                 (Input("grade", _decision, required=True), REASON, PAPER, ON)),
        ],
    )
)  # fmt: skip


def _name_all(notice: Notice, *, by: Any, reviews: list[str] | None = None, **paper: Any) -> Any:
    standing = naming.on_notice(notice)
    chosen = [review for review in standing if reviews is None or review.code in reviews]
    for code in set(reviews or ()) - {review.code for review in chosen}:
        raise Refused("not_on_notice", name=code)
    return naming.name_from_notice(notice, chosen, by=by, **paper)


REVIEWS = Input("reviews", line(40), is_list=True)
offer(
    Noun(
        "notices",
        notices_for,
        serialize_notice,
        [
            Verb("name", _("Name the sites of the notice when it has ended"), _name_all, naming.refusals_to_name,
                 (REVIEWS, PAPER, ON, Input("batch", line(40)))),
        ],
    )
)  # fmt: skip
