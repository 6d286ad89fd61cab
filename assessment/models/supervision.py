"""Talks and replacements, public only as counts, never with a name, an organisation or a place. Findings of supervision
are not public."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models import Evidence, PartyOrganisation
from registry.models.base import Part, Record, ScopedManager, ScopedQuerySet, in_choices
from registry.text.area_codes import is_below_district


class AccountabilityKind(models.TextChoices):
    INTERVIEW = "interview", _("Interview")
    ADJUSTMENT = "adjustment", _("Replacement")


class AccountabilityQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(pk__in=[])

    def ever_public_rows(self) -> Q:
        """All of them are counted in public figures."""
        return Q()

    def in_area(self, code: str) -> Self:
        """Counts are only given for a district or more: in a township, a count would reveal the person."""
        return super().in_area(code) if not is_below_district(code) else self.none()

    def occurred(self, as_of: date) -> Self:
        return self.filter(occurred_on__lte=as_of)

    def of_year(self, year: int, as_of: date) -> Self:
        return self.occurred(as_of).filter(occurred_on__year=year)

    def interviews(self, year: int, as_of: date) -> Self:
        """Every talk counts: 人次, the same person may be counted twice (F65)."""
        return self.of_year(year, as_of).filter(kind=AccountabilityKind.INTERVIEW)

    def adjusted_persons(self, year: int, as_of: date) -> Self:
        """The first replacement of each person in the year: 人, not 人次 (F66)."""
        rows = AccountabilityAction.objects.of_year(year, as_of).filter(kind=AccountabilityKind.ADJUSTMENT)
        earlier = rows.filter(person=OuterRef("person"), organisation=OuterRef("organisation"), pk__lt=OuterRef("pk"))
        return self.of_year(year, as_of).filter(~Exists(earlier), kind=AccountabilityKind.ADJUSTMENT)

    def counted(self) -> Self:
        """Rows that everybody may count; they must be shown with kind and year only."""
        return self.unscoped("public as a count only")


class AccountabilityAction(Record):
    """A talk with a secretary or the replacement of one (F65, F66). Internal."""

    kind = models.CharField(_("kind"), max_length=12, choices=AccountabilityKind)
    occurred_on = models.DateField(_("date"))
    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="accountability_actions", verbose_name=_("party organisation")
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    person = models.CharField(_("person"), max_length=40)
    post = models.CharField(_("post"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issuer = models.CharField(_("carried out by"), max_length=80, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(AccountabilityQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("talk or replacement")
        verbose_name_plural = _("talks and replacements")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(condition=Q(kind__in=AccountabilityKind.values), name="accountability_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_on}"


class FindingState(models.TextChoices):
    """The state of a finding: it follows from its deadline, its steps and whether it is done."""

    FOUND = "found", _("Found, nothing asked for yet")
    DEMANDED = "demanded", _("Waiting to be put right")
    RECTIFIED = "rectified", _("Put right, to be checked")
    CLOSED = "closed", _("Struck off")


class StepAct(models.TextChoices):
    RECTIFY = "rectify", _("Rectified")
    RETURN = "return", _("Sent back")
    CLOSE = "close", _("Struck off")


class FindingQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(pk__in=[])

    def of_year(self, as_of: date) -> Self:
        """The findings of that year, by `as_of`."""
        return self.filter(inspected_on__year=as_of.year, inspected_on__lte=as_of)

    def closed(self, as_of: date) -> Self:
        return self.filter(Q(rechecked_on=None) | Q(rechecked_on__lte=as_of), done=True)

    def open(self, as_of: date) -> Self:
        """Found by `as_of`, and not closed then."""
        closed = SupervisionFinding.objects.unscoped("which of these are closed").closed(as_of)
        return self.filter(inspected_on__lte=as_of).exclude(pk__in=closed.values("pk"))

    def overdue(self, as_of: date) -> Self:
        """Not rectified after the deadline; a finding that waits for the district's check is not overdue."""
        steps = SupervisionStep.objects.filter(finding=OuterRef("pk"), on__lte=as_of).order_by("-on", "-pk")
        rows = self.open(as_of).annotate(last_act=Subquery(steps.values("act")[:1]))
        return rows.filter(Q(last_act=None) | ~Q(last_act=StepAct.RECTIFY), deadline__lt=as_of)


class SupervisionFinding(Record):
    """A problem that a supervision found in an organisation, and its rectification. Internal."""

    inspected_on = models.DateField(_("date"))
    issuer = models.CharField(_("supervised by"), max_length=80)
    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="findings", verbose_name=_("party organisation")
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    finding = models.CharField(_("finding"), max_length=300)
    demand = models.CharField(_("what is asked for"), max_length=300, blank=True)
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    person = models.CharField(_("responsible person"), max_length=40, blank=True)
    progress = models.CharField(_("progress"), max_length=300, blank=True)
    done = models.BooleanField(_("done"), null=True, blank=True)
    rechecked_on = models.DateField(_("checked again on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(FindingQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("finding of supervision")
        verbose_name_plural = _("findings of supervision")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(deadline__gte=models.F("inspected_on")),
                name="finding_deadline_after_inspection",
                violation_error_message=_("The deadline must not lie before the supervision."),
            ),
            models.CheckConstraint(
                condition=Q(rechecked_on=None) | Q(rechecked_on__gte=models.F("inspected_on")),
                name="finding_rechecked_after_inspection",
                violation_error_message=_("It was checked again after the supervision, not before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inspected_on} {self.finding}"

    def get_absolute_url(self) -> str:
        return reverse("finding", args=[self.code])

    @property
    def last_step(self) -> "SupervisionStep | None":
        return next(reversed(self.steps.all()), None)

    @property
    def stage(self) -> FindingState:
        if self.done:
            return FindingState.CLOSED
        if self.last_step and self.last_step.act == StepAct.RECTIFY:
            return FindingState.RECTIFIED
        return FindingState.FOUND if self.deadline is None else FindingState.DEMANDED

    def is_overdue(self, as_of: date) -> bool:
        return self.deadline is not None and self.stage == FindingState.DEMANDED and self.deadline < as_of


class SupervisionStep(Part):
    """A step of a finding: rectified with proof, sent back, closed. Append-only."""

    natural_fields = ("finding__code", "act", "on", "text")
    goes_with = ("finding",)

    finding = models.ForeignKey(SupervisionFinding, models.PROTECT, related_name="steps", verbose_name=_("finding"))
    act = models.CharField(_("act"), max_length=8, choices=StepAct)
    on = models.DateField(_("date"))
    text = models.CharField(_("words"), max_length=300)
    proof = models.ManyToManyField(Evidence, blank=True, related_name="+", verbose_name=_("proof"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("step of a finding")
        verbose_name_plural = _("steps of a finding")
        ordering = ["finding", "on", "pk"]
        constraints = [in_choices("act", StepAct, "finding_step_known")]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.on}"
