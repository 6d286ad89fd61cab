"""The forms of supervision: visit, demand, rectification, check, talk."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from assessment.forms.projects import text_area
from assessment.forms.proof import Proof
from assessment.models import SupervisionFinding
from assessment.overviews.supervision import Warning
from registry.forms import Typed, day
from registry.models import CalendarDay, Parameter, PartyOrganisation
from registry.text.validators import line, lines


def _organisations(viewer: Any) -> Any:
    rows = PartyOrganisation.objects.visible_to(viewer).in_area(viewer.write_prefix)
    return rows.existing(timezone.localdate()).order_by("code")


class VisitForm(forms.Form):
    organisation = forms.ModelChoiceField(PartyOrganisation.objects.none(), label=_("Party organisation"))
    on = day(_("Visited on"), required=True)
    issuer = Typed(line(80), label=_("Supervised by"))
    findings = Typed(
        lines(2000, most_each=300),
        label=_("Problems found"),
        widget=text_area(4),
        help_text=_("Each on a line of its own."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, viewer: Any, initial: dict, **kwargs: Any):
        newest = SupervisionFinding.objects.visible_to(viewer).order_by("-pk").first()
        values = {"on": timezone.localdate(), "issuer": newest.issuer if newest else ""}
        kwargs["initial"] = values | initial
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = _organisations(viewer)


class FindingForm(forms.Form):
    def __init__(self, *args: Any, finding: SupervisionFinding, **kwargs: Any):
        kwargs["initial"] = self.prefill(finding)
        super().__init__(*args, **kwargs)

    def prefill(self, finding: SupervisionFinding) -> dict[str, Any]:
        return {}


class DemandForm(FindingForm):
    text = Typed(line(300, least=4), label=_("What is asked for"), widget=text_area(2))
    deadline = day(_("To be put right by"), required=True)
    person = Typed(line(40), label=_("Responsible person"), required=False)

    def prefill(self, finding: SupervisionFinding) -> dict[str, Any]:
        """The proposed deadline is the district's usual one; the person is the organisation's secretary."""
        today = timezone.localdate()
        days = Parameter.objects.count_on("rectify-working-days", today, default=15)
        term = finding.deadline or CalendarDay.objects.working_day(today + timedelta(days=1), days)
        return {
            "text": finding.demand,
            "deadline": term,
            "person": finding.person or finding.organisation.secretary,
        }


class RectifyForm(FindingForm):
    on = day(_("Put right on"), required=True)
    text = Typed(line(300, least=4), label=_("How it was put right"), widget=text_area(2))
    proof = Proof()

    def prefill(self, finding: SupervisionFinding) -> dict[str, Any]:
        return {"on": timezone.localdate()}


class CheckForm(FindingForm):
    text = Typed(line(300, least=4), label=_("What the check says"), widget=text_area(2))


class TalkForm(forms.Form):
    organisation = forms.ModelChoiceField(PartyOrganisation.objects.none(), label=_("Party organisation"))
    occurred_on = day(_("Day of the talk"), required=True)
    person = Typed(line(40), label=_("Person talked to"))
    post = Typed(line(40), label=_("Post"), required=False)
    reason = Typed(line(200), label=_("Reason"))
    issuer = Typed(line(80), label=_("Carried out by"), required=False)

    def __init__(self, *args: Any, warning: Warning, viewer: Any, **kwargs: Any):
        today = timezone.localdate()
        late = SupervisionFinding.objects.visible_to(viewer).in_area(warning.township.pk).overdue(today)
        first = late.select_related("organisation").order_by("deadline").first()
        values: dict[str, Any] = {"occurred_on": today, "post": _now("Secretary of the party organisation")}
        values["reason"] = _now("%(count)s findings of supervision were not put right in time") % {
            "count": warning.overdue
        }
        if first:
            values |= {
                "organisation": first.organisation,
                "person": first.organisation.secretary,
                "issuer": first.issuer,
            }
        kwargs["initial"] = values
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["organisation"].queryset = _organisations(viewer).in_area(warning.township.pk)
