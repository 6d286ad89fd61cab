"""Versions of the standard: a draft copied from the last one, edited, and put in force from a day."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from assessment.models import PassLine, Standard, StandardItem, VetoItem
from registry.access.permissions import may
from registry.actions.deletion import delete_record, delete_rows
from registry.actions.editing import Parts, edit_record
from registry.actions.records import ChangeSet, locked, save_record
from registry.actions.sites import add_with_code
from registry.models import Grade, Parameter
from registry.text.refusals import Refused, raise_first

RIGHT = "rule.change"
WHOLE = Decimal(100)
WHY = "of the version itself"


def items_of(standard: Standard) -> list[StandardItem]:
    return list(StandardItem.objects.unscoped(WHY).filter(standard=standard).order_by("number"))


def lines_of(standard: Standard) -> dict[str, Decimal]:
    """The pass line of each grade."""
    return dict(PassLine.objects.filter(standard=standard).values_list("grade", "minimum"))


def refusals_to_draft(standard: Standard, *, by: Any) -> Iterator[Refused]:
    """All refusals against a new version that begins as a copy of `standard`."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if Standard.objects.drafts().filter(series=standard.series).exists():
        yield Refused("standard_drafted")


@transaction.atomic
def draft_version(standard: Standard, *, by: Any) -> Standard:
    """A draft with the items, veto items and pass lines of `standard`. Raises Refused."""
    raise_first(refusals_to_draft(standard, by=by))
    key = uuid.uuid4()
    draft = Standard(name=standard.name, series=standard.series, issuer=standard.issuer)
    add_with_code(draft, "ST-", 2, by=by, key=key)
    saved: list[Any] = [
        StandardItem(
            code=f"{draft.code}-{item.number:02d}", number=item.number, name=item.name, name_en=item.name_en,
            weight=item.weight, method=item.method,
        )
        for item in items_of(standard)
    ]  # fmt: skip
    saved += [
        VetoItem(number=veto.number, name=veto.name, name_en=veto.name_en)
        for veto in standard.vetoes.order_by("number")
    ]
    saved += [PassLine(grade=grade, minimum=minimum) for grade, minimum in lines_of(standard).items()]
    edit_record(draft, parts=Parts(saved), lists={}, by=by)
    return draft


def refusals_to_edit(draft: Standard, *, by: Any) -> Iterator[Refused]:
    """All refusals against changing a version: only a draft is changed."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if draft.valid_from is not None:
        yield Refused("standard_not_draft", name=draft)


@transaction.atomic
def edit_draft(
    draft: Standard, items: Sequence[StandardItem], lines: Mapping[str, Decimal | None], *, by: Any
) -> Standard:
    """Writes a draft at the version that was opened, with `items` in their order and its pass lines. Items and lines
    that are left out are removed. Raises Refused and ValidationError."""
    raise_first(refusals_to_edit(draft, by=by))
    stored = {item.pk: item for item in items_of(draft)}
    listed = {item.pk for item in items}
    last = max((int(item.code.rpartition("-")[2]) for item in stored.values()), default=0)
    for number, item in enumerate(items, start=1):
        item.number, item.standard = number, draft
        if not item.code:
            last += 1
            item.code = f"{draft.code}-{last:02d}"
    delete_rows([item for pk, item in stored.items() if pk not in listed], ChangeSet(by))
    parts = Parts([item for item in items if _differs(item, stored)])
    current = {line.grade: line for line in PassLine.objects.filter(standard=draft)}
    for grade in Grade.values:
        line, minimum = current.get(grade), lines.get(grade)
        if minimum is None and line is not None:
            parts.removed.append(line)
        elif minimum is not None and (line is None or line.minimum != minimum):
            line = line or PassLine(standard=draft, grade=grade)
            line.minimum = minimum
            parts.saved.append(line)
    return edit_record(draft, parts=parts, lists={}, by=by)


def _differs(item: StandardItem, stored: Mapping[int, StandardItem]) -> bool:
    before = stored.get(item.pk)
    names = ("number", "name", "name_en", "weight", "method")
    return before is None or any(getattr(before, name) != getattr(item, name) for name in names)


@transaction.atomic
def discard_draft(draft: Standard, *, by: Any) -> None:
    """Deletes a draft, which was never public. Its events stay."""
    raise_first(refusals_to_edit(draft, by=by))
    delete_record(draft, by=by)


def before(draft: Standard) -> Standard | None:
    """The version that the draft would follow."""
    rows = Standard.objects.public().filter(series=draft.series, valid_to=None)
    return rows.first()


def refusals_to_put_in_force(draft: Standard, *, by: Any, valid_from: date | None = None) -> Iterator[Refused]:
    """All refusals against putting the draft in force, from `valid_from` on if that is known."""
    yield from refusals_to_edit(draft, by=by)
    weights = sum((item.weight for item in items_of(draft)), Decimal(0))
    if weights != WHOLE:
        yield Refused("standard_weights", sum=f"{weights.normalize():f}")
    lines = lines_of(draft)
    minima = [lines[grade] for grade in Grade.values if grade in lines]  # the best grade first
    if not minima or minima != sorted({*minima}, reverse=True):
        yield Refused("standard_lines")
    last = before(draft)
    if valid_from is not None and valid_from < timezone.localdate():
        yield Refused("standard_day_past", day=valid_from.isoformat())
    elif valid_from is not None and last is not None and last.valid_from and valid_from <= last.valid_from:
        yield Refused("standard_day_before", name=last, day=last.valid_from.isoformat())


@transaction.atomic
def put_in_force(draft: Standard, *, valid_from: date, reason: str, document_no: str = "", by: Any) -> Standard:
    """The version before ends on `valid_from`, and the draft begins. Open rounds go on by the version they were opened
    with. Raises Refused."""
    version, draft = draft.version, locked(draft)
    draft.version = version
    raise_first(refusals_to_put_in_force(draft, by=by, valid_from=valid_from))
    key, last = uuid.uuid4(), before(draft)
    if last is not None:
        last.valid_to = valid_from
        save_record(last, right=RIGHT, by=by, reason=reason, document_no=document_no, key=key)
    draft.valid_from, draft.document_no = valid_from, document_no or draft.document_no
    return save_record(draft, right=RIGHT, by=by, reason=reason, document_no=document_no, key=key)


@transaction.atomic
def confirm_standard(standard: Standard, *, by: Any) -> Standard:
    """The district takes over the standard that its registry was started with. Raises Refused."""
    if not may(by, RIGHT):
        raise Refused("not_allowed")
    standard = locked(standard)
    if is_unconfirmed(standard):
        standard.remark = ""
        save_record(standard, right=RIGHT, by=by)
    return standard


def is_unconfirmed(standard: Standard) -> bool:
    """Whether it is the standard that a registry is started with, and nobody confirmed it."""
    return Parameter.TO_CONFIRM in standard.remark
