"""Problems and next steps: what lies below its target, does not qualify or is not reported, each with a proposal."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fengnan.numbers import gap_words, stated, target
from fengnan.report.sentences import Piece, Sentence, clauses, enumeration_of
from registry.access.scope import Scope
from registry.figures import FIGURES, Answer
from registry.text.area_codes import is_below_district

MOST_BELTS = 5


@dataclass(frozen=True)
class NextStep:
    """A problem, and what is proposed to be done about it."""

    problem: Sentence
    proposal: str = ""

    @property
    def sentence(self) -> Sentence:
        return [*self.problem, Piece(self.proposal)] if self.proposal else self.problem


def next_steps(answers: dict[str, Answer], scope: Scope) -> list[NextStep]:
    """Each problem of the scope with a proposal. Without a problem, a sentence that says so."""
    steps = [
        *(_below_target(answer) for answer in answers.values() if answer.gap is not None and answer.gap < 0),
        _townships_below_target(answers["premium-rate"], scope),
        _belts_not_qualified(answers["belts"], answers["qualified-belts"], scope),
        _not_reported(answers),
    ]
    none = NextStep([Piece(_("No target is missed and no report of the year is owing."))])
    return [step for step in steps if step] or [none]


def is_owed(answer: Answer) -> bool:
    """Whether anybody in the scope owes the year that is not reported, or a declaration is missing."""
    coverage = answer.coverage
    if coverage is None or coverage.is_declared:
        return False
    return not is_below_district(answer.scope.area) if coverage.expected is None else coverage.expected > 0


def _below_target(answer: Answer) -> NextStep:
    words = {"label": answer.figure.label, "target": target(answer), "gap": gap_words(answer)}
    words["value"] = "".join(stated(answer, "value"))
    problem = Piece(_("%(label)s %(value)s against a target of %(target)s, %(gap)s") % words, answer)
    proposal = _(" Proposal: compare each record with the standard, list what to improve, and by when.")
    return NextStep([problem, Piece(_("."))], proposal)


def _townships_below_target(rate: Answer, scope: Scope) -> NextStep | None:
    if rate.target is None or is_below_district(scope.area):
        return None
    rows = [(answer.value, name, answer) for _key, name, answer in rate.figure.by("township", scope)]
    below = [row for row in rows if row[0] is not None and row[0] < rate.target]
    if not below:
        return None
    below.sort(key=lambda row: row[:2])
    opening = _("%(count)s townships lie below the target of %(target)s for the premium rate, the lowest first: ")
    names = enumeration_of([Piece(name, answer) for _value, name, answer in below])
    proposal = _(" Proposal: guide them first; each plans which points become premium, and reports every quarter.")
    words = {"count": len(below), "target": target(rate)}
    return NextStep([Piece(opening % words), *names, Piece(_("."))], proposal)


def _belts_not_qualified(belts: Answer, qualified: Answer, scope: Scope) -> NextStep | None:
    count = (belts.value or 0) - (qualified.value or 0)
    if count <= 0:
        return None
    rows = FIGURES["belts"].rows(scope).exclude(pk__in=FIGURES["qualified-belts"].rows(scope).values("pk"))
    names = enumeration_of([Piece(str(belt)) for belt in rows.order_by("code")[:MOST_BELTS]])
    opening = Piece(_("%(count)s belts do not qualify yet: ") % {"count": count}, belts)
    others = Piece(_(" and others") if count > MOST_BELTS else "")
    proposal = _(" Proposal: name for each belt the points that become premium, and by when.")
    return NextStep([opening, *names, others, Piece(_("."))], proposal)


def _not_reported(answers: dict[str, Answer]) -> NextStep | None:
    by_form = {answer.figure.yearly: answer for answer in answers.values() if is_owed(answer)}
    owing = [Piece(words, answer) for answer in by_form.values() for words in _missing(answer)]
    if not owing:
        return None
    year = next(answer.coverage.year for answer in by_form.values() if answer.coverage)
    opening = _("The yearly forms of %(year)s are not complete: ") % {"year": year}
    proposal = _(
        " Proposal: those who owe a report send it in; the district checks each form and declares it complete."
    )
    return NextStep(clauses(opening, owing), proposal)


def _missing(answer: Answer) -> Iterator[str]:
    coverage = answer.coverage
    if coverage is None:
        return
    words = {"form": coverage.form.label, "missing": coverage.missing, "units": coverage.form.units}
    if coverage.expected is None:
        yield _("“%(form)s” is not declared complete") % words
    elif coverage.expected == 1:
        yield _("“%(form)s” is not reported") % words
    elif coverage.missing:
        yield _("“%(form)s” is missing of %(missing)s %(units)s") % words
