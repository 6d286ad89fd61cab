"""Many drafts of sites in one act: their positions, and submitting all that are complete."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from registry.models import Draft
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused

from .drafts import confirm_facts, overrule, save_fields, submit_draft


@dataclass
class Submitted:
    """The drafts that were submitted, and those that were not, each with the reason."""

    drafts: list[Draft] = field(default_factory=list)
    refused: list[tuple[Draft, Refused]] = field(default_factory=list)


@transaction.atomic
def save_positions(drafts: Iterable[Draft], positions: Mapping[UUID, str], system: str, *, by: Any) -> int:
    """Saves the position of each draft by its key, as typed, all in one coordinate system. Returns how many changed."""
    changed = 0
    for draft in drafts:
        if draft.key in positions and positions[draft.key].strip() != DraftForm(draft).facts["position"].text:
            typed = {"position": positions[draft.key], "coordinate_system": system}
            changed += bool(save_fields(draft, typed, was={}, by=by).written)
    return changed


def submit_drafts(drafts: Iterable[Draft], *, reasons: Mapping[str, str], confirmed: bool, by: Any) -> Submitted:
    """Submits each draft that is complete. `reasons` set aside the open doubts of a code, `confirmed` says that what
    the registry holds of the sites was looked at. A draft that is refused stays as it was."""
    result = Submitted()
    for draft in drafts:
        try:
            with transaction.atomic():
                result.drafts.append(_submit(draft, reasons, confirmed, by))
        except Refused as refusal:
            result.refused.append((draft, refusal))
    return result


def _submit(draft: Draft, reasons: Mapping[str, str], confirmed: bool, by: Any) -> Draft:
    if confirmed and DraftForm(draft).is_unconfirmed:
        draft = confirm_facts(draft, by=by)
    for doubt in DraftForm(draft).open_doubts:
        if reason := reasons.get(doubt.code, "").strip():
            draft = overrule(draft, doubt.key, reason=reason, by=by)
    return submit_draft(draft, by=by)
