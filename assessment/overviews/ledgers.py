"""Data for the pages of secretary projects: promise against delivery, the board, the next steps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from django.utils.functional import Promise as Words
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from assessment.actions import projects as acts
from assessment.models import Amendment, LedgerEntry, LedgerStage, Light, SecretaryProject
from registry.access.permissions import may
from registry.kinds.field_visibility import PERSONAL
from registry.models import Evidence, Parameter

LABELS: dict[str, str | Words] = {
    "name": gettext_lazy("Name"),
    "problems": gettext_lazy("Problems"),
    "measures": gettext_lazy("Measures"),
    "expected_results": gettext_lazy("Expected results"),
    "deadline": gettext_lazy("Deadline"),
    "responsible_person": gettext_lazy("Responsible person"),
    "team": gettext_lazy("Team"),
}
PROVES = "counted for everybody, linked for the staff"
INSIDE = PERSONAL | {"team"}  # names of people: only for the staff of the area
COLUMNS: dict[str, str | Words] = {
    "": gettext_lazy("Ledger not open yet"),
    LedgerStage.OPEN: LedgerStage.OPEN.label,
    LedgerStage.CHECK: LedgerStage.CHECK.label,
    LedgerStage.CLOSE: LedgerStage.CLOSE.label,
    "signed": gettext_lazy("Signed off"),
}


@dataclass(frozen=True)
class LedgerLine:
    """One promised value, what was delivered, and the difference."""

    what: str | Words
    promised: str
    delivered: str
    difference: str
    met: bool
    proof: list = field(default_factory=list)


def settlement(project: SecretaryProject, on: date) -> list[LedgerLine]:
    """The promise as first frozen, line by line, compared with what was delivered by `on`."""
    promise = getattr(project, "promise", None)
    promised: dict[str, Any] = promise.body if promise else {**acts.promised_of(project), "problems": None}
    closing = project.closing()
    closing = closing if closing and closing.entered_on <= on else None
    lines = _problem_lines(project, promised["problems"], on)
    delivered, difference = (closing.text, closing.difference) if closing else ("", "")
    proof = list(closing.proof.unscoped(PROVES)) if closing else []
    met = closing is not None and not difference
    lines.append(
        LedgerLine(LABELS["expected_results"], promised["expected_results"], delivered, difference, met, proof)
    )
    return [*lines, _deadline_line(promised["deadline"], closing, on)]


def _problem_lines(project: SecretaryProject, promised: list[str] | None, on: date) -> list[LedgerLine]:
    problems = acts.problems_of(project)
    prefetch_related_objects(problems, Prefetch("proof", Evidence.objects.unscoped(PROVES)))
    lines, by_name = [], {problem.name: problem for problem in problems}
    for name in promised or []:
        if name not in by_name:
            lines.append(LedgerLine(_("Problem"), name, "", _("given up by an amendment"), False))
    for name, problem in by_name.items():
        solved = problem.is_solved(on)
        delivered = f"{problem.solved_on} {problem.result}".strip() if solved else ""
        difference = "" if solved else _("not solved")
        if promised is not None and name not in promised:
            difference = pgettext("between reasons", "; ").join(filter(None, (_("added by an amendment"), difference)))
        proof = list(problem.proof.all()) if solved else []
        lines.append(LedgerLine(_("Problem"), name, delivered, difference, solved, proof))
    return lines


def _deadline_line(promised: str, closing: LedgerEntry | None, on: date) -> LedgerLine:
    until = closing.entered_on if closing else on
    late = (until - date.fromisoformat(promised)).days
    difference = _("%(days)s days late") % {"days": late} if late > 0 else ""
    delivered = closing.entered_on.isoformat() if closing else ""
    return LedgerLine(LABELS["deadline"], promised, delivered, difference, closing is not None and late <= 0)


def describe_promise(project: SecretaryProject, viewer: Any) -> dict[str, Any]:
    """The frozen promise and its amendments; names of people are only for the staff of the area."""
    promise = getattr(project, "promise", None)
    inside = may(viewer, "record.view", project)
    body = promise.body if promise else acts.promised_of(project)
    people = [(LABELS[name], body[name]) for name in ("responsible_person", "team") if inside and body[name]]
    return {
        "promise": promise,
        "promised": body,
        "people": people,
        "inside": inside,
        "amendments": [
            (amendment, list(_amended(amendment, inside)))
            for amendment in (project.amendments.select_related("by") if promise else ())
        ],
    }


def _amended(amendment: Amendment, inside: bool) -> Iterator[tuple[str | Words, Any, Any]]:
    for name, both in amendment.changes.items():
        hidden = name in INSIDE and not inside
        before, after = ("…", "…") if hidden else ("；".join(x) if isinstance(x, list) else x for x in both)
        yield LABELS[name], before, after


def check_days(today: date) -> int:
    """The days after which a ledger must be checked again."""
    return Parameter.objects.count_on("project-check-days", today, default=90)


def reminder_days(today: date) -> int:
    """The days before a due date on which its reminder appears, so that it comes in time."""
    return Parameter.objects.count_on("project-reminder-days", today, default=14)


def next_check(project: SecretaryProject, days: int) -> date:
    """The day of the next check, `days` after the last line; or the deadline, if that is earlier."""
    assert project.opened_on is not None  # an open ledger
    last = max((entry.entered_on for entry in project.entries.all()), default=project.opened_on)
    return min(last + timedelta(days=days), project.deadline)


def proposed_check(project: SecretaryProject, on: date) -> dict[str, Any]:
    """A proposed check: the share of solved problems, compared with the elapsed time."""
    problems = acts.problems_of(project)
    solved = sum(problem.is_solved(on) for problem in problems)
    last = project.entries.filter(entered_on__lte=on).order_by("-entered_on", "-pk").first()
    percent = max(acts.solved_share(project, on) if problems else 0, last.percent if last else 0)
    assert project.opened_on is not None  # an open ledger
    whole = (project.deadline - project.opened_on).days or 1
    elapsed = 100 * (on - project.opened_on).days // whole
    light = Light.STUCK if on > project.deadline else Light.SLOW if percent < elapsed else Light.ON_TRACK
    text = _("Problems solved: %(solved)s of %(all)s.") % {"solved": solved, "all": len(problems)}
    return {"on": on, "percent": percent, "light": light, "text": text}


def steps_for(project: SecretaryProject, user: Any) -> list[tuple[str, str | Words]]:
    """(URL name, text) of the account's next actions on the project."""
    is_open, closing = project.opened_on is not None, project.closing()
    steps = []
    if may(user, acts.WRITE, project) and not acts.has_promise(project):
        steps.append(("project-plan", _("Plan and opening of the ledger")))
    if is_open and not closing and may(user, acts.CHECK, project):
        steps.append(("project-check", _("Check the ledger")))
    if is_open and not closing and may(user, acts.WRITE, project):
        steps.append(("project-solve", _("Strike off a problem")))
        if acts.has_promise(project):
            steps.append(("project-amend", _("Amend the promise")))
        steps.append(("project-hand-in", _("Hand the ledger in")))
    if closing and not closing.signed_on and may(user, acts.SIGN, project):
        steps.append(("project-sign", _("Sign off")))
    return [(reverse(name, args=[project.code]), words) for name, words in steps]


def column_of(project: Any) -> str:
    """The board column of a project `with_progress`."""
    return "signed" if project.signed_on else project.stage or ("" if project.opened_on is None else LedgerStage.OPEN)
