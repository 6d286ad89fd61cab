"""Supervision in the API: record a visit, demand, rectify, and close or send back."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from assessment.actions import supervision as acts
from assessment.models import SupervisionFinding
from registry.api.actions import actions_on, needs
from registry.api.inputs import FilesInput, ListInput, TextInput, day, filled
from registry.api.points import ON
from registry.models import PartyOrganisation
from registry.text.validators import line

WORDS = TextInput(line(300, least=4), required=True)


def serialize_finding(finding: SupervisionFinding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "finding": finding.finding,
        "state": finding.stage,
        "demand": finding.demand,
        "deadline": finding.deadline.isoformat() if finding.deadline else None,
        "rechecked_on": finding.rechecked_on.isoformat() if finding.rechecked_on else None,
        "version": finding.version,
    }


def serialize_visit(findings: Sequence[SupervisionFinding]) -> dict[str, Any]:
    return {"results": [serialize_finding(finding) for finding in findings]}


def serialize_organisation(organisation: PartyOrganisation) -> dict[str, Any]:
    return {"code": organisation.code, "name": organisation.name, "version": organisation.version}


def findings_for(user: Any) -> Any:
    """The findings of the area the account reads."""
    rows = SupervisionFinding.objects.visible_to(user).in_area(user.read_prefix)
    return rows.select_related("organisation", "area").prefetch_related("steps")


def organisations_for(user: Any) -> Any:
    return PartyOrganisation.objects.visible_to(user).existing(localdate()).select_related("area")


ORGANISATIONS = actions_on("organisations", organisations_for, serialize_organisation)
ORGANISATIONS.add(
    "visit", _("Record a visit"), acts.record_visit, needs(acts.INSPECT), on=ON,
    issuer=TextInput(line(80), required=True), findings=ListInput(filled(line(300)), required=True),
    serialize_result=serialize_visit,
)  # fmt: skip
FINDINGS = actions_on("findings", findings_for, serialize_finding)
FINDINGS.add(
    "demand", _("Say what is asked for"), acts.demand, partial(acts.refusals_to, "demand"), text=WORDS,
    deadline=TextInput(filled(day), required=True), person=TextInput(line(40)),
)  # fmt: skip
FINDINGS.add(
    "rectify", _("Say how it was put right"), acts.rectify, partial(acts.refusals_to, "rectify"), on=ON, text=WORDS,
    proof=FilesInput(required=True),
)  # fmt: skip
FINDINGS.add("close", _("Strike it off"), acts.close, partial(acts.refusals_to, "check"), text=WORDS)
FINDINGS.add("return", _("Send back"), acts.send_back, partial(acts.refusals_to, "check"), text=WORDS)
