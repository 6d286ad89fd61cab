"""Secretary projects with their three ledgers and their problems."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models import Evidence, PartyOrganisation
from registry.models.base import IN_FORCE, Part, Record, ScopedManager, ScopedQuerySet, in_choices
from registry.models.points import Precision

from .promises import PROMISE_FROZEN, Promise, promised_of


class LedgerStage(models.TextChoices):
    OPEN = "open", _("Opening the ledger")
    CHECK = "check", _("Checking the ledger")
    CLOSE = "close", _("Handing in the ledger")


class Light(models.TextChoices):
    """The state of a project at a check; shown as text and shape, never by colour alone."""

    ON_TRACK = "on_track", _("Green: on track")
    SLOW = "slow", _("Yellow: slow")
    STUCK = "stuck", _("Red: stuck")


def latest_entry(column: str, as_of: date) -> models.Subquery:
    """`column` of a project's newest ledger entry by `as_of`."""
    entries = LedgerEntry.objects.filter(project=models.OuterRef("pk"), entered_on__lte=as_of)
    return models.Subquery(entries.order_by("-entered_on", "-pk").values(column)[:1])


class ProjectQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        """A project is public from the opening of its ledger; before that it is a plan."""
        return Q(opened_on__isnull=False)

    def ever_public_rows(self) -> Q:
        """A ledger was open if it has an entry, whatever the project's date is now."""
        entries = LedgerEntry.objects.with_voided().filter(project=models.OuterRef("pk"))
        return self.public_rows() | Q(models.Exists(entries))

    def opened(self, as_of: date) -> Self:
        """Projects of any year that were open by `as_of` (F56)."""
        return self.filter(opened_on__lte=as_of)

    def with_progress(self, as_of: date) -> Self:
        """Adds `percent`, `light` and `stage` of the last entry, `problems_count` and `solved` as of that day."""
        valid = Q(problems__voided=None)
        return self.annotate(
            percent=latest_entry("percent", as_of),
            light=latest_entry("light", as_of),
            stage=latest_entry("stage", as_of),
            signed_on=latest_entry("signed_on", as_of),
            problems_count=models.Count("problems", filter=valid & Q(problems__found_on__lte=as_of), distinct=True),
            solved=models.Count("problems", filter=valid & Q(problems__solved_on__lte=as_of), distinct=True),
        )


class SecretaryProject(Record):
    """A yearly project that a secretary leads in person (F56): opened, checked in phases, handed in. It has no
    `opened_on` while it is only planned."""

    public_from = "opened_on"

    name = models.CharField(_("name"), max_length=80)
    year = models.PositiveSmallIntegerField(_("year"))
    organisation = models.ForeignKey(
        PartyOrganisation, models.PROTECT, related_name="projects", verbose_name=_("party organisation")
    )
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    responsible_person = models.CharField(_("responsible person"), max_length=40, blank=True)
    team = models.CharField(_("team"), max_length=120, blank=True)
    measures = models.TextField(_("measures"), blank=True)
    expected_results = models.TextField(_("expected results"), blank=True)
    opened_on = models.DateField(_("opened on"), null=True, blank=True)
    opened_precision = models.CharField(
        _("opening exact to the"), max_length=5, choices=Precision, default=Precision.DAY
    )
    deadline = models.DateField(_("deadline"))

    objects: ClassVar = ScopedManager.from_queryset(ProjectQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("secretary project")
        verbose_name_plural = _("secretary projects")
        constraints = [
            *Record.Meta.constraints,
            in_choices("opened_precision", Precision, "project_precision_known"),
            models.CheckConstraint(
                condition=Q(deadline__gte=models.F("opened_on")),
                name="project_deadline_after_opening",
                violation_error_message=_("The deadline must not lie before the opening."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["projects", self.code])

    def clean(self) -> None:
        """Only an amendment may change the promise, whatever writes the record: form, load or admin."""
        promise = Promise.objects.filter(project=self.pk).first() if self.pk else None
        if promise and promise.now | promised_of(self) != promise.now:
            raise ValidationError(PROMISE_FROZEN, code="promise_frozen")

    @property
    def opened_since(self) -> str:
        """The day of its opening, with its precision."""
        return Precision(self.opened_precision).text(self.opened_on) if self.opened_on else ""

    def closing(self) -> "LedgerEntry | None":
        return next((entry for entry in self.entries.all() if entry.stage == LedgerStage.CLOSE), None)


class ProblemQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(project__opened_on__isnull=False)

    def ever_public_rows(self) -> Q:
        projects = SecretaryProject.objects.with_voided().ever_public()
        return Q(models.Exists(projects.filter(pk=models.OuterRef("project"))))

    def found(self, as_of: date) -> Self:
        """Problems of the projects of any year, put down by `as_of`."""
        return self.filter(project__opened_on__lte=as_of, found_on__lte=as_of)

    def solved(self, as_of: date) -> Self:
        """Those solved by `as_of`; each counts once (F60)."""
        return self.found(as_of).filter(solved_on__lte=as_of)


class ProjectProblem(Record):
    """A problem that a project is to solve. A project may solve several, or none (25 of 32 projects' problems, F60)."""

    goes_with = ("project",)

    project = models.ForeignKey(SecretaryProject, models.PROTECT, related_name="problems", verbose_name=_("project"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    name = models.CharField(_("problem"), max_length=160)
    found_on = models.DateField(_("put down on"))
    solved_on = models.DateField(_("solved on"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=300, blank=True)
    proof = models.ManyToManyField(Evidence, blank=True, related_name="+", verbose_name=_("proof"))

    objects: ClassVar = ScopedManager.from_queryset(ProblemQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                condition=Q(solved_on=None) | Q(solved_on__gte=models.F("found_on")),
                name="problem_solved_after_found",
                violation_error_message=_("A problem is solved after it was put down, not before."),
            ),
        ]

    def clean(self) -> None:
        promise = Promise.objects.filter(project=self.project_id).first() if self.project_id else None
        if promise and self.name not in promise.now["problems"]:
            raise ValidationError(PROMISE_FROZEN, code="promise_frozen")

    def is_solved(self, as_of: date) -> bool:
        return self.solved_on is not None and self.solved_on <= as_of


class LedgerEntry(Part):
    """A line of a project's ledger: one opening, any number of checks, one handing in (F57–F59)."""

    natural_fields = ("project__code", "stage", "entered_on", "text")
    goes_with = ("project",)

    project = models.ForeignKey(SecretaryProject, models.PROTECT, related_name="entries", verbose_name=_("project"))
    stage = models.CharField(_("stage"), max_length=8, choices=LedgerStage)
    entered_on = models.DateField(_("date"))
    percent = models.PositiveSmallIntegerField(_("progress (%)"), default=0)
    text = models.CharField(_("entry"), max_length=300)
    light = models.CharField(_("light"), max_length=8, choices=Light, blank=True)
    difference = models.CharField(_("difference"), max_length=300, blank=True)
    proof = models.ManyToManyField(Evidence, blank=True, related_name="+", verbose_name=_("proof"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("signed by")
    )
    signed_on = models.DateField(_("signed off on"), null=True, blank=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["project", "entered_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(stage__in=LedgerStage.values), name="ledger_stage_known"),
            models.CheckConstraint(condition=Q(light__in=["", *Light.values]), name="ledger_light_known"),
            models.CheckConstraint(
                condition=Q(signed_by=None) | Q(stage="close") & ~Q(signed_by=models.F("by")),
                name="ledger_signed_by_another",
                violation_error_message=_("Somebody else than who handed it in signs a ledger off."),
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100),
                name="ledger_percent_up_to_100",
                violation_error_message=_("Progress lies between 0 and 100 percent."),
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=IN_FORCE & Q(stage="open"),
                name="ledger_opened_once",
                violation_error_message=_("The ledger of this project is open already."),
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=IN_FORCE & Q(stage="close"),
                name="ledger_closed_once",
                violation_error_message=_("The ledger of this project was handed in already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.entered_on}"
