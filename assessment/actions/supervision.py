"""Supervision (督考一体): the findings of a visit, the demand with a deadline, the rectification, and the closing by
another person. Also the talk that follows too many overdue findings."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.timezone import localdate

from assessment.models import (
    AccountabilityAction,
    AccountabilityKind,
    FindingState,
    StepAct,
    SupervisionFinding,
    SupervisionStep,
)
from assessment.overviews.supervision import warning_of
from registry.access.permissions import may
from registry.actions.evidence import File, add_proofs
from registry.actions.records import ChangeSet, done_before, part_change, save_record, values_of
from registry.actions.sites import add_with_code
from registry.models import Area, Event, PartyOrganisation
from registry.text.refusals import Refused, raise_first

INSPECT, RECTIFY, TALK = "supervision.inspect", "supervision.rectify", "supervision.talk"
ALLOWED = {  # action → permission, and allowed states
    "demand": (INSPECT, {FindingState.FOUND, FindingState.DEMANDED}),
    "rectify": (RECTIFY, {FindingState.DEMANDED}),
    "check": (INSPECT, {FindingState.RECTIFIED}),
}
VERBS = {StepAct.RECTIFY: "rectify", StepAct.CLOSE: "sign-off", StepAct.RETURN: "return"}


def refusals_to(act: str, finding: SupervisionFinding, *, by: Any) -> Iterator[Refused]:
    """All refusals against `act` on a finding now; empty if it is allowed."""
    right, states = ALLOWED[act]
    if not may(by, right, finding):
        yield Refused("not_allowed")
    if finding.stage not in states:
        yield Refused("finding_moved_on", state=finding.stage.label)
    if act == "check" and any(step.act == StepAct.RECTIFY and step.by_id == by.pk for step in finding.steps.all()):
        yield Refused("own_work")


def _locked(finding: SupervisionFinding, act: str, by: Any) -> SupervisionFinding:
    """The stored finding, locked until the transaction ends, if `act` is allowed on it."""
    rows = SupervisionFinding.objects.unscoped("a lock").select_for_update(of=("self",))
    stored = rows.select_related("area").get(pk=finding.pk)
    raise_first(refusals_to(act, stored, by=by))
    return stored


@transaction.atomic
def record_visit(
    organisation: PartyOrganisation,
    findings: Sequence[str],
    *,
    issuer: str,
    by: Any,
    on: date | None = None,
    key: UUID | None = None,
) -> list[SupervisionFinding]:
    """Adds the findings of a visit, one record each. The same form sent twice adds them once."""
    on, key = on or localdate(), key or uuid4()
    if not may(by, INSPECT, organisation):
        raise Refused("not_allowed")
    if done_before(key, by=by):
        codes = Event.objects.filter(change_set=key, actor=by).values("code")
        return list(SupervisionFinding.objects.unscoped("what this form wrote itself").filter(code__in=codes))
    if on > localdate():
        raise Refused("in_future", day=on.isoformat())
    findings_to_add = [
        SupervisionFinding(
            organisation=organisation, area=organisation.area, finding=text, inspected_on=on, issuer=issuer
        )
        for text in dict.fromkeys(findings)
    ]
    return [add_with_code(finding, f"SF-{on.year}-", 3, right=INSPECT, by=by, key=key) for finding in findings_to_add]


@transaction.atomic
def demand(
    finding: SupervisionFinding, *, text: str, deadline: date, person: str | None = None, by: Any
) -> SupervisionFinding:
    """Sets the demand and its deadline; again until a rectification was handed in."""
    stored = _locked(finding, "demand", by)
    if deadline < localdate():
        raise Refused("term_passed", day=deadline.isoformat())
    stored.demand, stored.deadline = text, deadline
    stored.person = stored.person if person is None else person
    return save_record(stored, right=INSPECT, by=by)


@transaction.atomic
def rectify(
    finding: SupervisionFinding, *, text: str, proof: Sequence[File], by: Any, on: date | None = None
) -> SupervisionStep:
    """The township records the rectification, with proof."""
    stored, on = _locked(finding, "rectify", by), on or localdate()
    if on > localdate():
        raise Refused("in_future", day=on.isoformat())
    since = max([stored.inspected_on, *stored.steps.values_list("on", flat=True)])
    if on < since:
        raise Refused("before_opening", day=since.isoformat())
    if not proof:
        raise Refused("proof_missing")
    stored.progress, stored.done = text, False
    save_record(stored, right=RECTIFY, by=by)
    step = _step(stored, StepAct.RECTIFY, on, text, by)
    step.proof.add(*add_proofs(stored, proof, right=RECTIFY, by=by))
    return step


@transaction.atomic
def close(finding: SupervisionFinding, *, text: str, by: Any) -> SupervisionStep:
    """The district confirms the rectification and closes the finding."""
    return _checked(finding, StepAct.CLOSE, text, by)


@transaction.atomic
def send_back(finding: SupervisionFinding, *, text: str, by: Any) -> SupervisionStep:
    """The district rejects the rectification. The deadline does not change."""
    return _checked(finding, StepAct.RETURN, text, by)


def _checked(finding: SupervisionFinding, act: StepAct, text: str, by: Any) -> SupervisionStep:
    stored = _locked(finding, "check", by)
    if len(text.strip()) < 4:
        raise Refused("opinion_missing")
    stored.done, stored.rechecked_on = act == StepAct.CLOSE, localdate()
    save_record(stored, right=INSPECT, by=by)
    return _step(stored, act, localdate(), text.strip(), by)


def _step(finding: SupervisionFinding, act: StepAct, on: date, text: str, by: Any) -> SupervisionStep:
    step = SupervisionStep(finding=finding, act=act, on=on, text=text, by=by)
    step.full_clean()
    step.save()
    ChangeSet(by).log(VERBS[act], finding, {"supervisionstep": {"added": [part_change(step, {}, values_of(step))]}})
    return step


def refusals_to_talk(township: Area, *, by: Any) -> Iterator[Refused]:
    """All refusals against recording a talk about overdue findings in a township."""
    if not may(by, TALK, township):
        yield Refused("not_allowed")
    warning = warning_of(township, localdate())
    if not warning.fired:
        yield Refused("talk_not_due", left=warning.left)


@transaction.atomic
def record_talk(township: Area, *, organisation: PartyOrganisation, by: Any, **values: Any) -> AccountabilityAction:
    """Records the talk (约谈) that the rule requires. Internal; the public sees only the number of talks."""
    Area.objects.unscoped("a lock: of two who record it, the second finds it done").select_for_update().get(
        pk=township.pk
    )
    raise_first(refusals_to_talk(township, by=by))
    if values["occurred_on"] > localdate():
        raise Refused("in_future", day=values["occurred_on"].isoformat())
    talk = AccountabilityAction(
        kind=AccountabilityKind.INTERVIEW, organisation=organisation, area=organisation.area, **values
    )
    return add_with_code(talk, "AA-", 3, right=TALK, by=by)
