"""Secretary projects in the API: open, amend, check, hand in, sign off or send back the ledger, and mark problems as
solved."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessment.actions import projects as acts
from assessment.models import LedgerStage, Light, SecretaryProject
from registry.api.actions import actions_on
from registry.api.inputs import FilesInput, ListInput, TextInput, day, filled
from registry.api.points import ON, REASON
from registry.api.problems import Unusable, field_error
from registry.text.validators import Invalid, choice, line, prose, whole

PROOF = FilesInput()
TEXT = TextInput(line(300), required=True)
PROMISED = {
    "name": TextInput(filled(line(80, least=4))),
    "problems": ListInput(filled(line(160))),
    "measures": TextInput(filled(prose(2000))),
    "expected_results": TextInput(filled(prose(2000))),
    "deadline": TextInput(filled(day)),
    "responsible_person": TextInput(filled(line(40))),
    "team": TextInput(line(120)),
    "reason": TextInput(line(300), required=True),
}
PERCENT, LIGHT = TextInput(whole(0, 100), required=True), TextInput(choice(Light), required=True)


def serialize_project(project: SecretaryProject) -> dict[str, Any]:
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


def _amend(
    project: SecretaryProject, *, by: Any, reason: str, problems: Sequence[str] | None = None, **changes: Any
) -> Any:
    """Missing values stay as promised."""
    if problems is not None and not problems:
        raise Unusable([field_error("problems", str(Invalid("required")), "required")])
    names = problems or [problem.name for problem in acts.problems_of(project)]
    for name, value in changes.items():
        setattr(project, name, value)
    return acts.amend_promise(project, names, reason=reason, by=by)


def _solve(project: SecretaryProject, *, by: Any, problem: str, **values: Any) -> Any:
    by_code = {problem.code: problem for problem in acts.problems_of(project)}
    if problem not in by_code:
        invalid = Invalid("not_a_choice", text=problem, choices="、".join(by_code))
        raise Unusable([field_error("problem", str(invalid), invalid.code)])
    return acts.solve_problem(by_code[problem], by=by, **values)


WRITING = partial(acts.refusals_to_write, right=acts.WRITE)
PROJECTS = actions_on("projects", projects_for, serialize_project)
PROJECTS.add("freeze", _("Open the ledger of a project"), acts.freeze_promise, acts.refusals_to_freeze, on=ON)
PROJECTS.add("amend", _("Amend the promise"), _amend, acts.refusals_to_amend, **PROMISED)
PROJECTS.add(
    "checks", _("Check the ledger"), acts.add_check, partial(acts.refusals_to_write, right=acts.CHECK), on=ON,
    percent=PERCENT, light=LIGHT, text=TEXT, proof=PROOF,
)  # fmt: skip
PROJECTS.add(
    "solve", _("Strike off a problem"), _solve, WRITING, problem=TextInput(line(40), required=True), on=ON,
    result=TextInput(line(300, least=4), required=True), proof=FilesInput(required=True),
)  # fmt: skip
PROJECTS.add(
    "hand-in", _("Hand the ledger in"), acts.hand_in, WRITING, on=ON, text=TEXT, difference=TextInput(line(300)),
    proof=PROOF,
)  # fmt: skip
PROJECTS.add("sign-off", _("Sign off the ledger of a project"), acts.sign_off, acts.refusals_to_sign)
PROJECTS.add("return", _("Send back"), acts.send_back, acts.refusals_to_sign, reason=REASON)
