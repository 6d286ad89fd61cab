"""A clerk's rows of sites become drafts, which are checked and decided on like typed ones."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import uuid5

from registry.access.permissions import may
from registry.actions.drafts import draft_of, drafts_at, save_fields, start_draft, unsettled_draft
from registry.fields.points import BY_NAME
from registry.loading.context import Context
from registry.loading.sheet_types import RECORD, SheetRow
from registry.loading.write import write_records
from registry.models import Area, DemonstrationPoint, Draft, DraftState, Load
from registry.models.base import in_area_q
from registry.overviews.draft_form import DraftForm, same_stem
from registry.text.area_codes import is_township
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


class Neighbours:
    """What stands at the places of the sender's area: unsettled drafts and sites, by the code of the village or unit;
    and which row of the file comes first for a place."""

    def __init__(self, context: Context):
        area = in_area_q(context.by.write_prefix)
        self.drafts: dict[str, list[Draft]] = defaultdict(list)
        self.sites: dict[str, DemonstrationPoint] = {}
        self.rows: dict[str, tuple[int, int]] = {}
        for draft in Draft.objects.unscoped(WHY).unsettled().filter(area, point=None).order_by("pk"):
            self.drafts[draft.values.get("unit") or draft.area_id].append(draft)
        sites = DemonstrationPoint.objects.unscoped(WHY).filter(area).order_by("-pk")
        for site in sites.only("name", "area_id", "unit__code").select_related("unit"):
            self.sites[site.unit.code if site.unit else site.area_id] = site


def tell_of_neighbours(row: SheetRow, context: Context) -> None:
    """What a row of a new site at a village or unit meets there. There is one draft for a place: it is changed, or the
    row is refused."""
    unit, area = row.attributes.get("unit"), row.attributes.get("area_id") or ""
    place = str(getattr(unit, "code", "") or area)
    if not place or (unit is None and is_township(area)):
        return  # a township may have many sites of its own
    there, name = context.once(Neighbours), row.texts.get("name", "").strip()
    first = there.rows.setdefault(place, (row.sheet, row.number))
    if first < (row.sheet, row.number):
        row.refuse("village_or_unit", "place_twice_in_file", row=first[1])
    elif drafts := there.drafts.get(place):
        draft = _alike(drafts, name)
        if draft is None:
            row.refuse("name", "draft_otherwise", name=drafts[0])
        else:
            row.warn("name", "draft_changed", name=draft)
    elif site := there.sites.get(place):
        row.warn("name", "site_there", name=site.name)


def _alike(drafts: Iterable[Draft], name: str) -> Draft | None:
    """The open draft that a row of this name is about."""
    open_drafts = (draft for draft in drafts if draft.state == DraftState.OPEN)
    return next((draft for draft in open_drafts if same_stem(str(draft), name)), None)


def _write(row: SheetRow, load: Load) -> None:
    before = None
    if row.record is not None:
        if standing := unsettled_draft(row.record):
            before = {"values": standing.values, "stamps": standing.stamps}
        draft = draft_of(row.record, by=load.by)
    else:
        unit = row.attributes.get("unit")
        place = unit if unit is not None and unit.pk else Area.objects.unscoped(WHY).get(code=row.attributes["area_id"])
        name = row.texts.get("name", "").strip()
        key = uuid5(load.key, f"{row.sheet}:{row.number}")
        begun = [draft for draft in drafts_at(place) if draft.key != key]
        if is_township(place.code):
            begun = [draft for draft in begun if str(draft) == name]
        if standing := _alike(begun, name):
            before, draft = {"values": standing.values, "stamps": standing.stamps}, standing
        else:
            draft = start_draft(place, key=key, name=name, by=load.by)
    facts = DraftForm(draft).facts
    typed = {name: text for name, text in _typed(row).items() if text and name in facts}
    saved = save_fields(draft, typed, was={}, by=load.by)
    row.undo = [[Draft._meta.label_lower, draft.pk, before, saved.draft.version]]
    for write in row.writes:
        if write.stage == RECORD:
            write.record.code = str(draft.key) if row.record is None else row.record.code


def _typed(row: SheetRow) -> dict[str, str]:
    typed = {
        name: BY_NAME[name].text(row.values[name]) if row.values.get(name) not in (None, "") else text
        for name, text in row.texts.items()
        if name in BY_NAME
    }
    if row.attributes.get("coordinate_system"):
        typed["position"] = f"{row.attributes['lng']}, {row.attributes['lat']}"
        typed["coordinate_system"] = row.attributes["coordinate_system"]
    if row.values.get("level"):
        typed["applied_level"] = row.values["level"]
    return typed
