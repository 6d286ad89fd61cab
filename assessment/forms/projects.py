"""The forms of a secretary project: its plan, the lines of its ledger, and proof."""

from datetime import date
from typing import Any

from django import forms
from django.forms.models import construct_instance
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessment.forms.proof import Proof
from assessment.models import Light, SecretaryProject
from assessment.overviews.ledgers import proposed_check
from registry.forms import BuilderForm, Typed, day
from registry.models import PartyOrganisation
from registry.text.validators import line, lines, prose, whole

YEAR_END = (12, 15)  # the proposed deadline: before the year's assessment


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class PlanForm(BuilderForm):
    """The plan of a project, prefilled from the registry."""

    problems = Typed(
        lines(2000, most_each=160),
        label=_("Problems to solve"),
        widget=text_area(3),
        help_text=_("Each on a line of its own."),
    )
    measures = Typed(prose(2000), label=_("Measures"), widget=text_area(3))
    expected_results = Typed(prose(2000), label=_("Expected results"), widget=text_area(3))
    deadline = day(_("Deadline"), required=True)
    responsible_person = Typed(line(40), label=_("Responsible person"))
    team = Typed(line(120), label=_("Team"), required=False)

    field_order = ["organisation", "name", "problems"]

    class Meta:
        model = SecretaryProject
        fields = ["name", "organisation", "measures", "expected_results", "deadline", "responsible_person", "team"]
        labels = {"organisation": _("Party organisation")}

    def __init__(self, *args: Any, problems: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        rows = PartyOrganisation.objects.visible_to(self.viewer).in_area(self.viewer.write_prefix)
        self.offer("organisation", rows.existing(timezone.localdate()).order_by("code"))
        self.initial.setdefault("problems", "\n".join(problems))
        if self.instance.pk is None:
            self._fill_in_what_is_known(rows)

    def _fill_in_what_is_known(self, rows: Any) -> None:
        own = rows.filter(area=self.viewer.write_prefix).order_by("code").first()
        today = timezone.localdate()
        self._propose("deadline", max(today, date(today.year, *YEAR_END)))
        if own:
            self._propose("organisation", own.pk)
            self._propose("responsible_person", own.secretary)

    def _propose(self, name: str, value: Any) -> None:
        """A value for a field that nothing else fills in."""
        self.initial[name] = self.initial.get(name) or value


class AmendForm(PlanForm):
    """The current promise, to be changed with a reason. The organisation does not change."""

    reason = Typed(line(300), label=_("Reason of the amendment"), help_text=_("Shown to everybody, for ever."))

    field_order = ["name", "problems"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["organisation"]

    def _post_clean(self) -> None:
        """The record may only differ from the promise together with an amendment, which the action checks."""
        self.instance = construct_instance(self, self.instance, self._meta.fields)


class OpenForm(forms.Form):
    on = day(_("Ledger opened on"), required=True)


class CheckForm(forms.Form):
    on = day(_("Checked on"), required=True)
    percent = Typed(whole(0, 100, unit="%"), label=_("Progress (%)"))
    light = forms.ChoiceField(
        label=_("Light"), choices=Light.choices, widget=forms.RadioSelect(attrs={"class": "choices"})
    )
    text = Typed(line(300, least=4), label=_("What was found"), widget=text_area(2))
    proof = Proof(required=False)

    def __init__(self, *args: Any, project: SecretaryProject, **kwargs: Any):
        kwargs["initial"] = proposed_check(project, timezone.localdate())
        super().__init__(*args, **kwargs)


class SolveForm(forms.Form):
    problem = forms.ChoiceField(label=_("Problem"))
    on = day(_("Solved on"), required=True)
    result = Typed(line(300, least=4), label=_("Result"), widget=text_area(2))
    proof = Proof()

    def __init__(self, *args: Any, problems: list, **kwargs: Any):
        kwargs["initial"] = {"on": timezone.localdate()}
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["problem"].choices = [(problem.code, problem.name) for problem in problems]


class HandInForm(forms.Form):
    on = day(_("Handed in on"), required=True)
    text = Typed(line(300, least=4), label=_("What was delivered"), widget=text_area(3))
    difference = Typed(
        line(300),
        label=_("Difference to the promise"),
        required=False,
        widget=text_area(2),
        help_text=_("Needed while a problem is open, or after the deadline."),
    )
    proof = Proof(required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs["initial"] = {"on": timezone.localdate()}
        super().__init__(*args, **kwargs)


class SignForm(forms.Form):
    reason = Typed(line(300), label=_("Reason, to send it back"), required=False)
