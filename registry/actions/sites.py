"""Writes a site from its draft: the facts of the organisation and of the point, each like any record."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.fields.points import names_stored_on
from registry.models import (
    AreaLevel,
    DemonstrationPoint,
    Evidence,
    OrganisationForm,
    OrganisationKind,
    PartyOrganisation,
    code_prefix,
)
from registry.overviews.draft_form import DraftForm
from registry.text.area_codes import township_of

from .records import save_record

KIND_OF_AREA = {
    AreaLevel.VILLAGE: OrganisationKind.VILLAGE,
    AreaLevel.COMMUNITY: OrganisationKind.COMMUNITY,
    AreaLevel.TOWNSHIP: OrganisationKind.TOWNSHIP,
}
ATTEMPTS = 5


def form_for(members: int) -> OrganisationForm:
    """The form by the number of members (S7): 100 and more, 50 to under 100, under 50."""
    if members >= 100:
        return OrganisationForm.COMMITTEE
    return OrganisationForm.GENERAL_BRANCH if members >= 50 else OrganisationForm.BRANCH


def write_site(drafting: DraftForm, *, right: str, by: Any) -> DemonstrationPoint:
    """Writes the typed values to the organisation and the point, and adds them if they are missing. Returns the
    point."""
    values = drafting.read[0]
    organisation = _write_organisation(drafting, values, right, by)
    point = drafting.point or DemonstrationPoint(
        area=drafting.area, unit=drafting.unit, field=drafting.field, organisation=organisation
    )
    for name in names_stored_on("point"):
        setattr(point, name, values[name])
    if not point.pk or drafting.facts["position"].changed or drafting.facts["coordinate_system"].changed:
        point.lng, point.lat = (f"{degrees:.6f}" for degrees in values["position"])
        point.coordinate_system, point.position_illustrative = values["coordinate_system"], False
    if point.pk:
        save_record(point, right=right, by=by)
    else:
        add_with_code(point, code_prefix(), 4, right=right, by=by)
    Evidence.objects.unscoped("of the draft itself").filter(draft=drafting.draft).update(point=point)
    return point


def _write_organisation(drafting: DraftForm, values: dict[str, Any], right: str, by: Any) -> PartyOrganisation:
    organisation = drafting.organisation
    if organisation is None:
        organisation = PartyOrganisation(
            name=values["organisation_name"], form=form_for(values["member_count"]), field=drafting.field,
            kind=OrganisationKind.UNIT if drafting.unit else KIND_OF_AREA[AreaLevel(drafting.area.level)],
            area=drafting.area, unit=drafting.unit, founded_on=timezone.localdate(),
        )  # fmt: skip
    elif not any(drafting.facts[name].changed for name in names_stored_on("organisation")):
        return organisation
    for name in names_stored_on("organisation"):
        setattr(organisation, name, values[name])
    if organisation.pk:
        return save_record(organisation, right=right, by=by)
    return add_with_code(organisation, f"O-{township_of(drafting.area.pk)}-N", 3, right=right, by=by)


def add_with_code(record: Any, prefix: str, digits: int, *, by: Any, right: str = "", **options: Any) -> Any:
    """Adds a record with the next free code `prefix` + number. Of two at once, the second takes the next number.
    `options` are passed to `save_record`."""
    for attempt in range(ATTEMPTS):
        codes = type(record)._base_manager.filter(code__startswith=prefix).values_list("code", flat=True)
        numbers = [int(code[len(prefix) :]) for code in codes if code[len(prefix) :].isdecimal()]
        record.code = f"{prefix}{max(numbers, default=0) + 1 + attempt:0{digits}d}"
        try:
            with transaction.atomic():
                return save_record(record, by=by, right=right, **options)
        except IntegrityError:
            record.pk = None
            record._state.adding = True
    raise IntegrityError(f"no free code {prefix} after {ATTEMPTS} attempts")
