"""Texts that an account, or its area, used before: offered again to be tapped instead of typed."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q, QuerySet

from assessment.models import Review, ReviewScore
from registry.models import Draft, FieldRemark

MOST = 4
LONGEST = 40  # characters; a longer text is about one case


def _usual(rows: QuerySet, column: str, own: Q) -> list[str]:
    """The most used short texts in `column`, those of the account first."""
    counted = rows.exclude(**{column: ""}).values(column).annotate(own=Count("pk", filter=own), used=Count("pk"))
    texts = counted.order_by("-own", "-used", column).values_list(column, flat=True)
    return [text for text in texts[: MOST * 5] if len(text) <= LONGEST][:MOST]


def usual_remarks(user: Any, *, on_whole: bool = False) -> list[str]:
    """Remarks made in the account's area, on fields or on whole drafts."""
    drafts = Draft.objects.unscoped("texts of the own area only").in_area(user.write_prefix)
    rows = FieldRemark.objects.filter(draft__in=drafts)
    return _usual(rows.filter(field="") if on_whole else rows.exclude(field=""), "text", Q(by=user))


def usual_deductions(user: Any, review: Review) -> dict[int, list[str]]:
    """Reasons of deductions in the account's area by number of the item, the most used first."""
    reviews = Review.objects.unscoped("texts of the own area only").in_area(user.write_prefix)
    rows = ReviewScore.objects.filter(review__in=reviews, item__standard=review.standard_id).exclude(reason="")
    counted = rows.values_list("item__number", "reason").annotate(
        own=Count("pk", filter=Q(review__scored_by=user)), used=Count("pk")
    )
    texts: dict[int, list[str]] = defaultdict(list)
    for number, reason, _own, _used in counted.order_by("-own", "-used", "reason"):
        if len(reason) <= LONGEST and len(texts[number]) < MOST:
            texts[number].append(reason)
    return texts
