"""Background jobs. The row in the database is the state of a job; a queue only carries hints."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .base import in_choices


class JobState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet):
    def claimable(self, now: datetime | Now) -> Self:
        """Jobs without a worker: queued, or running with an expired lease."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=now), state__in=OPEN_STATES)


class ScheduledRun(models.Model):
    """The last due time at which a scheduled work was run."""

    name = models.CharField(_("work"), max_length=40, primary_key=True)
    due_at = models.DateTimeField(_("due at"), null=True)
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("scheduled work")
        verbose_name_plural = _("scheduled work")

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A job done in steps. Each step is a transaction that moves `cursor`; `lease_until` and `fence` separate two
    workers: a worker that returns after its lease finds a newer fence and writes nothing."""

    kind = models.CharField(_("kind"), max_length=40)
    payload = models.JSONField(_("what to work at"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=JobState, default=JobState.QUEUED)
    cursor = models.PositiveBigIntegerField(_("next step"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), default=0)
    fence = models.PositiveIntegerField(_("fence"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    message = models.CharField(_("message"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )
    created_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_claimable")]
        constraints = [in_choices("state", JobState, "job_state_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
