"""Remarks of the public: left under a record, passed on, answered, or rejected."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import area_of, may
from registry.kinds import KINDS, Kind
from registry.models import CalendarDay, Parameter, Remark, RemarkOutcome, RemarkState, district_area
from registry.models.remarks import NOTICES
from registry.text.area_codes import district_of, is_below_district
from registry.text.refusals import Refused, raise_first
from registry.text.validators import Invalid, line, prose

from .records import ChangeSet, locked

READERS = {"text": prose(1000, least=4), "contact": line(80)}
ANSWERS = (RemarkOutcome.CORRECTED, RemarkOutcome.UNCHANGED)


def read_remark(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Invalid]]:
    """The cleaned values of a typed remark, and the errors by field."""
    values: dict[str, str] = {}
    problems: dict[str, Invalid] = {}
    for name, read in READERS.items():
        try:
            values[name] = read(typed.get(name, ""))
            if name == "text" and not values[name]:
                raise Invalid("required")
        except Invalid as problem:
            problems[name] = problem
    return values, problems


def refusals_to_leave_remark(kind: str, code: str, *, sender: str) -> Iterator[Refused]:
    """All refusals against one more remark on this record from this sender; empty if it is allowed."""
    now = timezone.now()
    limit = Parameter.objects.count_on("remarks-a-day", timezone.localdate(now), default=5)
    left = Remark.objects.unscoped("against floods").filter(made_at__gt=now - timedelta(days=1))
    if left.filter(sender=sender).count() >= limit:
        yield Refused("remarks_a_day", most=limit)
    limit = Parameter.objects.count_on("remarks-an-hour", timezone.localdate(now), default=20)
    if left.filter(kind=kind, record_code=code, made_at__gt=now - timedelta(hours=1)).count() >= limit:
        yield Refused("remarks_an_hour")


@transaction.atomic
def leave_remark(kind: Kind, record: Any, *, text: str, contact: str = "", sender: str, key: uuid.UUID) -> Remark:
    """Saves a remark on a public record, due within the district's number of working days. The same `key` twice is one
    remark. Raises Refused if the sender, or the record, has too many."""
    code = f"RM-{key.hex[:16].upper()}"
    earlier = Remark.objects.unscoped("a key is known to its maker").filter(code=code).first()
    if earlier:
        return earlier
    raise_first(refusals_to_leave_remark(kind.slug, record.code, sender=sender))
    today = timezone.localdate()
    days = Parameter.objects.count_on("reply-working-days", today, default=5)
    area = area_of(record) or district_area()
    remark = Remark(
        code=code, kind=kind.slug, record_code=record.code, record_name=str(record)[:120], text=text, contact=contact,
        sender=sender, due_on=CalendarDay.objects.working_day(today + timedelta(days=1), days),
        area_id=district_of(area) if kind.slug == NOTICES else area,
    )  # fmt: skip
    remark.full_clean()
    remark.save()
    ChangeSet(None).log("remark-left", record, {})
    return remark


def right_to_answer(remark: Remark) -> str:
    """The permission to answer: for objections to a notice, to decide on titles; for remarks passed on by the township,
    to change records."""
    if remark.kind == NOTICES:
        return "point.notice"
    return "record.change" if remark.outcome == RemarkOutcome.PASSED_ON else "remark.answer"


def refusals_to_answer(remark: Remark, *, by: Any) -> Iterator[Refused]:
    """All refusals against `by` settling the remark; empty if it is allowed."""
    if remark.state != RemarkState.NEW:
        when = f"{timezone.localtime(remark.answered_at):%Y-%m-%d %H:%M}" if remark.answered_at else "—"
        yield Refused("remark_settled", who=remark.answered_by or "—", when=when, state=remark.get_state_display())
    elif not may(by, right_to_answer(remark), remark):
        passed_on = remark.outcome == RemarkOutcome.PASSED_ON and remark.kind != NOTICES
        yield Refused("remark_passed_on" if passed_on else "not_allowed")


def refusals_to_pass_on(remark: Remark, *, by: Any) -> Iterator[Refused]:
    """All refusals against passing the remark on to the district; empty if it is allowed."""
    yield from refusals_to_answer(remark, by=by)
    if not is_below_district(remark.area_id) or remark.outcome == RemarkOutcome.PASSED_ON:
        yield Refused("remark_at_district")


@transaction.atomic
def answer_remark(remark: Remark, *, outcome: str, reply: str, by: Any) -> Remark:
    """Publishes the remark with its `outcome` (corrected or unchanged) and `reply` on the page of its record."""
    remark = _locked(remark, by)
    if outcome not in ANSWERS:
        raise Refused("outcome_missing")
    return _settle(remark, "remark-answered", RemarkState.ANSWERED, outcome, _words(reply), by)


@transaction.atomic
def reject_remark(remark: Remark, *, reason: str, by: Any) -> Remark:
    """Settles the remark without publishing it. Only the writer can read the `reason`."""
    remark = _locked(remark, by)
    return _settle(remark, "remark-rejected", RemarkState.REJECTED, "", _words(reason), by)


@transaction.atomic
def pass_on_remark(remark: Remark, *, note: str, by: Any) -> Remark:
    """Passes the remark on to the district, which sees `note`. It stays open, with the same due day."""
    remark = _locked(remark, by)
    raise_first(refusals_to_pass_on(remark, by=by))
    note = _words(note)
    remark.outcome = RemarkOutcome.PASSED_ON
    remark.save()
    _log(remark, "remark-passed-on", note, by)
    return remark


def _locked(remark: Remark, by: Any) -> Remark:
    remark = locked(remark)
    raise_first(refusals_to_answer(remark, by=by))
    return remark


def _words(text: str) -> str:
    """A cleaned reply or reason. Raises Refused if it is empty or invalid."""
    try:
        words = prose(1000, least=2)(text)
    except Invalid as problem:
        raise Refused("reply_unreadable", why=str(problem)) from problem
    if not words:
        raise Refused("reply_missing")
    return words


def _settle(remark: Remark, verb: str, state: RemarkState, outcome: str, words: str, by: Any) -> Remark:
    remark.state, remark.outcome, remark.reply = state, outcome, words
    remark.answered_by, remark.answered_at = by, timezone.now()
    remark.full_clean()
    remark.save()
    _log(remark, verb, words if state == RemarkState.REJECTED else "", by)
    return remark


def _log(remark: Remark, verb: str, reason: str, by: Any) -> None:
    """The event belongs to the record of the remark; it holds no text of the writer."""
    kind = KINDS[remark.kind]
    record = kind.model.objects.unscoped("its history").filter(code=remark.record_code).first()
    changes = {"outcome": [None, remark.outcome]} if remark.outcome else {}
    ChangeSet(by, reason[:300]).log(verb, record or remark, changes)
