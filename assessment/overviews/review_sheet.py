"""The reviewer's sheet of a round: the items of the standard with both score columns and the previous scores, the
vetoes, the total and the resulting grade."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assessment.models import Outcome, Review, ReviewScore, Round, Standard, StandardItem, VetoItem
from registry.models import Evidence, Grade, PointStatus
from registry.text.validators import Invalid, Reader, line, number

STATUSES = {  # the point's status while a round is being scored
    Round.APPLICATION: (PointStatus.CHECKED, PointStatus.SCORED),
    Round.RECHECK: (PointStatus.NAMED,),
}
STEP = Decimal("0.5")


def score(weight: Decimal) -> Reader:
    """A score between 0 and the weight of its item, in steps of 0.5 (STANDARDS section 2)."""
    read_number = number("0", f"{weight.normalize():f}", decimals=1)

    def read(text: str) -> Decimal | None:
        value = read_number(text)
        if value is not None and value % STEP:
            raise Invalid("not_a_half", value=f"{value}")
        return value

    return read


def written(value: Decimal | None) -> str:
    """A score as it is typed: 9.5, 10."""
    return "" if value is None else f"{value.normalize():f}"


@dataclass(frozen=True)
class ScoreLine:
    """An item of the standard in a round: its score row, and the score of the round before with the reason
    of its deduction."""

    item: StandardItem
    score: ReviewScore
    previous: Decimal | None
    previous_reason: str = ""

    @property
    def previous_text(self) -> str:
        return written(self.previous)

    @property
    def lacks_reason(self) -> bool:
        """Whether points are deducted without a reason. The forms of the standard have a column for it, written per
        fault (STANDARDS section 2)."""
        score = self.score.district_score
        return score is not None and score < self.item.weight and not self.score.reason.strip()

    @property
    def text(self) -> str:
        return written(self.score.district_score)

    @property
    def township(self) -> str:
        return written(self.score.township_score) or "—"

    @property
    def share(self) -> int | None:
        """The district's score in percent of the weight."""
        score = self.score.district_score
        return None if score is None else int(score * 100 / self.item.weight)

    @property
    def proof(self) -> set[str]:
        return {evidence.code for evidence in self.score.proof.all()}


@dataclass(frozen=True)
class ReviewedField:
    """A field of the reviewer's form: its parser and its current value."""

    name: str
    label: str | Promise
    read: Reader
    stands: str

    def says(self, text: str) -> bool:
        """Whether `text` equals the value of the field: 9.50 and ９.5 are 9.5."""
        try:
            return self.read(text) == self.read(self.stands)
        except Invalid:
            return False


class Judging:
    """A round with everything needed to score it."""

    def __init__(self, review: Review):
        self.review = review
        self.standard: Standard = review.standard

    @cached_property
    def lines(self) -> list[ScoreLine]:
        proof = Evidence.objects.unscoped("proof of the round itself")
        scores = self.review.scores.select_related("item").prefetch_related(Prefetch("proof", proof))
        before = self.previous.scores.all() if self.previous else ()
        before_of = {score.item_id: score for score in before}
        return [
            ScoreLine(
                score.item,
                score,
                before_of[score.item_id].district_score if score.item_id in before_of else None,
                before_of[score.item_id].reason if score.item_id in before_of else "",
            )
            for score in scores.order_by("item__number")
        ]

    @cached_property
    def previous(self) -> Review | None:
        """The last decided round of the point, whatever its outcome."""
        rounds = Review.objects.unscoped("of the point itself").filter(point=self.review.point_id)
        return rounds.exclude(pk=self.review.pk).exclude(outcome=Outcome.PENDING).with_totals().first()

    @cached_property
    def vetoes(self) -> list[tuple[VetoItem, str]]:
        """Each veto item with its reason; empty if it was not raised."""
        raised = dict(self.review.vetoes.values_list("veto_id", "reason"))
        return [(veto, raised.get(veto.pk, "")) for veto in self.standard.vetoes.order_by("number")]

    @property
    def is_vetoed(self) -> bool:
        return any(reason for _veto, reason in self.vetoes)

    @property
    def missing(self) -> int:
        return sum(line.score.district_score is None for line in self.lines)

    @property
    def unexplained(self) -> list[str]:
        """The items with points deducted and no reason."""
        return [str(line.item) for line in self.lines if line.lacks_reason]

    @property
    def total(self) -> Decimal:
        return sum((line.score.district_score or Decimal(0) for line in self.lines), Decimal(0))

    @property
    def township_total(self) -> Decimal | None:
        scores = [line.score.township_score for line in self.lines if line.score.township_score is not None]
        return sum(scores, Decimal(0)) if scores else None

    @property
    def weight(self) -> Decimal:
        return sum((line.item.weight for line in self.lines), Decimal(0))

    @cached_property
    def lowest_line(self) -> Decimal:
        minima = self.standard.pass_lines.values_list("minimum", flat=True)
        return min(minima, default=Decimal(0))

    @property
    def grade(self) -> str:
        """The grade by the total and the pass lines; empty below all of them or after a veto."""
        return "" if self.is_vetoed else self.standard.grade_for(self.total)

    @property
    def grade_words(self) -> str | Promise:
        return Grade(self.grade).label if self.grade else _("below every pass line")

    @cached_property
    def fields(self) -> dict[str, ReviewedField]:
        """Every field of the form by name: score-1 …, reason-1 …, veto-1 …, opinion."""
        return {field.name: field for field in self._fields()}

    def _fields(self) -> Iterator[ReviewedField]:
        for score_line in self.lines:
            number = score_line.item.number
            yield ReviewedField(f"score-{number}", str(score_line.item), score(score_line.item.weight), score_line.text)
            yield ReviewedField(f"reason-{number}", _("Reason of the deduction"), line(300), score_line.score.reason)
        for veto, reason in self.vetoes:
            yield ReviewedField(f"veto-{veto.number}", str(veto), line(300, least=2), reason)
        yield ReviewedField("opinion", _("Opinion of the district"), line(500), self.review.opinion)

    @cached_property
    def evidence(self) -> list[Evidence]:
        """All photos and files of the point: any may prove any number of items."""
        documents = Evidence.objects.unscoped("of the point in review").filter(point=self.review.point_id)
        return list(documents.order_by("pk"))
