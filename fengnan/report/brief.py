"""The brief on one page: key figures with year and target, what moved since the end of last year, what needs
attention."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from fengnan.report.content import Table, ordinal
from fengnan.report.lines import Line, compared, lines_of_figures, written_day
from fengnan.report.next_steps import next_steps
from fengnan.report.sentences import Piece, Sentence
from registry.access.scope import Scope
from registry.figures import FIGURES, answer_all
from registry.figures.changes import days_compared

KEY_FIGURES = (
    "points", "premium-rate", "belts", "qualified-belts", "zones", "brands", "income-villages",
    "premium-community-share", "projects", "problems-solved", "visits",
)  # fmt: skip
MOST_MOVED, MOST_PROBLEMS = 8, 5


@dataclass(frozen=True)
class Brief:
    """`earlier` is the day it is compared with; `problems` are those of the report's next steps."""

    scope: Scope
    earlier: date
    lines: list[Line]
    moved: Sentence
    problems: list[Sentence]

    @property
    def title(self) -> str:
        return _("Brief on showcase creation in %(place)s") % {"place": self.scope.place}

    @property
    def as_of(self) -> str:
        return _("(data as of %(day)s)") % {"day": written_day(self.scope.as_of)}

    @property
    def table(self) -> Table:
        head = (
            _("Figure"),
            _("Year or day"),
            _("Value"),
            _("Target and gap"),
            _("Since %(day)s") % {"day": self.earlier},
        )
        rows = [(str(line.figure.label), line.dated, line.value, line.aim, line.moved) for line in self.lines]
        return Table("", head, rows, (42, 26, 26, 32, 30), words=2)

    @property
    def parts(self) -> list[tuple[str, list[Sentence]]]:
        """The headings after the table, each with its sentences."""
        headings = (_("Changes since the end of last year"), _("What needs attention"))
        parts = zip(headings, ([self.moved], self.problems), strict=True)
        return [
            (f"{ordinal(number)}{heading}", sentences) for number, (heading, sentences) in enumerate(parts, start=2)
        ]

    @property
    def first_heading(self) -> str:
        return f"{ordinal(1)}{_('Key figures')}"

    @property
    def map_heading(self) -> str:
        return f"{ordinal(4)}{_('Schematic map')}"

    @property
    def changes_query(self) -> str:
        """The query of the pages that show which rows came and went."""
        return "?" + urlencode({**self.scope.parameters, "since": self.earlier.isoformat()})


def brief_of(scope: Scope) -> Brief:
    earlier = days_compared(scope)[0]
    answers, before = answer_all(FIGURES.values(), scope), answer_all(FIGURES.values(), scope.at(earlier))
    moved = [line for line in lines_of_figures(FIGURES.values(), answers, before) if line.change]
    order = [*KEY_FIGURES, *FIGURES]
    moved.sort(key=lambda line: order.index(line.figure.slug))
    none = [Piece(_("None of the figures moved since %(day)s.") % {"day": written_day(earlier)})]
    return Brief(
        scope,
        earlier,
        lines_of_figures([FIGURES[slug] for slug in KEY_FIGURES], answers, before),
        compared(moved[:MOST_MOVED], earlier) or none,
        [step.problem for step in next_steps(answers, scope)[:MOST_PROBLEMS]],
    )
