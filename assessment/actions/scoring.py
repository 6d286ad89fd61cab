"""The township's check and the district's scoring. Nobody decides on records they wrote or checked themselves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from assessment.models import Outcome, RaisedVeto, Review, ReviewScore, Round, Standard
from assessment.overviews.review_sheet import STATUSES, Judging
from registry.access.permissions import may
from registry.actions.drafts import Conflict, moved_on, send_back, take_over
from registry.actions.points import change_standing, open_period, wrote
from registry.actions.records import ChangeSet, locked, save_with_event
from registry.actions.sites import add_with_code
from registry.models import DemonstrationPoint, Draft, DraftState, Event, PointStatus
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused, raise_first
from registry.text.validators import Invalid, clean


def refusals_to_pass(draft: Draft, *, by: Any) -> Iterator[Refused]:
    """All refusals against passing a submitted draft; empty if it is allowed."""
    if not may(by, "point.check", draft):
        yield Refused("not_allowed")
    elif draft.writers.filter(pk=by.pk).exists():
        yield Refused("own_work")
    if draft.state != DraftState.SUBMITTED:
        yield moved_on(draft)
    if not draft.is_change and standard_in_force() is None:
        yield Refused("no_standard")


def standard_in_force() -> Standard | None:
    """The current version of the ten-item standard, which a round opened today uses (F06)."""
    return Standard.objects.unscoped("the standard is public").in_force(timezone.localdate()).order_by("code").first()


@transaction.atomic
def pass_draft(draft: Draft, *, opinion: str = "", scores: Mapping[str, str] | None = None, by: Any) -> Review | None:
    """The township accepts a submitted draft. A change of a named point is taken over, and None is returned; an
    application goes to the district: a round of review opens, with the township's own scores if given (`scores`:
    score-1 … as typed). Raises Invalid for an invalid score."""
    raise_first(refusals_to_pass(draft, by=by))
    is_change = draft.is_change
    draft = take_over(draft, by=by)
    if is_change:
        return None
    assert draft.point is not None  # a submitted draft has its site
    change_standing(draft.point, status=PointStatus.CHECKED, on=timezone.localdate(), by=by)
    applied = DraftForm(draft).read[0]
    review = open_round(
        draft.point, Round.APPLICATION, right="point.check", by=by, township_by=by,
        township_opinion=clean(opinion)[:500], applied_level=applied["applied_level"], self_score=applied["self_score"],
    )  # fmt: skip
    fields, changes = Judging(review).fields, {}
    for name, text in (scores or {}).items():
        if name.startswith("score-") and name in fields:
            number = name.removeprefix("score-")
            rows = ReviewScore.objects.filter(review=review, item__number=number)
            rows.update(township_score=fields[name].read(text))
            changes[f"township-{name}"] = [None, text.strip()]
    if changes:
        ChangeSet(by).log("score", review, changes)
    return review


def refusals_to_pass_unopened(draft: Draft, *, by: Any) -> Iterator[Refused]:
    """All refusals against passing a draft from the list without opening it: only a draft without warnings passes."""
    yield from refusals_to_pass(draft, by=by)
    if draft.overruled:
        yield Refused("has_warnings", name=str(draft))


@transaction.atomic
def pass_unopened(drafts: Iterable[Draft], *, by: Any) -> int:
    """Passes several drafts at once, or none of them. Returns the number."""
    drafts = list(drafts)
    if not drafts:
        raise Refused("nothing_chosen")
    for draft in drafts:
        raise_first(refusals_to_pass_unopened(draft, by=by))
        pass_draft(draft, by=by)
    return len(drafts)


@transaction.atomic
def return_draft(draft: Draft, *, remarks: Mapping[str, str] | None = None, opinion: str = "", by: Any) -> Draft:
    """The township sends a draft back, with remarks by field, an opinion on the whole, or both."""
    if not may(by, "point.check", draft):
        raise Refused("not_allowed")
    draft = Draft.objects.unscoped("a lock against two checkers").select_for_update().get(pk=draft.pk)
    if draft.state != DraftState.SUBMITTED:
        raise moved_on(draft)
    is_change = draft.is_change
    assert draft.point is not None  # a submitted draft has its site
    returned = send_back(draft.point, remarks=remarks or {}, opinion=opinion, by=by)
    _log_return(returned, by, moves=not is_change)
    return returned


def _log_return(draft: Draft, by: Any, *, moves: bool = True) -> None:
    assert draft.point is not None  # a returned draft has its site
    point, reason = draft.point, "；".join(remark.text for remark in draft.open_remarks)[:300]
    if moves:
        change_standing(point, status=PointStatus.RETURNED, on=timezone.localdate(), reason=reason, by=by)
    else:
        ChangeSet(by, reason).log("return", point, {})


def open_round(point: DemonstrationPoint, kind: Round, *, right: str, by: Any, **more: Any) -> Review:
    """Opens a round by the current standard, with a row for each of its items."""
    standard = standard_in_force()
    if standard is None:
        raise Refused("no_standard")
    today = timezone.localdate()
    review = Review(point=point, round=kind, standard=standard, opened_on=today, **more)
    review = add_with_code(review, f"RV-{today.year}-", 4, right=right, by=by)
    items = standard.items.unscoped("of the standard itself")
    ReviewScore.objects.bulk_create(ReviewScore(review=review, item=item) for item in items)
    return review


@dataclass
class Scored:
    """The result of saving: the saved fields, the invalid ones, and those changed by somebody else."""

    review: Review
    written: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


def refusals_to_score(review: Review, *, by: Any) -> Iterator[Refused]:
    """All refusals against scoring a round; empty if it is allowed."""
    if not may(by, "point.review", review):
        yield Refused("not_allowed")
    elif wrote(by, review.point) or review.township_by_id == by.pk:
        yield Refused("own_work")
    if review.outcome != Outcome.PENDING:
        yield decided(review)
    else:
        yield from _refusals_of_standing(review)


def _refusals_of_standing(review: Review) -> Iterator[Refused]:
    now = open_period(review.point)
    if now is None or now.status not in STATUSES[Round(review.round)]:
        yield Refused("not_in_review", status=now.get_status_display() if now else "—")


def decided(review: Review) -> Refused:
    """The refusal if the round is decided already."""
    last = Event.objects.filter(kind="demonstrationpoint", code=review.point.code).first()
    when = f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}" if last else "—"
    return Refused("decided", who=last.actor if last else "—", when=when, what=review.get_outcome_display())


@transaction.atomic
def save_scores(
    review: Review,
    typed: Mapping[str, str],
    *,
    was: Mapping[str, str],
    proof: Mapping[str, Iterable[str]] | None = None,
    by: Any,
) -> Scored:
    """Saves the valid fields of `typed` (see Judging.fields). `was` holds the value of each field when the page was
    opened: a field that somebody else changed since is not overwritten; it is returned with both values. `proof` has
    the codes of the photos and files that prove an item, by its number."""
    review = locked(review, "point", "standard")
    raise_first(refusals_to_score(review, by=by))
    saved, judging = Scored(review), Judging(review)
    for name, mine in typed.items():
        stands = judging.fields[name].stands
        if mine.strip() in (was.get(name, stands).strip(), stands):
            continue
        try:
            value = judging.fields[name].read(mine)
        except Invalid as invalid:
            saved.problems[name] = str(invalid)
            continue
        if was.get(name, stands) != stands:
            saved.conflicts.append(_conflict(review, name, mine, stands))
            continue
        _write(review, name, value, by)
        saved.written.append(name)
    _keep_proof(judging, proof or {})
    if saved.written:
        review.version += 1
        review.save()
        ChangeSet(by).log("score", review, {name: [judging.fields[name].stands, typed[name]] for name in saved.written})
    return saved


def _conflict(review: Review, name: str, mine: str, stands: str) -> Conflict:
    events = Event.objects.filter(kind="review", code=review.code, verb="score").select_related("actor")
    last = next((event for event in events if name in event.changes), None)
    when = f"{timezone.localtime(last.at):%Y-%m-%d %H:%M}" if last else "—"
    return Conflict(name, mine, stands, str(last.actor) if last else "—", when)


def _write(review: Review, name: str, value: Any, by: Any) -> None:
    part, _dash, number = name.partition("-")
    if part == "opinion":
        review.opinion = value
    elif part == "veto":
        veto = review.standard.vetoes.get(number=number)
        RaisedVeto.objects.filter(review=review, veto=veto).delete()
        if value:
            RaisedVeto.objects.create(review=review, veto=veto, reason=value, by=by)
    else:
        column = {"score": "district_score", "reason": "reason"}[part]
        ReviewScore.objects.filter(review=review, item__number=number).update(**{column: value})


def _keep_proof(judging: Judging, proof: Mapping[str, Iterable[str]]) -> None:
    by_code = {evidence.code: evidence for evidence in judging.evidence}
    for line in judging.lines:
        number = str(line.item.number)
        if number in proof:
            line.score.proof.set([by_code[code] for code in proof[number] if code in by_code])


def refusals_to_finish(review: Review, *, by: Any) -> Iterator[Refused]:
    """All refusals against handing in the scores; empty if it is allowed. A re-check may end below the lowest line: an
    administrator then decides."""
    yield from refusals_to_score(review, by=by)
    judging = Judging(review)
    if judging.missing:
        yield Refused("scores_missing", count=judging.missing)
    elif judging.unexplained:
        yield Refused("deduction_unexplained", items="、".join(judging.unexplained))
    if review.round == Round.RECHECK:
        return
    if judging.is_vetoed:
        yield Refused("vetoed")
    elif not judging.missing and not judging.grade:
        yield Refused("below_line", total=f"{judging.total:f}", line=f"{judging.lowest_line.normalize():f}")


@transaction.atomic
def finish_scoring(review: Review, *, by: Any, seen: Mapping[str, str] | None = None) -> Review:
    """Hands in the scores: the grade follows from the total. `seen` holds the values the reviewer saw: if any value
    differs now, nothing is decided."""
    review = locked(review, "point", "standard")
    raise_first(refusals_to_finish(review, by=by))
    judging = Judging(review)
    if any(not judging.fields[name].says(text) for name, text in (seen or {}).items() if name in judging.fields):
        raise Refused("seen_otherwise")
    review.proposed_grade, review.scored_by, review.scored_on = judging.grade, by, timezone.localdate()
    total = {"total": [None, f"{judging.total:f}"], "grade": [None, judging.grade]}
    save_with_event(review, by=by, verb="scored", reason=review.opinion[:300], also=total)
    if review.round == Round.APPLICATION:
        now = open_period(review.point)
        if now is None or now.status != PointStatus.SCORED:
            change_standing(review.point, status=PointStatus.SCORED, on=timezone.localdate(), by=by)
    return review


@transaction.atomic
def refuse_application(review: Review, *, by: Any, reason: str = "") -> Review:
    """Refuses an application, at any time before naming: a veto, too few points, or a justified objection."""
    review = locked(review, "point", "standard")
    reason = reason.strip()[:300]
    if len(reason) < 2:
        raise Refused("opinion_missing")
    _require_pending(review, by)
    change_standing(review.point, status=PointStatus.REFUSED, on=timezone.localdate(), reason=reason, by=by)
    return _close(review, Outcome.REFUSED, reason, by)


@transaction.atomic
def return_review(review: Review, *, remarks: Mapping[str, str] | None = None, opinion: str = "", by: Any) -> Review:
    """The district sends an application back to the clerk, with remarks by field, an opinion on the whole, or both."""
    review = locked(review, "point", "standard")
    _require_pending(review, by)
    _log_return(send_back(review.point, remarks=remarks or {}, opinion=opinion, by=by), by)
    return _close(review, Outcome.RETURNED, "", by)


def _require_pending(review: Review, by: Any) -> None:
    if not may(by, "point.review", review):
        raise Refused("not_allowed")
    if review.outcome != Outcome.PENDING:
        raise decided(review)
    if review.round != Round.APPLICATION:
        raise Refused("not_in_review", status=PointStatus.NAMED.label)


def _close(review: Review, outcome: Outcome, reason: str, by: Any) -> Review:
    review.outcome, review.decided_on = outcome, timezone.localdate()
    return save_with_event(review, by=by, reason=reason)
