"""The year report: the article's sections in sentences, problems and next steps, and an annex with the tables. The
page, the document and the PDF write the same report; nothing in it is typed but the district's own words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from fengnan.numbers import gap_words, quantity, target
from fengnan.report.lines import Line, compared, joined, lines_of_figures, unchanged, written_day, year_before
from fengnan.report.next_steps import is_owed, next_steps
from fengnan.report.sentences import Piece, Sentence, clauses
from fengnan.templatetags.showcase import spoken
from registry.access.scope import Scope
from registry.figures import FIGURES, SECTIONS, Answer, Coverage, Figure, answer_all
from registry.figures.frozen import Amendment, amendments_of, closing_of, frozen_figures
from registry.models import DemonstrationPoint, FrozenYear, ReportText

NUMERALS = "一二三四五六七八九十"
CHINESE = "\u2e80-\u9fff\uff00-\uffef"
BESIDE_CHINESE = re.compile(rf"(?<=[{CHINESE}])[ \u00a0]+|[ \u00a0]+(?=[{CHINESE}])")

ADDRESSEE, SIGNATURE, NEXT_STEPS = "addressee", "signature", "next-steps"
TEXTS = {  # what the district may write in its report
    ADDRESSEE: gettext_lazy("Addressee"),
    **SECTIONS,
    NEXT_STEPS: gettext_lazy("Problems and next steps"),
    SIGNATURE: gettext_lazy("Signature"),
}


@dataclass(frozen=True)
class Chart:
    """A breakdown of a figure, or the figure over the years: drawn on the page, a table on paper. `rows` are
    (key, name, answer)."""

    figure: Figure
    title: str
    first: str
    rows: list[tuple[str, str, Answer]]
    draws: str
    dimension: str = ""
    colours: str = ""
    aim: Answer | None = None

    @property
    def series(self) -> list[tuple[date, Answer]]:
        return [(answer.scope.as_of, answer) for _key, _name, answer in self.rows]


@dataclass(frozen=True)
class Table:
    """A table as paper has it. The first column is words, those after `words` are numbers."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    widths: tuple[int, ...]
    words: int = 1


@dataclass(frozen=True)
class Section:
    """`text` are the district's own words, `sentences` those made of figures, by what they tell. The tables stand in
    the annex."""

    slug: str
    number: int
    title: str
    text: str
    sentences: dict[str, Sentence]
    lines: list[Line]
    charts: list[Chart]
    earlier: date

    @property
    def heading(self) -> str:
        return f"{ordinal(self.number)}{self.title}"

    @property
    def paragraphs(self) -> list[str]:
        return lines_of(self.text)

    @property
    def tables(self) -> Iterator[Table]:
        if self.lines:
            yield _table_of_figures(self)
        yield from (_table_of_chart(chart) for chart in self.charts if chart.rows)


@dataclass(frozen=True)
class Report:
    """`earlier` is the day it is compared with; `texts` are the district's own words by section."""

    scope: Scope
    earlier: date
    sections: list[Section]
    has_illustrative: bool
    closing: FrozenYear | None = None
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def year(self) -> int:
        return self.scope.as_of.year

    @property
    def title(self) -> str:
        words = {"place": self.scope.place, "year": self.year}
        return _("Report on showcase creation in %(place)s, %(year)s") % words

    @property
    def as_of(self) -> str:
        """How far the data reach, as the line under the title says it."""
        return _("(data as of %(day)s)") % {"day": written_day(self.scope.as_of)}

    @property
    def addressee(self) -> str:
        """Whom it is sent to, as a letter begins."""
        words = " ".join(lines_of(self.texts.get(ADDRESSEE, "")))
        return words if not words or words.endswith((":", "：")) else words + _(":")

    @property
    def opening(self) -> str:
        return _("This is the report on showcase creation in %(place)s in %(year)s.") % {
            "place": self.scope.place,
            "year": self.year,
        }

    @property
    def signature(self) -> list[str]:
        """The issuing office and the day of writing; where none is written, the day of the data."""
        lines = lines_of(self.texts.get(SIGNATURE, ""))
        is_dated = bool(lines) and any(character.isdigit() for character in lines[-1])
        return lines if is_dated else [*lines, written_day(self.scope.as_of)]

    @property
    def annex(self) -> str:
        return _("Tables of figures")

    @property
    def reading(self) -> list[str]:
        """How the tables are to be read."""
        basis = _(
            "All figures are computed from the registry's records as of %(day)s and compared with %(earlier)s. "
            "The code of a figure is its number in the list of figures."
        ) % {"day": written_day(self.scope.as_of), "earlier": written_day(self.earlier)}
        made_up = _("Among the records are some marked illustrative: made up for demonstration, no facts.")
        return [basis, *([made_up] if self.has_illustrative else []), *self._closed]

    @property
    def _closed(self) -> list[str]:
        if self.closing is None:
            return []
        words = {"day": written_day(self.closing.closed_on), "hash": self.closing.hash}
        return [_("The year was closed on %(day)s (SHA-256 %(hash)s); what was amended since is named.") % words]


# What is drawn, by section: figure, dimension, how, colours, whether its target is drawn.
CHARTS = {
    "showcase": (
        ("points", "level", "bar", "", False),
        ("premium-rate", "", "layers", "", False),
        ("premium-rate", "township", "rows", "premium", True),
    ),
    "brand": (("points", "field", "rows", "field", False),),
    "effect": (("visits", "year", "bar", "", False),),
    "guarantee": (("projects", "stage", "bar", "", False),),
}


def report_of(scope: Scope, with_unchanged: bool = False) -> Report:
    """The report of the year of the scope's day, as of that day; compared with the same day a year before. On demand it
    also tells what stayed the same."""
    earlier = year_before(scope.as_of)
    answers = answer_all(FIGURES.values(), scope)
    before = answer_all(FIGURES.values(), scope.at(earlier))
    amended = amendments_of(answers.values(), frozen_figures(scope)).values()
    texts = _texts(scope)
    sections = []
    for number, (slug, title) in enumerate(SECTIONS.items(), start=1):
        lines = lines_of_figures([figure for figure in FIGURES.values() if figure.section == slug], answers, before)
        sentences = {
            "standing": _overall(slug, answers),
            "moved": compared(lines, earlier),
            "unchanged": unchanged(lines) if with_unchanged else [],
            "targets": _compared_with_targets(lines),
            "coverage": _coverage(lines),
            "amended": _amended(slug, amended),
        }
        charts = [_chart(*chart, answers=answers, scope=scope) for chart in CHARTS.get(slug, ())]
        sections.append(_section(slug, number, str(title), texts, sentences, lines, charts, earlier))
    steps = {str(number): step.sentence for number, step in enumerate(next_steps(answers, scope), start=1)}
    title = str(TEXTS[NEXT_STEPS])
    sections.append(_section(NEXT_STEPS, len(sections) + 1, title, texts, steps, [], [], earlier))
    made_up = DemonstrationPoint.objects.visible_to(scope.viewer).in_area(scope.area).filter(illustrative=True)
    return Report(scope, earlier, sections, made_up.exists(), closing_of(scope), texts)


def _section(
    slug: str, number: int, title: str, texts: dict[str, str], sentences: dict[str, Sentence], *more: Any
) -> Section:
    told = {name: sentence for name, sentence in sentences.items() if sentence}
    return Section(slug, number, title, texts.get(slug, ""), told, *more)


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _texts(scope: Scope) -> dict[str, str]:
    """The district's own words by section: they speak of the whole district."""
    if "area" in scope.parameters:
        return {}
    return dict(ReportText.objects.public().filter(year=scope.as_of.year).values_list("section", "text"))


def _overall(section: str, answers: dict[str, Answer]) -> Sentence:
    """The sentence of the dashboard."""
    return [Piece(text, answer) for text, answer, _show in spoken(section, answers)]


def _coverage(lines: list[Line]) -> Sentence:
    """The yearly forms that the report's year is not reported of yet, and the year their figures answer for."""
    by_form = {line.figure.yearly: line.answer for line in lines if is_owed(line.answer)}
    by_year = groupby(sorted(by_form.values(), key=lambda answer: answer.year or 0), key=lambda answer: answer.year)
    return [piece for used, answers in by_year for piece in _coverage_clauses(used, list(answers))]


def _coverage_clauses(used: int | None, answers: list[Answer]) -> Sentence:
    coverages = [(answer.coverage, answer) for answer in answers if answer.coverage]
    pieces = [Piece(_coverage_words(coverage), answer) for coverage, answer in coverages]
    if used:
        pieces.append(Piece(_("the figures are those of %(used)s") % {"used": used}))
    return clauses(_("Of %(year)s, ") % {"year": coverages[0][0].year}, pieces)


def _coverage_words(coverage: Coverage) -> str:
    words = {"form": coverage.form.label, "reported": coverage.reported, "expected": coverage.expected}
    if coverage.expected is None:
        return _("“%(form)s” is not declared complete") % words
    if not coverage.reported:
        return _("“%(form)s” is not reported") % words
    return _("“%(form)s” is reported by %(reported)s of %(expected)s") % words


def _compared_with_targets(lines: list[Line]) -> Sentence:
    pieces = [
        Piece(
            _("%(label)s %(value)s against a target of %(target)s, %(gap)s")
            % {
                "label": line.figure.label,
                "value": line.value,
                "target": target(line.answer),
                "gap": gap_words(line.answer),
            },
            line.answer,
        )
        for line in lines
        if line.answer.gap is not None
    ]
    return clauses(_("Against the targets, "), pieces)


def _amended(section: str, amendments: Iterable[Amendment]) -> Sentence:
    """Beside each live number the one that was frozen, where they differ."""
    in_section = [amendment for amendment in amendments if amendment.answer.figure.section == section]
    pieces = [Piece(_amendment(amendment), amendment.answer) for amendment in in_section]
    return clauses(_("Amended since the year was closed: "), pieces)


def _amendment(amendment: Amendment) -> str:
    words = {"label": amendment.answer.figure.label, "now": joined(amendment.answer), "was": joined(amendment.was)}
    words["day"] = written_day(amendment.closing.closed_on)
    return _("%(label)s today %(now)s, frozen on %(day)s as %(was)s") % words


def _chart(
    slug: str, dimension: str, draws: str, colours: str, draws_target: bool, *, answers: dict[str, Answer], scope: Scope
) -> Chart:
    figure = FIGURES[slug]
    if not dimension:
        rows = [(day.isoformat(), day.isoformat(), answer) for day, answer in figure.series(scope)]
        return Chart(figure, _("%(figure)s over the years") % {"figure": figure.label}, _("As of"), rows, draws)
    first = str(figure.record_kind.dimension(dimension).label)
    title = _("%(figure)s by %(dimension)s") % {"figure": figure.label, "dimension": first.lower()}
    rows = figure.by(dimension, scope)
    if draws_target:
        rows = sorted(rows, key=lambda row: row[2].value or 0, reverse=True)
    return Chart(figure, title, first, rows, draws, dimension, colours, answers[slug] if draws_target else None)


def _table_of_figures(section: Section) -> Table:
    day = section.lines[0].answer.scope.as_of
    head = (_("Figure"), _("Code"), day.isoformat(), section.earlier.isoformat(), _("Up or down"), _("Target and gap"))
    rows = [(line.label, line.figure.source, line.value, line.earlier, line.moved, line.aim) for line in section.lines]
    title = _("Figures: %(section)s") % {"section": section.title}
    return Table(title, head, rows, (36, 16, 23, 23, 30, 28), words=2)


def _table_of_chart(chart: Chart) -> Table:
    figure, day = chart.figure, chart.rows[-1][2].scope.as_of
    rows = [(name, joined(answer), *_shares(answer)) for _key, name, answer in chart.rows]
    head = (chart.first, str(figure.label), *((_("Part"), _("Whole")) if figure.is_share else ()))
    title = _("%(title)s (%(code)s, as of %(day)s)") % {
        "title": chart.title,
        "code": figure.source,
        "day": written_day(day),
    }
    return Table(title, head, rows, (3, 2, 2, 2)[: len(head)])


def _shares(answer: Answer) -> tuple[str, ...]:
    return (quantity(answer.part)[0], quantity(answer.whole)[0]) if answer.figure.is_share else ()


def close_up(words: str) -> str:
    """Words as Chinese paper sets them: no space between a number and its unit."""
    return words if get_language() == "en" else BESIDE_CHINESE.sub("", words)


def ordinal(number: int) -> str:
    return f"{number}. " if get_language() == "en" else f"{NUMERALS[number - 1]}、"
