"""Secretary projects by program: the ledger is opened, checked, handed in, signed off or sent back, by the acts of the
pages."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from assessment.actions import projects as acts
from assessment.models import LedgerStage, Light, SecretaryProject
from registry.api.points import ON, REASON
from registry.api.verbs import Given, Noun, Verb, offer
from registry.refusals import Refused
from registry.validators import choice, line, whole

TEXT = Given("text", line(300), required=True)
PERCENT, LIGHT = Given("percent", whole(0, 100), required=True), Given("light", choice(Light), required=True)


def told_project(project: SecretaryProject) -> dict[str, Any]:
    closing = project.closing()
    return {
        "code": project.code,
        "frozen": acts.has_promise(project),
        "opened_on": project.opened_on.isoformat() if project.opened_on else None,
        "checks": project.entries.filter(stage=LedgerStage.CHECK).count(),
        "handed_in_on": closing.entered_on.isoformat() if closing else None,
        "signed_on": closing.signed_on.isoformat() if closing and closing.signed_on else None,
        "version": project.version,
    }


def projects_for(user: Any) -> Any:
    """The projects of the area the account writes in."""
    rows = SecretaryProject.objects.visible_to(user).in_area(user.write_prefix)
    return rows.select_related("organisation", "area")


def _freeze(project: SecretaryProject, *, by: Any, on: date | None = None) -> Any:
    return acts.freeze_promise(project, on=on or localdate(), by=by)


def _against_freezing(project: SecretaryProject, *, by: Any) -> Iterator[Refused]:
    on = project.opened_on or min(localdate(), project.deadline)
    yield from acts.refusals_to_freeze(project, on=on, by=by)


def _check(project: SecretaryProject, *, by: Any, on: date | None = None, **said: Any) -> Any:
    return acts.add_check(project, on=on or localdate(), by=by, **said)


def _against_checking(project: SecretaryProject, *, by: Any) -> Iterator[Refused]:
    yield from acts.refusals_to_write(project, right=acts.CHECK, by=by)


def _hand_in(project: SecretaryProject, *, by: Any, on: date | None = None, **said: Any) -> Any:
    return acts.hand_in(project, on=on or localdate(), by=by, **said)


def _against_handing_in(project: SecretaryProject, *, by: Any) -> Iterator[Refused]:
    yield from acts.refusals_to_write(project, right=acts.WRITE, by=by)


def _return(project: SecretaryProject, *, by: Any, reason: str = "") -> None:
    acts.send_back(project, reason=reason, by=by)


offer(
    Noun(
        "projects",
        projects_for,
        told_project,
        [
            Verb("freeze", _("Open the ledger of a project"), _freeze, _against_freezing, (ON,)),
            Verb("checks", _("Check the ledger"), _check, _against_checking,
                 (ON, PERCENT, LIGHT, TEXT)),
            Verb("hand-in", _("Hand the ledger in"), _hand_in, _against_handing_in,
                 (ON, TEXT, Given("difference", line(300)))),
            Verb("sign-off", _("Sign off the ledger of a project"), acts.sign_off, acts.refusals_to_sign),
            Verb("return", _("Send back"), _return, acts.refusals_to_sign, (REASON,)),
        ],
    )
)  # fmt: skip
