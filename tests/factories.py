"""Small makers of rows: each says only what a test does not care about."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import count
from uuid import uuid4

from django.utils import timezone
from PIL import Image

from registry.actions.drafts import confirm_facts, draft_of, overrule, save_fields, start_draft, submit_draft
from registry.actions.evidence import File
from registry.actions.voiding import mark_entered_in_error
from registry.loading.context import Context
from registry.loading.files.tables import plain_heading
from registry.loading.lifecycle import count_rows, finish
from registry.loading.recognition import headings_of
from registry.loading.sheet_types import SHEET_TYPES
from registry.loading.sheet_types import SheetRow as SheetRow
from registry.loading.validate import read, validate
from registry.loading.write import forget_rows, keep_rows, write_rows
from registry.models import (
    Area,
    Belt,
    BeltMembership,
    DemonstrationPoint,
    Draft,
    Load,
    LoadState,
    PartyOrganisation,
    StatusPeriod,
)
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused

_number = count(1)


def make_point(*, area: str = "130207108", field: str = "government", **more) -> DemonstrationPoint:
    """A point without any period: it has no status yet."""
    number = next(_number)
    organisation = more.pop("organisation", None) or PartyOrganisation.objects.unscoped("test").get(
        code=f"O-{area[:9]}"
    )
    more = {"code": f"T-{number}", "name": f"测试示范点{number}", **more}
    return DemonstrationPoint.objects.create(area_id=area, field=field, organisation=organisation, **more)


def make_period(point: DemonstrationPoint, since: date, until: date | None = None, **more) -> StatusPeriod:
    more = {"status": "named", "level": "district", "grade": "standard", "document_no": "测试〔2021〕1号", **more}
    return StatusPeriod.objects.create(point=point, valid_from=since, valid_to=until, **more)


def make_named_point(since: date = date(2021, 6, 1), until: date | None = None, **more) -> DemonstrationPoint:
    grade = more.pop("grade", "standard")
    point = make_point(**more)
    make_period(point, since, until, grade=grade)
    return point


def make_belt(built_on: date | None = date(2021, 6, 1), **more) -> Belt:
    number = next(_number)
    more = {"code": f"TB-{number}", "name": f"测试示范带{number}", "level": "district", **more}
    return Belt.objects.create(area_id="130207108", planned_on=date(2020, 1, 1), built_on=built_on, **more)


def join(belt: Belt, *points: DemonstrationPoint, since: date = date(2021, 6, 1)) -> None:
    for position, point in enumerate(points, start=1):
        BeltMembership.objects.create(belt=belt, point=point, position=position, valid_from=since)


def entered_in_error(record, by):
    """Marks a record as entered in error."""
    return mark_entered_in_error(record, reason="重复录入,查无此事", document_no="测试〔2026〕8号", by=by)


def _photo() -> bytes:
    written = BytesIO()
    Image.new("RGB", (64, 48), "#b3121d").save(written, "JPEG")
    return written.getvalue()


PHOTO = _photo()
PROOF = [File("佐证.jpg", PHOTO, "photo", shown=PHOTO)]
ANSWERS = {
    "highlights": "支部带头流转土地,村民在家门口就业。",
    "secretary": "示例书记",
    "member_count": "36",
    "position": "118.10, 39.52",
    "applied_level": "district",
}


HERE = {"lng": "118.1", "lat": "39.52", "coordinate_system": "wgs84"}


def again(draft: Draft) -> Draft:
    """The draft as the database has it now."""
    return Draft.objects.unscoped("test").get(pk=draft.pk)


def codes(draft: Draft) -> set[str]:
    """What stands in the way of a draft, and what gives to think."""
    return {problem.code for problem in DraftForm(again(draft)).problems}


def refused(act, *args, **options) -> str:
    """The code an act is refused with; fails if it is done."""
    try:
        act(*args, **options)
    except Refused as refusal:
        return refusal.code
    raise AssertionError(f"{act.__name__} was not refused")


def make_draft(clerk, place: str = "", **answers: str) -> Draft:
    """A draft with everything answered that must be, ready to be submitted by `clerk`."""
    villages = Area.objects.unscoped("test").filter(code__startswith=clerk.write_prefix, level="village")
    area = Area.objects.unscoped("test").get(code=place) if place else _free(villages)
    draft = start_draft(area, key=uuid4(), another=True, by=clerk)
    typed = {**ANSWERS, "name": f"{area.short_name}新示范点{next(_number)}", **answers}
    facts = DraftForm(draft).facts
    save_fields(draft, {name: text for name, text in typed.items() if name in facts}, was={}, by=clerk)
    draft.refresh_from_db()
    confirm_facts(draft, by=clerk)
    for doubt in DraftForm(Draft.objects.unscoped("test").get(pk=draft.pk)).open_doubts:
        overrule(draft, doubt.key, reason="已核对", by=clerk)
    return Draft.objects.unscoped("test").get(pk=draft.pk)


def _free(villages):
    """A village that has an organisation and no point yet."""
    organised = PartyOrganisation.objects.unscoped("test").filter(unit=None).values("area")
    occupied = DemonstrationPoint.objects.unscoped("test").values("area")
    return villages.filter(pk__in=organised).exclude(pk__in=occupied).order_by("pk").first() or villages.first()


def make_submitted(clerk, **answers: str) -> Draft:
    """A draft that `clerk` has handed to the township."""
    return submit_draft(make_draft(clerk, **answers), by=clerk)


def complete_change(named, clerk, **typed: str) -> Draft:
    """The draft in which `clerk` changes a named site, ready to be submitted."""
    change = draft_of(named, by=clerk)
    facts = DraftForm(change).facts
    typed = {name: text for name, text in {**ANSWERS, **typed}.items() if name in facts and text}
    save_fields(change, typed, was={}, by=clerk)
    confirm_facts(change, by=clerk)
    for doubt in DraftForm(again(change)).open_doubts:
        overrule(change, doubt.key, reason="已核对", by=clerk)
    return again(change)


def full_scores(review, but: str = "0") -> dict[str, str]:
    """Full marks for every item, less `but` on the first one, with its reason."""
    items = review.standard.items.unscoped("test").order_by("number")
    scores = {f"score-{item.number}": f"{item.weight.normalize():f}" for item in items}
    if Decimal(but):
        scores |= {"score-1": f"{items[0].weight - Decimal(but):f}", "reason-1": "记录不全"}
    return scores


def load_rows(kind: str, *rows: dict[str, str], by, name: str = "台账.xlsx"):
    """Judges and writes rows given as {heading: text}, as if a file had held them; returns the load with its rows."""
    declared = SHEET_TYPES[kind]
    fields = headings_of(declared)
    place = Area.objects.unscoped("test").get(code=by.write_prefix or "130207")
    load = Load.objects.create(kind=kind, by=by, area=place, file_name=name, state="applying")
    for stage in ("check", "apply"):
        context = Context(by, timezone.localdate(), writing=stage == "apply")
        made = [
            SheetRow(0, number, {fields[plain_heading(heading)]: text for heading, text in row.items()})
            for number, row in enumerate(rows, start=2)
        ]
        read(declared, made, context)
        validate(declared, made, context, load)
        forget_rows(load, made)
        if stage == "apply":
            write_rows(declared, made, context, load)
        keep_rows(load, made)
    finish(load, LoadState.APPLIED)
    count_rows(load)
    load.save()
    return load
