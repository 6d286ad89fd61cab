"""The page of a special action: its items with the records attached to them; and the items that a record belongs to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from registry.access.scope import Scope
from registry.kinds import KINDS, Kind
from registry.models import AttachableKind, Attachment, SpecialAction, SpecialActionItem


@dataclass(frozen=True)
class ItemRecords:
    """An item with its attached records of each kind."""

    item: SpecialActionItem
    groups: list[tuple[Kind, list[Any]]]

    @property
    def count(self) -> int:
        return sum(len(records) for _kind, records in self.groups)


def items_with_records(action: SpecialAction, scope: Scope) -> list[ItemRecords]:
    """The items of the action with the records that are attached on the scope's day and that the viewer may read. One
    query a kind."""
    attachments = list(Attachment.objects.visible_to(scope.viewer).attached(scope.as_of).filter(item__action=action))
    records = _records(attachments, scope)
    attached: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for attachment in attachments:
        record = records.get((attachment.kind, attachment.target_code))
        if record is not None:
            attached[attachment.item_id][attachment.kind].append(record)
    return [
        ItemRecords(
            item, [(KINDS[kind], attached[item.pk][kind]) for kind in AttachableKind if attached[item.pk][kind]]
        )
        for item in action.items.order_by("number")
    ]


def _records(attachments: Iterable[Attachment], scope: Scope) -> dict[tuple[str, str], Any]:
    codes: dict[str, set[str]] = defaultdict(set)
    for attachment in attachments:
        codes[attachment.kind].add(attachment.target_code)
    return {
        (kind, record.code): record
        for kind, of_kind in codes.items()
        for record in KINDS[kind]
        .model.objects.visible_to(scope.viewer)
        .filter(code__among=of_kind)
        .select_related("area")
    }


def attachments_of(kind: Kind, record: Any, scope: Scope) -> list[Attachment]:
    """The items of special actions that the record belongs to on the scope's day."""
    if kind.slug not in AttachableKind.values:
        return []
    rows = Attachment.objects.visible_to(scope.viewer).attached(scope.as_of)
    rows = rows.filter(kind=kind.slug, target_code=record.code).select_related("item__action")
    return list(rows.order_by("item__action__code", "item__number"))
