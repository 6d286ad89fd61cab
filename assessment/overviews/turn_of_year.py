"""What a new year takes over in assessment: projects, schemes, standards."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessment import models as a
from assessment.actions.projects import WRITE as PLAN
from assessment.actions.schemes import refusals_to_copy
from registry.access.permissions import may
from registry.models.base import valid_on
from registry.overviews.turn_of_year import Candidate, Succession, declare_successions


def _projects(year: int, viewer: Any) -> Iterable[Candidate]:
    """Each project, and whether its organisation has one in the new year."""
    rows = a.SecretaryProject.objects.visible_to(viewer).select_related("organisation")
    next_ones = rows.filter(year=year + 1, organisation=OuterRef("organisation"))
    for project in rows.filter(year=year).annotate(is_followed=Exists(next_ones)).order_by("area_id", "code"):
        yield Candidate(
            project.name, str(project.organisation), project.get_absolute_url(),
            following=f"{reverse('records', args=['projects'])}?year={year + 1}" if project.is_followed else "",
            adopt=f"{reverse('project-new')}?like={project.code}" if may(viewer, PLAN, project) else "",
        )  # fmt: skip


def _schemes(year: int, viewer: Any) -> Iterable[Candidate]:
    rows = a.Scheme.objects.visible_to(viewer)
    for scheme in rows.filter(year=year).order_by("code"):
        copied = rows.filter(year=year + 1, kind=scheme.kind, area=scheme.area_id).first()
        may_copy = not any(refusals_to_copy(scheme, year=year + 1, by=viewer))
        yield Candidate(
            scheme.name, scheme.get_kind_display(), scheme.get_absolute_url(),
            following=copied.get_absolute_url() if copied else "",
            adopt=reverse("scheme-copy", args=[scheme.code]) if may_copy else "", at_once=True,
        )  # fmt: skip


def _standards(year: int, viewer: Any) -> Iterable[Candidate]:
    """The standards in force at the end of the year, and whether one is in force when the new year begins."""
    rows = a.Standard.objects.visible_to(viewer)
    new_year = date(year + 1, 1, 1)
    goes_on = rows.filter(valid_on(new_year)).exists()
    for standard in rows.filter(valid_on(date(year, 12, 31)) | Q(valid_to=new_year)).order_by("code").distinct():
        address = reverse("admin:assessment_standard_change", args=[standard.pk])
        yield Candidate(
            standard.name, standard.document_no, reverse("record", args=["standards", standard.code]), goes_on=goes_on,
            adopt=address if may(viewer, "record.change", standard) else "",
        )  # fmt: skip


declare_successions(
    Succession(
        "projects", _("Secretary projects"), _("Each township plans its own, like the old one or anew."), _projects
    ),
    Succession("schemes", _("Schemes of assessment"), _("Copied as a draft, which is changed and opened."), _schemes),
    Succession("standards", _("Standards of points"), _("A standard without an end goes on by itself."), _standards),
)
