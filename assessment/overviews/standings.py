"""The standings of a scheme: each unit's card, its total, and its rank."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from assessment.models import FINDINGS, FINDINGS_LABEL, ItemScore, Scheme, SchemeItem, SchemeResult, SchemeState
from assessment.overviews.supervision import findings_of
from registry.access.scope import Scope
from registry.figures import FIGURES
from registry.figures.base import answer_scopes, plain

CENT = Decimal("0.01")


def label_of(figure: str) -> Any:
    """The name of a figure; the slug of a figure that no longer exists."""
    if figure == FINDINGS:
        return FINDINGS_LABEL
    return FIGURES[figure].label if figure in FIGURES else figure


@dataclass(frozen=True)
class CardLine:
    """An item of a card. `score` is its score, None without one; a computed item has the `value` of its figure on the
    day `on`. Numbers are kept as stored, so that a frozen card does not change."""

    number: int
    part: str
    name: str
    weight: str
    bonus: bool
    method: str
    figure: str
    full_at: str
    on: str
    value: float | int | None = None
    own: str = ""
    score: str = ""
    note: str = ""

    @property
    def label(self) -> Any:
        return label_of(self.figure)

    @property
    def unit(self) -> Any:
        return "%" if self.figure == FINDINGS else FIGURES[self.figure].unit if self.figure in FIGURES else ""

    @property
    def is_internal(self) -> bool:
        """Whether the rows behind it are only for the staff."""
        return self.figure == FINDINGS

    def address(self, area: str) -> str:
        """The page of its figure, with the rows behind it."""
        if self.figure == FINDINGS:
            return f"{reverse('supervision')}?{urlencode({'area': area})}"
        return f"{reverse('figure', args=[self.figure])}?{urlencode({'area': area, 'as_of': self.on})}"


@dataclass
class Standing:
    """A unit's card with its total (0 to 100, and the bonus on top), its rank and last year's."""

    result: SchemeResult
    lines: list[CardLine]
    rank: int = 0
    previous_rank: int | None = None

    @property
    def total(self) -> Decimal:
        return sum((Decimal(line.score) for line in self.lines if line.score), Decimal(0)).quantize(CENT)

    @property
    def unscored(self) -> int:
        return sum(not line.score for line in self.lines)

    @property
    def rise(self) -> int | None:
        """Places gained since the year before (增比进位)."""
        return self.previous_rank - self.rank if self.previous_rank else None

    @property
    def fall(self) -> int:
        return -(self.rise or 0)

    @property
    def card(self) -> list[dict]:
        return [asdict(line) for line in self.lines]


def computed(value: Any, weight: str, full_at: str) -> str:
    """The score of a figure: the full weight from `full_at` on, in proportion below, zero without an answer."""
    share = min(Decimal(1), max(Decimal(0), Decimal(str(value or 0)) / Decimal(full_at)))
    return f"{(Decimal(weight) * share).quantize(CENT, ROUND_HALF_UP)}"


def items_of(scheme: Scheme) -> list[dict]:
    """The items of a scheme: the frozen ones once it is open."""
    return (scheme.frozen or scheme.body)["items"]


def judged_on(scheme: Scheme, as_of: date) -> date:
    """The day on which figures are read: at most the end of the assessed year."""
    return min(as_of, date(scheme.year, 12, 31))


def live(scheme: Scheme, as_of: date) -> list[Standing]:
    """The standings computed from the rows on `as_of`, best first."""
    results = _results(scheme)
    on, items = judged_on(scheme, as_of), items_of(scheme)
    scores = {
        (score.result_id, score.item.number): score
        for score in ItemScore.objects.filter(result__scheme=scheme).select_related("item")
    }
    scopes = [Scope(on, result.area_id) for result in results]
    values = {slug: _values(slug, scopes) for slug in {item["figure"] for item in items} - {""}}
    unranked = []
    for at, result in enumerate(results):
        lines = [
            _line(item, on, values[item["figure"]][at] if item["figure"] else scores.get((result.pk, item["number"])))
            for item in items
        ]
        unranked.append(Standing(result, lines))
    return ranked(unranked, _last_year(scheme))


def _values(slug: str, scopes: list[Scope]) -> list[Any]:
    """The value of the figure for each of the scopes. Without findings of supervision, the share is full."""
    if slug != FINDINGS:
        return [answers[slug].value for answers in answer_scopes([FIGURES[slug]], scopes)]
    counts = [findings_of(scope.area, scope.as_of) for scope in scopes]
    return [
        plain(round(100 * closed / (waiting + closed), 2)) if waiting + closed else 100 for waiting, closed in counts
    ]


def _results(scheme: Scheme) -> list[SchemeResult]:
    rows = SchemeResult.objects.unscoped("every unit counts for the rank").filter(scheme=scheme)
    return list(rows.select_related("area", "organisation", "scheme").order_by("code"))


def _line(item: dict, on: date, stands_on: Any) -> CardLine:
    """A line of a card; `stands_on` is the value of its figure, or the score by hand (ItemScore or None)."""
    if item["figure"]:
        score = computed(stands_on, item["weight"], item["full_at"])
        return CardLine(**item, on=on.isoformat(), value=stands_on, score=score)
    if stands_on is None:
        return CardLine(**item, on=on.isoformat())
    own, score = ("" if number is None else f"{number:f}" for number in (stands_on.self_score, stands_on.score))
    return CardLine(**item, on=on.isoformat(), own=own, score=score, note=stands_on.note)


def ranked(standings: list[Standing], last_year: dict[int, int | None]) -> list[Standing]:
    """Sorts best first. Equal totals share a rank, and the next rank is skipped (1, 2, 2, 4)."""
    standings = sorted(standings, key=lambda standing: (-standing.total, standing.result.code))
    for place, standing in enumerate(standings, start=1):
        ahead = standings[place - 2] if place > 1 else None
        standing.rank = ahead.rank if ahead and ahead.total == standing.total else place
        standing.previous_rank = last_year.get(standing.result.organisation_id)
    return standings


def _last_year(scheme: Scheme) -> dict[int, int | None]:
    """Ranks of the published scheme of the same kind a year earlier, by organisation."""
    rows = SchemeResult.objects.unscoped("ranks that were published").filter(
        scheme__area=scheme.area_id, scheme__kind=scheme.kind, scheme__year=scheme.year - 1,
        scheme__published_on__isnull=False, rank__isnull=False,
    )  # fmt: skip
    return dict(rows.values_list("organisation", "rank"))


def frozen(scheme: Scheme) -> list[Standing]:
    """The standings as they were announced or published."""
    results = sorted(_results(scheme), key=lambda result: (result.rank or 0, result.code))
    return [
        Standing(result, [CardLine(**line) for line in result.card], result.rank or 0, result.previous_rank)
        for result in results
    ]


def standings(scheme: Scheme, as_of: date) -> list[Standing]:
    """The valid standings: the frozen ones if announced or published, else computed from the rows."""
    if scheme.state in (SchemeState.ANNOUNCED, SchemeState.PUBLISHED):
        return frozen(scheme)
    return live(scheme, as_of) if scheme.state == SchemeState.OPEN else []


def moved(scheme: Scheme, standing: Standing, as_of: date) -> list[tuple[CardLine, CardLine]]:
    """Lines of a frozen card that would differ today, each with today's score."""
    now = next((current for current in live(scheme, as_of) if current.result.pk == standing.result.pk), None)
    pairs: Iterable[tuple[CardLine, CardLine]] = zip(standing.lines, now.lines, strict=True) if now else ()
    return [(then, since) for then, since in pairs if then.score != since.score]


def weights(items: Iterable[SchemeItem]) -> Decimal:
    """The sum of the weights without the bonus."""
    return sum((item.weight for item in items if not item.bonus), Decimal(0))
