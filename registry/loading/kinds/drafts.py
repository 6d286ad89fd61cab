"""A clerk's rows of sites become drafts, which are checked and decided on like typed ones."""

from uuid import uuid5

from registry.access.permissions import may
from registry.actions.drafts import draft_of, save_fields, start_draft, unsettled_draft
from registry.fields.points import BY_NAME
from registry.loading.context import Context
from registry.loading.sheet_types import RECORD, SheetRow
from registry.loading.write import write_records
from registry.models import Area, Draft, Load
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused

WHY = "the sender's own load"


def write_drafts(rows: list[SheetRow], context: Context, load: Load) -> None:
    """Writes records for accounts that may; for a clerk, drafts to be completed and submitted."""
    if may(load.by, "record.add"):
        write_records(rows, context, load)
        return
    for row in rows:
        if any(write.does_something for write in row.writes):
            try:
                _write(row, load)
            except Refused as refusal:
                row.refuse("", "draft_refused", text=str(refusal))


def _write(row: SheetRow, load: Load) -> None:
    before = None
    if row.record is not None:
        if standing := unsettled_draft(row.record):
            before = {"values": standing.values, "stamps": standing.stamps}
        draft = draft_of(row.record, by=load.by)
    else:
        unit = row.attributes.get("unit")
        place = unit if unit is not None and unit.pk else Area.objects.unscoped(WHY).get(code=row.attributes["area_id"])
        key = uuid5(load.key, f"{row.sheet}:{row.number}")
        draft = start_draft(place, key=key, name=row.texts.get("name", ""), by=load.by)
    facts = DraftForm(draft).facts
    typed = {name: text for name, text in _typed(row).items() if text and name in facts}
    saved = save_fields(draft, typed, was={}, by=load.by)
    row.undo = [[Draft._meta.label_lower, draft.pk, before, saved.draft.version]]
    for write in row.writes:
        if write.stage == RECORD:
            write.record.code = str(draft.key) if row.record is None else row.record.code


def _typed(row: SheetRow) -> dict[str, str]:
    typed = {name: text for name, text in row.texts.items() if name in BY_NAME}
    if row.attributes.get("coordinate_system"):
        typed["position"] = f"{row.attributes['lng']}, {row.attributes['lat']}"
        typed["coordinate_system"] = row.attributes["coordinate_system"]
    if row.values.get("level"):
        typed["applied_level"] = row.values["level"]
    return typed
