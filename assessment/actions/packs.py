"""Inspection packs: creates a link to a site's proof, opens it without an account, revokes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Prefetch
from django.utils.timezone import localdate, now

from assessment.models import InspectionPack, ReviewScore, StandardItem
from registry.actions.records import ChangeSet, save_record
from registry.actions.sites import add_with_code
from registry.models import DemonstrationPoint, Event, Evidence, Parameter
from registry.text.refusals import Refused

MAKE = "pack.make"
SIGNER = Signer(salt="inspection-pack")


@dataclass
class ItemProof:
    """An item of the standard, and the site's proof of it."""

    item: StandardItem
    proof: list[Evidence] = field(default_factory=list)


def contents_of(point: DemonstrationPoint, today: date) -> tuple[list[ItemProof], list[Evidence]]:
    """Each item of the current standard with its proof, and the evidence that is not assigned to an item."""
    evidence = Evidence.objects.unscoped("of the site itself").filter(point=point).order_by("pk")
    scores = ReviewScore.objects.filter(review__point=point).prefetch_related(Prefetch("proof", evidence))
    proof_by_item: dict[int, dict[int, Evidence]] = {}
    for score in scores:
        proof_by_item.setdefault(score.item_id, {}).update({proof.pk: proof for proof in score.proof.all()})
    items = StandardItem.objects.unscoped("the standard is public").in_force(today).order_by("number")
    items_with_proof = [ItemProof(item, list(proof_by_item.get(item.pk, {}).values())) for item in items]
    cited = {proof.pk for entry in items_with_proof for proof in entry.proof}
    return items_with_proof, [document for document in evidence if document.pk not in cited]


@transaction.atomic
def make_pack(point: DemonstrationPoint, *, by: Any) -> InspectionPack:
    days = Parameter.objects.count_on("pack-days", localdate(), default=14)
    pack = InspectionPack(point=point, area=point.area, made_by=by, expires_on=localdate() + timedelta(days=days))
    return add_with_code(pack, f"PK-{localdate().year}-", 4, right=MAKE, by=by)


def signed(pack: InspectionPack) -> str:
    """The signed part of the URL, which only the recipient of the link knows."""
    return SIGNER.sign(pack.code)


def pack_behind(text: str) -> InspectionPack | None:
    """The pack with the signed code `text`, whether or not it is still valid."""
    try:
        code = SIGNER.unsign(text)
    except BadSignature:
        return None
    rows = InspectionPack.objects.unscoped("who holds the link may open it")
    return rows.select_related("point__organisation", "point__area").filter(code=code).first()


def open_pack(pack: InspectionPack) -> Event:
    """Logs that somebody opened the link."""
    return ChangeSet(None).log("open-pack", pack, {})


def openings_of(packs: list[InspectionPack]) -> Iterator[tuple[InspectionPack, list[Event]]]:
    """Each pack with the times it was opened, the latest first."""
    events = Event.objects.filter(kind="inspectionpack", verb="open-pack", code__in=[pack.code for pack in packs])
    events_by_code: dict[str, list[Event]] = {}
    for event in events:
        events_by_code.setdefault(event.code, []).append(event)
    return ((pack, events_by_code.get(pack.code, [])) for pack in packs)


@transaction.atomic
def revoke_pack(pack: InspectionPack, *, by: Any) -> InspectionPack:
    stored = InspectionPack.objects.unscoped("a lock").select_for_update().get(pk=pack.pk)
    if stored.revoked_at:
        raise Refused("pack_revoked")
    stored.revoked_at = now()
    return save_record(stored, right=MAKE, by=by)
