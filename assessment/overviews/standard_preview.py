"""What a new version of the standard would say of the points that are named today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from django.db.models import Prefetch

from assessment.models import Outcome, PassLine, Review, ReviewScore, Standard, StandardItem, best_grade
from registry.models import DemonstrationPoint, Grade

TENTH = Decimal("0.1")
WHY = "scores of named points, for the district that changes its standard"


@dataclass(frozen=True)
class PointVerdict:
    """A named point with its last round: the total then, and the total by the new version, from `low` to `high`: the
    new items are worth nothing or their whole weight."""

    point: DemonstrationPoint
    review: Review
    total: Decimal
    grade: str
    low: Decimal
    high: Decimal
    low_grade: str
    high_grade: str

    @property
    def is_open(self) -> bool:
        """Whether the verdict depends on items that nobody scored yet."""
        return self.low_grade != self.high_grade

    @property
    def changes(self) -> bool:
        return self.is_open or self.low_grade != self.grade

    @property
    def words(self) -> tuple[str, str]:
        """The grade by the last round and by the new version."""
        new = [_words(grade) for grade in dict.fromkeys((self.low_grade, self.high_grade))]
        return _words(self.grade), " / ".join(new)


def _words(grade: str) -> str:
    return str(Grade(grade).label) if grade else "—"


@dataclass
class StandardPreview:
    """`named` is the number of named points; of those without a scored round nothing can be said."""

    named: int
    verdicts: list[PointVerdict] = field(default_factory=list)

    @property
    def unscored(self) -> int:
        return self.named - len(self.verdicts)

    @cached_property
    def passing(self) -> int:
        return sum(bool(verdict.low_grade) for verdict in self.verdicts)

    @cached_property
    def failing(self) -> int:
        return sum(not verdict.high_grade for verdict in self.verdicts)

    @property
    def open(self) -> int:
        return len(self.verdicts) - self.passing - self.failing

    @cached_property
    def changed(self) -> list[PointVerdict]:
        return [verdict for verdict in self.verdicts if verdict.changes]


def counterparts(old: Iterable[StandardItem], new: Iterable[StandardItem]) -> dict[int, StandardItem]:
    """The item of the old version that each new one continues, by the key of the new one: the one of its name, else the
    one of its number if that was renamed."""
    old, new = list(old), list(new)
    by_name, by_number = ({getattr(item, name): item for item in old} for name in ("name", "number"))
    continued = {item.pk: by_name[item.name] for item in new if item.name in by_name}
    taken = {item.pk for item in continued.values()}
    for item in new:
        same_number = by_number.get(item.number)
        if item.pk not in continued and same_number is not None and same_number.pk not in taken:
            continued[item.pk] = same_number
    return continued


def preview(draft: Standard, as_of: date) -> StandardPreview:
    """The verdict of the draft on each point named on `as_of`, by the scores of its last round."""
    points = {point.pk: point for point in DemonstrationPoint.objects.named(as_of).select_related("area")}
    scores = Prefetch("scores", ReviewScore.objects.select_related("item"))
    rounds = Review.objects.unscoped(WHY).filter(point__in=points, outcome=Outcome.PASSED, decided_on__lte=as_of)
    latest = {review.point_id: review for review in rounds.order_by("decided_on", "pk").prefetch_related(scores)}
    lines: dict[int, list[tuple[str, Decimal]]] = {}
    for standard, grade, minimum in PassLine.objects.values_list("standard", "grade", "minimum"):
        lines.setdefault(standard, []).append((grade, minimum))
    items = list(StandardItem.objects.unscoped(WHY).filter(standard=draft).order_by("number"))
    verdicts = (
        _verdict(points[key], review, items, lines.get(review.standard_id, []), lines.get(draft.pk, []))
        for key, review in latest.items()
        if all(score.district_score is not None for score in review.scores.all())
    )
    return StandardPreview(len(points), sorted(verdicts, key=lambda verdict: verdict.point.code))


def _verdict(
    point: DemonstrationPoint,
    review: Review,
    items: list[StandardItem],
    old_lines: list[tuple[str, Decimal]],
    new_lines: list[tuple[str, Decimal]],
) -> PointVerdict:
    """A score counts in the new version by its share of the old weight."""
    scores = {score.item: score.district_score or Decimal(0) for score in review.scores.all()}
    continued = counterparts(scores, items)
    low = missing = Decimal(0)
    for item in items:
        old = continued.get(item.pk)
        if old is None:
            missing += item.weight
        else:
            low += scores[old] / old.weight * item.weight
    low, high = (value.quantize(TENTH, ROUND_HALF_UP) for value in (low, low + missing))
    total = sum(scores.values(), Decimal(0))
    return PointVerdict(
        point, review, total, best_grade(old_lines, total), low, high, best_grade(new_lines, low),
        best_grade(new_lines, high),
    )  # fmt: skip
