"""Drafts of sites: started, saved while typing, submitted, sent back, taken over. No typed value is lost."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.fields.points import BY_NAME
from registry.models import (
    Area,
    Confirmation,
    DemonstrationPoint,
    Draft,
    DraftState,
    FieldRemark,
    PointStatus,
    Unit,
)
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused, raise_first
from registry.text.validators import storable

from .access_log import log_reading
from .points import change_standing, open_period
from .records import ChangeSet, locked
from .sites import write_site


@dataclass(frozen=True)
class Conflict:
    """Two people wrote the same field: the value typed now, and the value `who` saved meanwhile."""

    name: str
    mine: str
    theirs: str
    who: str
    when: str


@dataclass
class Saved:
    """The result of saving: the number of saved fields, and the conflicts."""

    draft: Draft
    written: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def _require_editor(draft: Draft, by: Any) -> None:
    if not may(by, "draft.write", draft):
        raise Refused("not_allowed")
    if draft.state != DraftState.OPEN:
        raise moved_on(draft)


def moved_on(draft: Draft) -> Refused:
    """The refusal if somebody has taken the draft further."""
    who = draft.stamps.get("", ["", "—", "—"])
    return Refused("not_open", who=who[1], when=who[2], state=draft.get_state_display())


def _stamp(draft: Draft, name: str, by: Any) -> None:
    draft.stamps[name] = [draft.version, str(by), f"{timezone.localtime():%Y-%m-%d %H:%M}"]


def drafts_at(place: Area | Unit) -> list[Draft]:
    """Unsettled drafts of new sites at a place, the latest first. A village may have several sites, but rarely starts
    two at once."""
    of_unit = place.code if isinstance(place, Unit) else ""
    drafts = Draft.objects.unscoped("so that nobody begins the same one twice").unsettled()
    candidates = drafts.filter(area=place.area_id if isinstance(place, Unit) else place.pk).select_related(
        "point__unit"
    )
    return [draft for draft in candidates if not draft.was_public and draft.values.get("unit", "") == of_unit]


def refusals_to_start(place: Area | Unit, *, name: str = "", by: Any) -> Iterator[Refused]:
    """All refusals against starting a draft of a new site. With a `name`, only drafts of that name conflict."""
    for draft in drafts_at(place):
        if name in ("", draft.values.get("name", "").strip()):
            _version, who, when = draft.stamps.get("name", [0, "—", "—"])
            yield Refused("draft_there", name=draft, who=who, when=when, key=str(draft.key))


@transaction.atomic
def start_draft(place: Area | Unit, *, key: uuid.UUID, by: Any, another: bool = False, name: str = "") -> Draft:
    """Starts the draft of a new site at a village, community, township or unit. The same key twice is one draft. If a
    draft exists there it is refused, unless `another` is set, or the name differs."""
    area = place.area if isinstance(place, Unit) else place
    if area is None or not may(by, "draft.write", Draft(area=area)):
        raise Refused("not_allowed")
    Area.objects.unscoped("a lock: of two who begin, the second finds it begun").select_for_update(no_key=True).get(
        pk=area.pk
    )
    begun = Draft.objects.unscoped("a key is known to its maker").filter(key=key).first()
    if begun:
        if not may(by, "draft.write", begun):
            raise Refused("not_allowed")
        return begun
    if not another:
        raise_first(refusals_to_start(place, name=name.strip(), by=by))
    draft = Draft.objects.create(key=key, area=area)
    draft.values = {"name": f"{place.name if isinstance(place, Unit) else place.short_name}党建示范点"}
    if isinstance(place, Unit):
        draft.values["unit"] = place.code
    _stamp(draft, "name", by)
    draft.save()
    draft.writers.add(by)
    return draft


@transaction.atomic
def draft_of(point: DemonstrationPoint, *, by: Any) -> Draft:
    """The draft that changes a site: the existing one, or a new one."""
    if not may(by, "draft.write", point):
        raise Refused("not_allowed")
    DemonstrationPoint.objects.unscoped("one draft for a site").select_for_update().get(pk=point.pk)
    draft = unsettled_draft(point)
    if draft is None:
        draft = Draft.objects.create(point=point, area_id=point.area_id, point_version=point.version)
        draft.writers.add(by)
    return draft


def unsettled_draft(point: DemonstrationPoint) -> Draft | None:
    """The open or submitted draft of a point, or None."""
    return point.drafts.unscoped("of the point itself").unsettled().first()


@transaction.atomic
def save_fields(draft: Draft, typed: Mapping[str, str], *, was: Mapping[str, str], by: Any) -> Saved:
    """Saves the typed values, valid or not. `was` holds the value of each field when the form was opened. A field that
    somebody else changed since is not overwritten; it is returned as a conflict with both values."""
    draft = locked(draft)
    _require_editor(draft, by)
    saved = Saved(draft)
    facts = DraftForm(draft).facts
    for name, text in typed.items():
        stands = facts[name].text
        mine, opened = storable(text), storable(was.get(name, stands))
        if mine in (opened, storable(stands)):
            continue
        if opened != storable(stands):
            _version, who, when = draft.stamps.get(name, [0, "—", "—"])
            saved.conflicts.append(Conflict(name, mine, stands, who, when))
            continue
        draft.values[name] = mine
        saved.written.append(name)
    if saved.written:
        _save(draft, saved.written, by)
    return saved


def _save(draft: Draft, names: list[str], by: Any) -> None:
    draft.version += 1
    draft.saved_at = timezone.now()
    for name in names:
        _stamp(draft, name, by)
    draft.save()
    draft.writers.add(by)


@transaction.atomic
def confirm_facts(draft: Draft, *, by: Any) -> Draft:
    """Confirms all stored facts of the site that were not typed anew."""
    draft = locked(draft)
    _require_editor(draft, by)
    drafting = DraftForm(draft)
    facts = [fact for fact in drafting.facts.values() if fact.is_known]
    draft.confirmed = {fact.input.name: fact.stored for fact in facts}
    _save(draft, [], by)
    return draft


@transaction.atomic
def overrule(draft: Draft, doubt: str, *, reason: str, by: Any) -> Draft:
    """Overrules the warning with the key `doubt`. The reviewer sees the reason."""
    draft = locked(draft)
    _require_editor(draft, by)
    reason = storable(reason).strip()[:300]
    if len(reason) < 2:
        raise Refused("reason_short")
    draft.overruled[doubt] = reason
    _save(draft, [], by)
    return draft


def refusals_to_submit(drafting: DraftForm, *, by: Any) -> Iterator[Refused]:
    """All refusals against submitting; empty if it may be submitted."""
    draft = drafting.draft
    if not may(by, "draft.write", draft):
        yield Refused("not_allowed")
    if drafting.hard:
        yield Refused("incomplete", count=len(drafting.hard))
    if drafting.open_doubts:
        yield Refused("doubts_open", count=len(drafting.open_doubts))
    if draft.is_change and not drafting.differences and not draft.evidence.unscoped("its own").exists():
        yield Refused("nothing_typed")


@transaction.atomic
def submit_draft(draft: Draft, *, by: Any) -> Draft:
    """Submits the draft to the township. A new site is written with the status submitted from today. A change of a
    public site waits for the township's check. Submitting twice has no further effect."""
    draft = locked(draft)
    if draft.state == DraftState.SUBMITTED and may(by, "draft.write", draft):
        return draft
    _require_editor(draft, by)
    drafting = DraftForm(draft)
    raise_first(refusals_to_submit(drafting, by=by))
    is_change, changes = draft.is_change, _changes_of(drafting)
    if not draft.was_public:
        draft.point = write_site(drafting, right="draft.write", by=by)
    draft.state, draft.submitted_at = DraftState.SUBMITTED, timezone.now()
    draft.opened_at = draft.opened_by = None
    draft.remarks.filter(settled_at=None).update(settled_at=draft.submitted_at)
    _save(draft, [""], by)
    ChangeSet(by, "；".join(draft.overruled.values())[:300]).log("submit", draft.point, changes)
    if draft.point and not is_change:
        _stand_submitted(draft.point, by)
    return draft


def _changes_of(drafting: DraftForm) -> dict[str, list]:
    return {
        fact.input.name: ["…", "…"]
        if fact.input.personal or fact.input.name == "secretary"
        else [fact.stored, fact.text]
        for fact in drafting.differences
    }


def _stand_submitted(point: DemonstrationPoint, by: Any) -> None:
    today = timezone.localdate()
    now = open_period(point)
    if now and now.status in (PointStatus.REFUSED, PointStatus.WITHDRAWN):
        change_standing(point, status=PointStatus.DRAFT, on=today, by=by)
    change_standing(point, status=PointStatus.SUBMITTED, on=today, by=by)


@transaction.atomic
def note_opening(draft: Draft, *, by: Any) -> None:
    """Notes that a checker opened the submission for the first time: from then on the clerk cannot take it back."""
    if draft.state != DraftState.SUBMITTED or draft.opened_at or not may(by, "point.check", draft):
        return
    stored = locked(draft)
    if stored.state == DraftState.SUBMITTED and not stored.opened_at:
        stored.opened_at, stored.opened_by = timezone.now(), by
        stored.save(update_fields=["opened_at", "opened_by"])
        ChangeSet(by).log("open", draft.point, {})


def refusals_to_take_back(draft: Draft, *, by: Any) -> Iterator[Refused]:
    """All refusals against taking a submission back; empty as long as no checker opened it."""
    if not may(by, "draft.write", draft):
        yield Refused("not_allowed")
    if draft.state != DraftState.SUBMITTED:
        yield moved_on(draft)
    elif draft.opened_at:
        when = f"{timezone.localtime(draft.opened_at):%Y-%m-%d %H:%M}"
        yield Refused("opened", who=draft.opened_by, when=when)


@transaction.atomic
def take_back(draft: Draft, *, by: Any) -> Draft:
    """Takes a submission back to go on with it. What it answered is open again."""
    draft = locked(draft)
    raise_first(refusals_to_take_back(draft, by=by))
    is_change = draft.is_change
    assert draft.point is not None  # a submitted draft has its site
    draft.remarks.filter(settled_at=draft.submitted_at).update(settled_at=None)
    draft.state, draft.point_version = DraftState.OPEN, draft.point.version
    _save(draft, [""], by)
    ChangeSet(by).log("take-back", draft.point, {})
    if not is_change:
        change_standing(draft.point, status=PointStatus.DRAFT, on=timezone.localdate(), by=by)
    return draft


@transaction.atomic
def discard_draft(draft: Draft, *, by: Any) -> Draft:
    """Discards a draft. The typed values stay in the database."""
    draft = locked(draft)
    _require_editor(draft, by)
    draft.state = DraftState.DISCARDED
    _save(draft, [""], by)
    return draft


@transaction.atomic
def take_over(draft: Draft, *, by: Any) -> Draft:
    """The township accepts a submitted draft. A change of a public site is written now, with the permission of the
    checker."""
    draft = locked(draft)
    if not may(by, "point.check", draft):
        raise Refused("not_allowed")
    if draft.writers.filter(pk=by.pk).exists():
        raise Refused("own_work")
    if draft.state != DraftState.SUBMITTED:
        raise moved_on(draft)
    if draft.was_public:
        write_site(DraftForm(draft), right="point.check", by=by)
    draft.state = DraftState.APPLIED
    _keep_state(draft, by)
    return draft


@transaction.atomic
def send_back(point: DemonstrationPoint, *, remarks: Mapping[str, str], opinion: str = "", by: Any) -> Draft:
    """Opens the point's draft again with `remarks` by field and an `opinion` on the whole, for the clerk to correct."""
    texts = {name: storable(text).strip() for name, text in {"": opinion, **remarks}.items()}
    remarks = {name: text[:500] for name, text in texts.items() if text}
    if not remarks:
        raise Refused("remark_missing")
    drafts = point.drafts.unscoped("of the point itself").select_for_update()
    draft = drafts.unsettled().first() or drafts.exclude(state=DraftState.DISCARDED).order_by("-pk").first()
    if draft is None:
        draft = Draft(point=point, area_id=point.area_id)
    elif draft.state == DraftState.APPLIED:
        draft.values = {name: text for name, text in draft.values.items() if name in BY_NAME and text}
    draft.state, draft.point_version = DraftState.OPEN, point.version
    _keep_state(draft, by)
    drafting = DraftForm(draft)
    for name, text in remarks.items():
        FieldRemark.objects.create(draft=draft, field=name, text=text, value_then=drafting.text_of(name), by=by)
    return draft


def _keep_state(draft: Draft, by: Any) -> None:
    """Saves a step of an account that is no writer of the draft."""
    draft.version += 1
    draft.saved_at = timezone.now()
    _stamp(draft, "", by)
    draft.save()


@transaction.atomic
def confirm_site(point: DemonstrationPoint, *, by: Any, year: int | None = None) -> Confirmation:
    """Confirms the stored facts of a site for a year, or for this one. A second time has no effect."""
    year = year or timezone.localdate().year
    if not may(by, "point.confirm", point):
        raise Refused("not_allowed")
    confirmation, is_new = Confirmation.objects.get_or_create(point=point, year=year, defaults={"by": by})
    if is_new:
        ChangeSet(by).log("confirm", point, {"year": [None, year]})
    return confirmation


@transaction.atomic
def unconfirm_site(point: DemonstrationPoint, *, by: Any, year: int | None = None) -> DemonstrationPoint:
    """Takes back the confirmation of a site for a year, or for this one. Without one it has no effect."""
    year = year or timezone.localdate().year
    if not may(by, "point.confirm", point):
        raise Refused("not_allowed")
    change_set = ChangeSet(by)
    if Confirmation.objects.filter(point=point, year=year).update(voided=change_set.key):
        change_set.log("unconfirm", point, {"year": [year, None]})
    return point


def log_reading_of(drafting: DraftForm, *, by: Any, section: str = "") -> None:
    """Logs that an account read the telephone in a draft it opened. The event belongs to the organisation, if there is
    one. Own input is not logged."""
    draft = drafting.draft
    facts = [fact for fact in drafting.facts.values() if fact.input.personal and fact.text]
    names = [
        fact.input.name
        for fact in facts
        if section in ("", fact.input.section) and draft.stamps.get(fact.input.name, [0, ""])[1] != str(by)
    ]
    log_reading(drafting.organisation or draft, names, by=by)


def differences(draft: Draft) -> list[tuple[str, Any, str, str]]:
    """(field, label, before, after) of all values in the draft that differ from the registry."""
    return [(fact.input.name, fact.input.label, fact.was, fact.words) for fact in DraftForm(draft).differences]
