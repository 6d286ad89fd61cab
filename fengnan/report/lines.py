"""The figures of a report beside what they were before, and the sentences about what moved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fengnan.numbers import signed, size_of, target, written
from fengnan.report.sentences import Piece, Sentence, clauses, enumeration, enumeration_of
from registry.figures import Answer, Figure
from registry.figures.base import Number, plain


@dataclass(frozen=True)
class Line:
    """A figure of the report: what it says on the day, and what it said a year before."""

    answer: Answer
    before: Answer

    @property
    def figure(self) -> Figure:
        return self.answer.figure

    @property
    def change(self) -> Number | None:
        """By how much the value moved; of a share in percentage points. None for a yearly figure that answers for the
        same year on both days."""
        if self.answer.value is None or self.before.value is None or self.is_same_year:
            return None
        return plain(round(self.answer.value - self.before.value, 2))

    @property
    def is_rank(self) -> bool:
        return self.figure.sums == "rank"

    @property
    def is_same_year(self) -> bool:
        return self.answer.year is not None and self.answer.year == self.before.year

    @property
    def label(self) -> str:
        """The name of the figure, with the years it answers for where they are not those of the two days."""
        years = [answer.year for answer in (self.answer, self.before) if answer.year]
        if all(answer.year in (None, answer.scope.as_of.year) for answer in (self.answer, self.before)):
            return str(self.figure.label)
        words = enumeration(_("in %(year)s") % {"year": year} for year in dict.fromkeys(years))
        return _("%(label)s (%(years)s)") % {"label": self.figure.label, "years": words}

    @property
    def dated(self) -> str:
        """The year a yearly figure answers for, or the day of a standing one."""
        if self.figure.yearly:
            return _("in %(year)s") % {"year": self.answer.year} if self.answer.year else "—"
        return self.answer.scope.as_of.isoformat()

    @property
    def value(self) -> str:
        return joined(self.answer)

    @property
    def earlier(self) -> str:
        return joined(self.before)

    @property
    def moved(self) -> str:
        """The change with its sign and unit; nothing to say is a dash. A rank goes up when its number goes down."""
        if self.is_rank and self.change:
            return (_("down %(size)s") if self.change > 0 else _("up %(size)s")) % {"size": self.size}
        return signed(self.figure, self.change)

    @property
    def size(self) -> str:
        return size_of(self.figure, self.change)

    @property
    def aim(self) -> str:
        """The target, and on a line of its own how far the value lies from it."""
        if self.answer.target is None:
            return "—"
        gap = self.answer.gap
        return target(self.answer) + ("" if gap is None else f"\n{signed(self.figure, gap)}")


def lines_of_figures(figures: Iterable[Figure], answers: dict[str, Answer], before: dict[str, Answer]) -> list[Line]:
    return [Line(answers[figure.slug], before[figure.slug]) for figure in figures]


def compared(lines: list[Line], earlier: date) -> Sentence:
    """What moved since a day, figure by figure."""
    moved = [Piece(_movement(line), line.answer) for line in lines if line.change]
    return clauses(_("Compared with %(day)s, ") % {"day": written_day(earlier)}, moved)


def _movement(line: Line) -> str:
    figure, is_up = line.figure, (line.change or 0) > 0
    words: dict[str, Any] = {"label": line.label, "size": line.size, "before": line.earlier, "now": line.value}
    if line.is_rank:  # the first place is the best
        words |= {"before": line.before.value, "now": line.answer.value}
        better, worse = (
            _("%(label)s rose from place %(before)s to %(now)s"),
            _("%(label)s fell from place %(before)s to %(now)s"),
        )
        return (worse if is_up else better) % words
    if figure.single:
        higher, lower = _("%(label)s rose from %(before)s to %(now)s"), _("%(label)s fell from %(before)s to %(now)s")
    elif figure.unit == "%":
        higher, lower = _("%(label)s higher by %(size)s"), _("%(label)s lower by %(size)s")
    else:
        higher, lower = _("%(label)s up by %(size)s"), _("%(label)s down by %(size)s")
    return (higher if is_up else lower) % words


def unchanged(lines: list[Line]) -> Sentence:
    still = [Piece(line.label, line.answer) for line in lines if line.change == 0]
    return [*enumeration_of(still), Piece(_(" did not change."))] if still else []


def joined(answer: Answer) -> str:
    """The value of an answer with its unit: 445 个."""
    text, unit = written(answer)
    return f"{text}{unit}" if unit in ("", "%") else f"{text} {unit}"


def year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def written_day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
