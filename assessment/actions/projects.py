"""Secretary projects and their three ledgers: opened with a frozen promise, checked, handed in, and signed off by
another person."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate, localtime

from assessment.models import (
    PLAIN,
    Amendment,
    LedgerEntry,
    LedgerStage,
    ProjectProblem,
    Promise,
    SecretaryProject,
    fingerprint,
    promised_of,
)
from registry.access.permissions import may
from registry.actions.deletion import delete_rows
from registry.actions.dependents import was_ever_public
from registry.actions.evidence import File, add_proofs
from registry.actions.points import WRITING
from registry.actions.records import ChangeSet, done_before, locked, part_change, save_record, values_of
from registry.actions.sites import add_with_code
from registry.actions.voiding import void
from registry.models import Event
from registry.text.refusals import Refused, raise_first

WRITE, CHECK, SIGN = "project.write", "project.check", "project.sign"


def problems_of(project: SecretaryProject) -> list[ProjectProblem]:
    return list(ProjectProblem.objects.unscoped("of the project itself").filter(project=project).order_by("pk"))


def has_promise(project: SecretaryProject) -> bool:
    return Promise.objects.filter(project=project.pk).exists()


def wrote(user: Any, project: SecretaryProject) -> bool:
    """Whether `user` wrote any part of the project: its plan, a line of its ledger, the solving of a problem."""
    codes = [problem.code for problem in problems_of(project)]
    own = Event.objects.filter(kind="secretaryproject", code=project.code)
    parts = Event.objects.filter(kind="projectproblem", code__in=codes)
    return (own | parts).filter(actor=user, verb__in=WRITING).exists()


@transaction.atomic
def open_project(
    project: SecretaryProject, problems: Sequence[str], *, by: Any, key: UUID | None = None
) -> SecretaryProject:
    """Adds the plan of a project, or changes it while its ledger is not open. The same form sent twice makes one."""
    earlier = done_before(key, by=by) if key else None
    if earlier and project._state.adding:
        stored = SecretaryProject.objects.unscoped("what this form wrote itself").get(code=earlier.code)
        if promised_of(stored) != promised_of(project):
            raise Refused("stale", who=by, when=f"{localtime(earlier.at):%Y-%m-%d %H:%M}")
        return stored
    project.area, project.year = project.organisation.area, project.deadline.year
    if project._state.adding:
        add_with_code(project, f"SP-{project.year}-", 2, right=WRITE, by=by, key=key)
    else:
        if locked(project, "organisation", "area").opened_on is not None:
            raise Refused("ledger_is_open")
        save_record(project, right=WRITE, by=by)
    _write_problems(project, problems, found_on=localdate(), by=by)
    return project


def _write_problems(
    project: SecretaryProject, names: Sequence[str], *, found_on: date, by: Any, reason: str = ""
) -> None:
    """Sets the problems of the project: new ones are added; missing ones are deleted or, once the ledger was open,
    voided."""
    stored = {problem.name: problem for problem in problems_of(project)}
    for name in dict.fromkeys(names):
        if name not in stored:
            problem = ProjectProblem(project=project, area=project.area, name=name, found_on=found_on)
            add_with_code(problem, f"PP-{project.year}-", 4, right=WRITE, by=by)
    for name in stored.keys() - set(names):
        if was_ever_public(stored[name]):
            void(stored[name], ChangeSet(by, reason))
        else:
            delete_rows([stored[name]], ChangeSet(by, reason))


def refusals_to_freeze(project: SecretaryProject, *, by: Any, on: date | None = None) -> Iterator[Refused]:
    """All refusals against opening the ledger (建账) on that day, or on any; empty if it is allowed."""
    on = on or project.opened_on or min(localdate(), project.deadline)
    if not may(by, WRITE, project):
        yield Refused("not_allowed")
    if has_promise(project):
        yield Refused("ledger_is_open")
    if not problems_of(project) or not project.measures.strip() or not project.expected_results.strip():
        yield Refused("promise_incomplete")
    if on > localdate():
        yield Refused("in_future", day=on.isoformat())
    if on > project.deadline:
        yield Refused("opened_after_deadline", deadline=project.deadline.isoformat())


@transaction.atomic
def freeze_promise(project: SecretaryProject, *, by: Any, on: date | None = None) -> Promise:
    """Opens the ledger (建账): the promise is frozen, with a fingerprint. A project of a sheet keeps the day its
    ledger was opened."""
    project = locked(project, "organisation", "area")
    on = project.opened_on or on or localdate()
    raise_first(refusals_to_freeze(project, on=on, by=by))
    problems = problems_of(project)
    if project.opened_on is None:
        project.opened_on = on
        save_record(project, right=WRITE, by=by)
        for problem in problems:
            problem.found_on = on
            save_record(problem, right=WRITE, by=by)
    body = {**promised_of(project), "opened_on": on.isoformat(), "problems": [problem.name for problem in problems]}
    if not project.entries.filter(stage=LedgerStage.OPEN).exists():
        text = "；".join(body["problems"])[:300]
        _enter(project, [], LedgerStage.OPEN, right=WRITE, entered_on=on, percent=0, text=text, by=by)
    promise = Promise.objects.create(project=project, body=body, sha256=fingerprint(body), by=by)
    ChangeSet(by).log("freeze", project, {"promise": {"added": [part_change(promise, {}, values_of(promise))]}})
    return promise


def refusals_to_amend(project: SecretaryProject, *, by: Any) -> Iterator[Refused]:
    yield from refusals_to_write(project, right=WRITE, by=by)
    if not has_promise(project):
        yield Refused("not_frozen")


@transaction.atomic
def amend_promise(project: SecretaryProject, problems: Sequence[str], *, reason: str, by: Any) -> Amendment:
    """Amends the promise to the values of `project` and `problems`. The frozen promise does not change; the amendment
    is stored with today's date. `project` carries the version it was opened with."""
    stored, reason = locked(project, "organisation", "area"), reason.strip()
    raise_first(refusals_to_amend(stored, by=by))
    if len(reason) < 4:
        raise Refused("amendment_reason")
    now = stored.promise.now
    values = {**promised_of(project), "problems": list(dict.fromkeys(problems))}
    changes = {name: [now[name], text] for name, text in values.items() if now[name] != text}
    if not changes:
        raise Refused("nothing_amended")
    for problem in problems_of(stored):
        if problem.solved_on and problem.name not in values["problems"]:
            raise Refused("solved_stays", name=problem.name)
    amendment = Amendment.objects.create(
        project=stored, amended_on=localdate(), changes=changes, reason=reason[:300], by=by
    )
    logged = {"amendment": {"added": [part_change(amendment, {}, values_of(amendment))]}}
    for name in PLAIN:
        setattr(stored, name, getattr(project, name))
    stored.version = project.version
    save_record(stored, right=WRITE, reason=reason[:300], by=by, also=logged)
    _write_problems(stored, values["problems"], found_on=localdate(), by=by, reason=reason[:300])
    return amendment


def refusals_to_write(project: SecretaryProject, *, right: str, by: Any) -> Iterator[Refused]:
    """All refusals against another line in the ledger that do not depend on its content."""
    if not may(by, right, project):
        yield Refused("not_allowed")
    if project.opened_on is None:
        yield Refused("ledger_not_open")
    elif closing := project.closing():
        yield Refused("ledger_closed", day=closing.entered_on.isoformat())


def _refusals_of_day(project: SecretaryProject, on: date, since: date) -> Iterator[Refused]:
    if on > localdate():
        yield Refused("in_future", day=on.isoformat())
    if on < since:
        yield Refused("before_opening", day=since.isoformat())


@transaction.atomic
def add_check(
    project: SecretaryProject, *, by: Any, on: date | None = None, proof: Sequence[File] = (), **values: Any
) -> LedgerEntry:
    """Adds a check of the ledger (查账): progress, light, and proof. One per day."""
    project, on = locked(project, "organisation", "area"), on or localdate()
    raise_first(refusals_to_write(project, right=CHECK, by=by))
    assert project.opened_on is not None  # see refusals_to_write
    raise_first(_refusals_of_day(project, on, project.opened_on))
    if project.entries.filter(stage=LedgerStage.CHECK, entered_on=on).exists():
        raise Refused("checked_that_day", day=on.isoformat())
    return _enter(project, proof, LedgerStage.CHECK, right=CHECK, entered_on=on, by=by, **values)


def _enter(project: SecretaryProject, proof: Sequence[File], stage: str, *, right: str, by: Any, **values: Any) -> Any:
    entry = LedgerEntry(project=project, stage=stage, by=by, **values)
    entry.full_clean()
    entry.save()
    entry.proof.add(*add_proofs(project, proof, right=right, by=by))
    ChangeSet(by).log("parts", project, {"ledgerentry": {"added": [part_change(entry, {}, values_of(entry))]}})
    return entry


@transaction.atomic
def solve_problem(
    problem: ProjectProblem, *, result: str, proof: Sequence[File], by: Any, on: date | None = None
) -> ProjectProblem:
    """Marks one problem as solved, with proof. It counts once."""
    project, on = locked(problem.project, "organisation", "area"), on or localdate()
    raise_first(refusals_to_write(project, right=WRITE, by=by))
    problem = ProjectProblem.objects.unscoped("of the project itself").get(pk=problem.pk)
    if problem.solved_on is not None:
        raise Refused("solved_already", name=problem.name, day=problem.solved_on.isoformat())
    raise_first(_refusals_of_day(project, on, problem.found_on))
    if not proof:
        raise Refused("proof_missing")
    problem.solved_on, problem.result = on, result
    save_record(problem, right=WRITE, by=by)
    problem.proof.add(*add_proofs(project, proof, right=WRITE, by=by))
    return problem


def solved_share(project: SecretaryProject, on: date) -> int:
    """The percentage of the project's problems solved by `on`; 100 if it has none."""
    problems = problems_of(project)
    return 100 * sum(problem.is_solved(on) for problem in problems) // len(problems) if problems else 100


@transaction.atomic
def hand_in(
    project: SecretaryProject,
    *,
    text: str,
    difference: str = "",
    proof: Sequence[File] = (),
    by: Any,
    on: date | None = None,
) -> LedgerEntry:
    """Hands the ledger in (交账): what was delivered, and how it differs from the promise."""
    project, on = locked(project, "organisation", "area"), on or localdate()
    raise_first(refusals_to_write(project, right=WRITE, by=by))
    assert project.opened_on is not None  # see refusals_to_write
    last = max([project.opened_on, *project.entries.values_list("entered_on", flat=True)])
    raise_first(_refusals_of_day(project, on, last))
    share = solved_share(project, on)
    if (share < 100 or on > project.deadline) and not difference.strip():
        raise Refused("difference_missing")
    return _enter(
        project, proof, LedgerStage.CLOSE, right=WRITE, entered_on=on, percent=share, text=text,
        difference=difference.strip(), by=by,
    )  # fmt: skip


def refusals_to_sign(project: SecretaryProject, *, by: Any) -> Iterator[Refused]:
    """All refusals against signing a ledger off or sending it back."""
    if not may(by, SIGN, project):
        yield Refused("not_allowed")
    entry = project.closing()
    if entry is None:
        yield Refused("not_handed_in")
    elif entry.signed_on:
        yield Refused("signed_already", who=entry.signed_by, day=entry.signed_on.isoformat())
    if wrote(by, project):
        yield Refused("own_work")


@transaction.atomic
def sign_off(project: SecretaryProject, *, by: Any) -> LedgerEntry:
    """A second person signs off what was delivered."""
    project = locked(project, "organisation", "area")
    raise_first(refusals_to_sign(project, by=by))
    entry = project.closing()
    assert entry is not None  # see refusals_to_sign
    before = values_of(entry)
    entry.signed_by, entry.signed_on = by, (today := localdate())
    entry.full_clean()
    entry.save()
    signed = {"ledgerentry": {"changed": [part_change(entry, before, values_of(entry))]}}
    ChangeSet(by).log("sign-off", project, {"signed_on": [None, today.isoformat()]} | signed)
    return entry


@transaction.atomic
def send_back(project: SecretaryProject, *, by: Any, reason: str = "") -> None:
    """Opens the ledger again. The values handed in stay in the history."""
    project = locked(project, "organisation", "area")
    raise_first(refusals_to_sign(project, by=by))
    if len(reason.strip()) < 4:
        raise Refused("opinion_missing")
    entry, change_set = project.closing(), ChangeSet(by, reason.strip()[:300])
    assert entry is not None  # see refusals_to_sign
    change_set.log("return", project, {"ledgerentry": {"removed": [part_change(entry, values_of(entry), {})]}})
    entry.voided = change_set.key
    entry.save()
