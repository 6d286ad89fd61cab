"""The year report: the article's sections, each with sentences and tables made of figures. The page, the document and
the PDF write the same report; nothing in it is typed but the district's own words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fengnan.templatetags.showcase import gap_words, quantity, signed, size_of, spoken, target, written
from registry.access.scope import Scope
from registry.figures import FIGURES, SECTIONS, Answer, Figure, answer_all
from registry.figures.base import Number, plain
from registry.figures.frozen import Amendment, amendments_of, closing_of, frozen_figures
from registry.models import DemonstrationPoint, FrozenYear, ReportText

NUMERALS = "一二三四五六七八九十"
CHINESE = "\u2e80-\u9fff\uff00-\uffef"
BESIDE_CHINESE = re.compile(rf"(?<=[{CHINESE}])[ \u00a0]+|[ \u00a0]+(?=[{CHINESE}])")


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence. Where it states a figure, `answer` is what it stands on."""

    text: str
    answer: Answer | None = None

    @property
    def code(self) -> str:
        """The F-number of the figure stated."""
        return self.answer.figure.source if self.answer else ""


Sentence = list[Piece]


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
        """By how much the value moved; of a share in percentage points."""
        if self.answer.value is None or self.before.value is None:
            return None
        return plain(round(self.answer.value - self.before.value, 2))

    @property
    def code(self) -> str:
        return f"{self.figure.source} {self.figure.slug}"

    @property
    def value(self) -> str:
        return joined(self.answer)

    @property
    def earlier(self) -> str:
        return joined(self.before)

    @property
    def moved(self) -> str:
        """The change with its sign and unit; nothing to say is a dash."""
        return signed(self.figure, self.change).replace("−", "-")  # some fonts of a PDF have no minus sign

    @property
    def size(self) -> str:
        return size_of(self.figure, self.change)

    @property
    def aim(self) -> str:
        """The target and how far the value lies from it."""
        if self.answer.target is None:
            return "—"
        gap = gap_words(self.answer)
        return _("%(target)s; %(gap)s") % {"target": target(self.answer), "gap": gap} if gap else target(self.answer)


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
    rows: list[tuple[str, ...]]
    widths: tuple[int, ...]
    words: int = 1


@dataclass(frozen=True)
class Section:
    """`text` are the district's own words; `sentences` stand under their headings."""

    slug: str
    number: int
    title: str
    text: str
    sentences: list[tuple[str, Sentence]]
    lines: list[Line]
    charts: list[Chart]
    earlier: date

    @property
    def heading(self) -> str:
        return f"{ordinal(self.number)}{self.title}"

    @property
    def paragraphs(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    @property
    def tables(self) -> Iterator[Table]:
        if self.lines:
            yield _table_of_figures(self)
        yield from (_table_of_chart(chart) for chart in self.charts if chart.rows)


@dataclass(frozen=True)
class Report:
    """`earlier` is the day it is compared with."""

    scope: Scope
    earlier: date
    sections: list[Section]
    has_illustrative: bool
    closing: FrozenYear | None = None

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
    def reading(self) -> list[str]:
        """How the report is to be read."""
        basis = _(
            "All figures are computed from the registry's records as of %(day)s and compared with %(earlier)s. "
            "The code behind a figure is its number in the list of figures."
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


def report_of(scope: Scope) -> Report:
    """The report of the year of the scope's day, as of that day; compared with the same day a year before."""
    earlier = year_before(scope.as_of)
    answers = answer_all(FIGURES.values(), scope)
    before = answer_all(FIGURES.values(), scope.at(earlier))
    amended = amendments_of(answers.values(), frozen_figures(scope)).values()
    texts = _texts(scope)
    sections = []
    for number, (slug, title) in enumerate(SECTIONS.items(), start=1):
        lines = [
            Line(answers[figure.slug], before[figure.slug]) for figure in FIGURES.values() if figure.section == slug
        ]
        sentences = [
            (_("How it stands"), _overall(slug, answers)),
            (_("Against the year before"), _compared(lines, earlier)),
            (_("Against the targets"), _compared_with_targets(lines)),
            (
                _("Amended since the year was closed"),
                _amended(slug, amended),
            ),
        ]
        sentences = [(heading, sentence) for heading, sentence in sentences if sentence]
        charts = [_chart(*chart, answers=answers, scope=scope) for chart in CHARTS.get(slug, ())]
        sections.append(Section(slug, number, str(title), texts.get(slug, ""), sentences, lines, charts, earlier))
    made_up = DemonstrationPoint.objects.visible_to(scope.viewer).in_area(scope.area).filter(illustrative=True)
    return Report(scope, earlier, sections, made_up.exists(), closing_of(scope))


def year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _texts(scope: Scope) -> dict[str, str]:
    """The district's own words by section: they speak of the whole district."""
    if "area" in scope.parameters:
        return {}
    return dict(ReportText.objects.public().filter(year=scope.as_of.year).values_list("section", "text"))


def _overall(section: str, answers: dict[str, Answer]) -> Sentence:
    """The sentence of the dashboard."""
    return [Piece(text, answer) for text, answer, _show in spoken(section, answers)]


def _compared(lines: list[Line], earlier: date) -> Sentence:
    """What moved since a year before, figure by figure, and what did not."""
    moved = [line for line in lines if line.change]
    still = [line for line in lines if line.change == 0]
    pieces = [Piece(_movement(line), line.answer) for line in moved]
    pieces += [Piece(_("%(label)s unchanged") % {"label": line.figure.label}, line.answer) for line in still]
    return _listed(_("Compared with %(day)s: ") % {"day": written_day(earlier)}, pieces)


def _movement(line: Line) -> str:
    words = {"label": line.figure.label, "size": line.size, "before": line.earlier, "now": line.value}
    if line.figure.single:
        return _("%(label)s from %(before)s to %(now)s") % words
    sentence = _("%(label)s up by %(size)s") if line.change > 0 else _("%(label)s down by %(size)s")
    return sentence % words


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
    return _listed("", pieces)


def _amended(section: str, amendments: Iterable[Amendment]) -> Sentence:
    """Beside each live number the one that was frozen, where they differ."""
    in_section = [amendment for amendment in amendments if amendment.answer.figure.section == section]
    return _listed("", [Piece(_amendment(amendment), amendment.answer) for amendment in in_section])


def _amendment(amendment: Amendment) -> str:
    words = {"label": amendment.answer.figure.label, "now": joined(amendment.answer), "was": joined(amendment.was)}
    words["day"] = written_day(amendment.closing.closed_on)
    return _("%(label)s today %(now)s, frozen on %(day)s as %(was)s") % words


def _listed(opening: str, pieces: list[Piece]) -> Sentence:
    """“opening one; two; three.”; nothing where there is nothing to tell."""
    if not pieces:
        return []
    between, end = Piece(_("; ")), Piece(_("."))
    parts = [part for piece in pieces for part in (between, piece)]
    return [Piece(opening), *parts[1:], end]


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
    head = (_("Figure"), _("Code"), day.isoformat(), section.earlier.isoformat(), _("Up or down"), _("Target"))
    rows = [
        (str(line.figure.label), line.code, line.value, line.earlier, line.moved, line.aim) for line in section.lines
    ]
    title = _("Figures: %(section)s") % {"section": section.title}
    return Table(title, head, rows, (34, 30, 26, 26, 20, 20), words=2)


def _table_of_chart(chart: Chart) -> Table:
    figure, day = chart.figure, chart.rows[-1][2].scope.as_of
    rows = [(name, joined(answer), *_shares(answer)) for _key, name, answer in chart.rows]
    head = (chart.first, str(figure.label), *((_("Part"), _("Whole")) if figure.is_share else ()))
    title = _("%(title)s (%(code)s, as of %(day)s)") % {
        "title": chart.title,
        "code": f"{figure.source} {figure.slug}",
        "day": written_day(day),
    }
    return Table(title, head, rows, (3, 2, 2, 2)[: len(head)])


def _shares(answer: Answer) -> tuple[str, ...]:
    return (quantity(answer.part)[0], quantity(answer.whole)[0]) if answer.figure.is_share else ()


def joined(answer: Answer) -> str:
    """The value of an answer with its unit: 445 个."""
    text, unit = written(answer)
    return f"{text}{unit}" if unit in ("", "%") else f"{text} {unit}"


def close_up(words: str) -> str:
    """Words as Chinese paper sets them: no space between a number and its unit."""
    return words if get_language() == "en" else BESIDE_CHINESE.sub("", words)


def ordinal(number: int) -> str:
    return f"{number}. " if get_language() == "en" else f"{NUMERALS[number - 1]}、"


def subheading(number: int, words: str) -> str:
    return f"({number}) {words}" if get_language() == "en" else f"（{NUMERALS[number - 1]}）{words}"


def written_day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
