"""Schemes of assessment (先锋亮绩): written, opened with frozen content, scored, announced, appealed, published."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from assessment.models import (
    Appeal,
    ItemScore,
    Scheme,
    SchemeItem,
    SchemeKind,
    SchemeResult,
    SchemeState,
    fingerprint,
)
from assessment.overviews.standings import live, weights
from registry.access.permissions import may
from registry.actions.evidence import File, add_proofs
from registry.actions.records import ChangeSet, done_before, locked, part_change, save_record, save_with_event
from registry.actions.sites import add_with_code
from registry.models import CalendarDay, Field, OrganisationKind, Parameter, PartyOrganisation
from registry.text.refusals import Refused, raise_first

WRITE, OWN, SCORE, APPEAL, SETTLE = (
    "scheme.write", "scheme.own", "scheme.score", "scheme.appeal", "scheme.settle",
)  # fmt: skip


def items_in(scheme: Scheme) -> list[SchemeItem]:
    return list(SchemeItem.objects.filter(scheme=scheme.pk))


def refusals_to_write(scheme: Scheme, *, by: Any) -> Iterator[Refused]:
    if not may(by, WRITE, scheme):
        yield Refused("not_allowed")
    if scheme.opened_on:
        yield Refused("scheme_is_open")


@transaction.atomic
def write_scheme(scheme: Scheme, items: Sequence[SchemeItem], *, by: Any, key: UUID | None = None) -> Scheme:
    """Adds a scheme with its items, numbered in their order, or changes it while it is a draft. The same form sent
    twice makes one. Raises ValidationError for an invalid item."""
    earlier = done_before(key, by=by) if key else None
    if earlier and scheme._state.adding:
        return Scheme.objects.unscoped("what this form wrote itself").get(code=earlier.code)
    if scheme._state.adding:
        add_with_code(scheme, f"SC-{scheme.year}-", 2, right=WRITE, by=by, key=key)
    else:
        raise_first(refusals_to_write(locked(scheme, "area"), by=by))
        save_record(scheme, right=WRITE, by=by)
    before = {item.number: item for item in items_in(scheme)}
    SchemeItem.objects.filter(scheme=scheme).delete()  # a draft has no scores yet
    for number, item in enumerate(items, start=1):
        item.pk, item.scheme, item.number = None, scheme, number
        item._state.adding = True
        item.full_clean()
        item.save()
    if changes := _item_changes(before, {item.number: item for item in items}):
        ChangeSet(by).log("parts", scheme, {"schemeitem": changes})
    return scheme


def _item_changes(before: dict[int, SchemeItem], after: dict[int, SchemeItem]) -> dict[str, list]:
    """The changes of a draft's items for the event, by number."""
    changes: dict[str, list] = {}
    for number in sorted({*before, *after}):
        old, new = before.get(number), after.get(number)
        was, now = old.as_frozen if old else {}, new.as_frozen if new else {}
        if was != now:
            how = "added" if old is None else "removed" if new is None else "changed"
            changes.setdefault(how, []).append(part_change(new or old, was, now))
    return changes


def refusals_to_copy(scheme: Scheme, *, by: Any, year: int | None = None) -> Iterator[Refused]:
    year = year or scheme.year + 1
    if not may(by, WRITE, scheme):
        yield Refused("not_allowed")
    rows = Scheme.objects.unscoped("one a year").filter(area=scheme.area_id, kind=scheme.kind)
    if rows.filter(year=year).exists():
        yield Refused("scheme_there", year=year)


@transaction.atomic
def copy_scheme(scheme: Scheme, *, by: Any, year: int | None = None) -> Scheme:
    """Adds a scheme for the next year, or another one, as a copy of this one."""
    year = year or scheme.year + 1
    raise_first(refusals_to_copy(scheme, year=year, by=by))
    copied = Scheme(
        name=scheme.name.replace(str(scheme.year), str(year)), year=year, kind=scheme.kind, area=scheme.area,
        illustrative=scheme.illustrative,
    )  # fmt: skip
    return write_scheme(copied, items_in(scheme), by=by)


def units_of(scheme: Scheme, on: date) -> list[PartyOrganisation]:
    """The assessed units on that day: the townships, or the organisations of government offices."""
    rows = PartyOrganisation.objects.unscoped("who is assessed").in_area(scheme.area_id).existing(on)
    if scheme.kind == SchemeKind.TOWNSHIP:
        rows = rows.filter(kind=OrganisationKind.TOWNSHIP)
    else:
        rows = rows.filter(kind=OrganisationKind.UNIT, field=Field.GOVERNMENT)
    return list(rows.select_related("area").order_by("code"))


def refusals_to_open(scheme: Scheme, *, by: Any) -> Iterator[Refused]:
    """All refusals against opening a scheme; empty if it may be opened."""
    if not may(by, WRITE, scheme):
        yield Refused("not_allowed")
    if scheme.opened_on:
        yield Refused("scheme_is_open")
    items = items_in(scheme)
    total = weights(items)
    if total != 100:
        yield Refused("weights_not_100", total=f"{total.normalize():f}")
    if scheme.kind == SchemeKind.DEPARTMENT and any(item.figure for item in items):
        yield Refused("figures_of_townships")
    if not units_of(scheme, localdate()):
        yield Refused("nobody_to_assess")


@transaction.atomic
def open_scheme(scheme: Scheme, *, by: Any) -> Scheme:
    """Opens the scheme: freezes its content with a fingerprint, and adds a card for each unit with a line for each item
    scored by hand."""
    scheme = locked(scheme, "area")
    raise_first(refusals_to_open(scheme, by=by))
    body = scheme.body
    scheme.opened_on, scheme.frozen, scheme.sha256 = localdate(), body, fingerprint(body)
    save_record(scheme, right=WRITE, by=by)
    for number, unit in enumerate(units_of(scheme, scheme.opened_on), start=1):
        result = SchemeResult(
            code=f"{scheme.code}-{number:03d}", scheme=scheme, organisation=unit, area=unit.area,
            illustrative=scheme.illustrative,
        )  # fmt: skip
        save_record(result, right=WRITE, by=by)
        ItemScore.objects.bulk_create(ItemScore(result=result, item=item) for item in hand_items(scheme))
    return scheme


def refusals_to_score(result: SchemeResult, *, right: str, by: Any) -> Iterator[Refused]:
    """All refusals against the unit's scores (`right` is OWN) or the district's (SCORE) on a card."""
    if not may(by, right, result):
        yield Refused("not_allowed")
    if result.scheme.state != SchemeState.OPEN:
        yield Refused("scheme_not_open")


def hand_items(scheme: Scheme) -> list[SchemeItem]:
    """The items scored by hand; the others are computed."""
    return [item for item in items_in(scheme) if not item.figure]


@transaction.atomic
def give_own_scores(
    result: SchemeResult, scores: dict[int, Decimal | None], proof: dict[int, Sequence[File]], *, by: Any
) -> None:
    """Saves the unit's own scores by item number, with proof. Missing items do not change."""
    scheme = locked(result.scheme, "area")
    result.scheme = scheme
    raise_first(refusals_to_score(result, right=OWN, by=by))
    changed: dict[str, list] = {}
    for item in _among(scheme, scores, proof):
        item_score = _item_score(result, item)
        _take(changed, item, item_score, "self_score", scores.get(item.number, item_score.self_score), by)
        item_score.proof.add(*add_proofs(result, proof.get(item.number, ()), right=OWN, by=by))
    _log_scores(result, changed, by)


@transaction.atomic
def give_scores(result: SchemeResult, scores: dict[int, Decimal | None], notes: dict[int, str], *, by: Any) -> None:
    """Saves the district's scores by item number. Missing items do not change."""
    scheme = locked(result.scheme, "area")
    result.scheme = scheme
    raise_first(refusals_to_score(result, right=SCORE, by=by))
    changed: dict[str, list] = {}
    for item in _among(scheme, scores, notes):
        item_score = _item_score(result, item)
        note = notes.get(item.number, item_score.note)
        if note != item_score.note:
            changed[f"{item.name} ({_('note')})"] = [item_score.note, note]
            item_score.note = note
        _take(changed, item, item_score, "score", scores.get(item.number, item_score.score), by)
    _log_scores(result, changed, by)


def _among(scheme: Scheme, *by_number: dict[int, Any]) -> list[SchemeItem]:
    """The items scored by hand that have a value in any of the mappings."""
    return [item for item in hand_items(scheme) if any(item.number in numbers for numbers in by_number)]


def _item_score(result: SchemeResult, item: SchemeItem) -> ItemScore:
    return ItemScore.objects.get_or_create(result=result, item=item)[0]


def _take(changed: dict, item: SchemeItem, item_score: ItemScore, column: str, score: Decimal | None, by: Any) -> None:
    """Sets a score, between 0 and the item's weight."""
    if score is not None and not 0 <= score <= item.weight:
        raise Refused("score_out_of_range", name=item.name, most=f"{item.weight.normalize():f}")
    before = getattr(item_score, column)
    if before != score:
        changed[item.name] = [_words(before), _words(score)]
        setattr(item_score, column, score)
        item_score.scored_by = by if column == "score" else item_score.scored_by
    item_score.save()


def _words(score: Decimal | None) -> str | None:
    return None if score is None else f"{score.normalize():f}"


def _log_scores(result: SchemeResult, changed: dict, by: Any) -> None:
    if changed:
        ChangeSet(by).log("score", result, changed)


def refusals_to_announce(scheme: Scheme, *, by: Any) -> Iterator[Refused]:
    if not may(by, SETTLE, scheme):
        yield Refused("not_allowed")
    if scheme.state != SchemeState.OPEN:
        yield Refused("scheme_not_open")
    missing = sum(standing.unscored for standing in live(scheme, localdate())) if scheme.opened_on else 0
    if missing:
        yield Refused("scores_missing", count=missing)


@transaction.atomic
def announce(scheme: Scheme, *, by: Any) -> Scheme:
    """Announces the ranking to all units. Appeals are possible from now on, until `appeal_until`."""
    scheme = locked(scheme, "area")
    raise_first(refusals_to_announce(scheme, by=by))
    _freeze_cards(scheme, by, "announce")
    scheme.announced_on = localdate()
    return save_record(scheme, right=SETTLE, by=by)


def _freeze_cards(scheme: Scheme, by: Any, verb: str = "change") -> None:
    for standing in live(scheme, localdate() if scheme.announced_on is None else scheme.announced_on):
        standing.result.card, standing.result.total, standing.result.rank = standing.card, standing.total, standing.rank
        standing.result.previous_rank = standing.previous_rank
        save_with_event(standing.result, verb=verb, by=by)


def appeal_until(scheme: Scheme) -> date:
    """The last day of appeals: the working days of the parameter after the announcement."""
    assert scheme.announced_on is not None  # an announced one
    days = Parameter.objects.count_on("appeal-working-days", scheme.announced_on, default=5)
    return CalendarDay.objects.working_day(scheme.announced_on + timedelta(days=1), days)


def refusals_to_appeal(result: SchemeResult, *, by: Any) -> Iterator[Refused]:
    if not may(by, APPEAL, result):
        yield Refused("not_allowed")
    if result.scheme.state != SchemeState.ANNOUNCED:
        yield Refused("not_announced")
    elif localdate() > (until := appeal_until(result.scheme)):
        yield Refused("appeals_over", day=until.isoformat())


@transaction.atomic
def make_appeal(result: SchemeResult, item: SchemeItem, text: str, *, proof: Sequence[File] = (), by: Any) -> Appeal:
    """Adds an appeal of the unit against an item's score, with proof. One open appeal per item."""
    result.scheme = locked(result.scheme, "area")
    raise_first(refusals_to_appeal(result, by=by))
    if result.appeals.filter(item=item, settled_on=None).exists():
        raise Refused("appealed_already", name=item.name)
    appeal = Appeal.objects.create(result=result, item=item, text=text, made_on=localdate(), by=by)
    appeal.proof.add(*add_proofs(result, proof, right=APPEAL, by=by))
    ChangeSet(by).log("appeal", result, {item.name: [None, text]})
    return appeal


def refusals_to_withdraw(appeal: Appeal, *, by: Any) -> Iterator[Refused]:
    """All refusals against taking an appeal back: its unit may until it is answered."""
    if not may(by, APPEAL, appeal.result):
        yield Refused("not_allowed")
    if appeal.settled_on:
        yield _answered(appeal)


@transaction.atomic
def withdraw_appeal(appeal: Appeal, *, by: Any) -> SchemeResult:
    """Takes an appeal back before it is answered. It stays in the history of the card, and another may be made."""
    locked(appeal.result.scheme)
    appeal = Appeal.objects.select_related("result", "item", "settled_by").get(pk=appeal.pk)
    raise_first(refusals_to_withdraw(appeal, by=by))
    event = ChangeSet(by).log("appeal-withdrawn", appeal.result, {appeal.item.name: [appeal.text, None]})
    appeal.voided = event.change_set
    appeal.save()
    return appeal.result


def _answered(appeal: Appeal) -> Refused:
    assert appeal.settled_on is not None  # an answered one
    return Refused("decided", who=appeal.settled_by, when=appeal.settled_on.isoformat(), what=appeal.answer)


def refusals_to_settle(appeal: Appeal, *, by: Any) -> Iterator[Refused]:
    """An appeal is answered by somebody who neither gave the score nor made the appeal."""
    if not may(by, SETTLE, appeal.result):
        yield Refused("not_allowed")
    if appeal.settled_on:
        yield _answered(appeal)
    item_score = ItemScore.objects.filter(result=appeal.result_id, item=appeal.item_id).first()
    if by.pk in (appeal.by_id, item_score.scored_by_id if item_score else None):
        yield Refused("own_work")


@transaction.atomic
def settle_appeal(appeal: Appeal, *, answer: str, score: Decimal | None = None, by: Any) -> Appeal:
    """Answers an appeal, with another `score` if it is right. The ranking is updated."""
    scheme = locked(appeal.result.scheme, "area")
    appeal = Appeal.objects.select_related("result__scheme", "item", "settled_by").get(pk=appeal.pk)
    raise_first(refusals_to_settle(appeal, by=by))
    if score is not None and appeal.item.figure:
        raise Refused("computed_item", name=appeal.item.name)
    changed: dict[str, list] = {appeal.item.name: [appeal.text, answer]}
    if score is not None:
        scores: dict[str, list] = {}
        _take(scores, appeal.item, _item_score(appeal.result, appeal.item), "score", score, by)
        changed |= scores
    appeal.answer, appeal.settled_on, appeal.settled_by = answer, localdate(), by
    appeal.save()
    ChangeSet(by).log("appeal-settled", appeal.result, changed)
    _freeze_cards(scheme, by)
    return appeal


def refusals_to_publish(scheme: Scheme, *, by: Any) -> Iterator[Refused]:
    if not may(by, SETTLE, scheme):
        yield Refused("not_allowed")
    if scheme.state != SchemeState.ANNOUNCED:
        yield Refused("not_announced")
        return
    if localdate() <= (until := appeal_until(scheme)):
        yield Refused("appeals_running", day=until.isoformat())
    waiting = Appeal.objects.filter(result__scheme=scheme, settled_on=None).count()
    if waiting:
        yield Refused("appeals_open", count=waiting)


@transaction.atomic
def publish(scheme: Scheme, *, by: Any) -> Scheme:
    """Publishes the final ranking, which everybody may read."""
    scheme = locked(scheme, "area")
    raise_first(refusals_to_publish(scheme, by=by))
    scheme.published_on = localdate()
    return save_record(scheme, right=SETTLE, by=by)
