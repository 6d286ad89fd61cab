"""Schemes of assessment (先锋亮绩, F61-F64): parts, items and weights, frozen when they open; and the results of each
unit."""

from datetime import date
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.base import (
    IN_FORCE,
    Part,
    Record,
    ScopedManager,
    ScopedQuerySet,
    in_area_q,
    in_choices,
    not_negative,
)

SCHEME_FROZEN = _("The scheme is open: what its units are judged by does not change any more.")


class SchemeKind(models.TextChoices):
    """The kind of units it assesses. The district writes “3”, “X” and “两重一专” as parts and items."""

    TOWNSHIP = "township", _("Townships: “3+X”")
    DEPARTMENT = "department", _("Departments: “two priorities, one speciality”")


class SchemeState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open for scoring")
    ANNOUNCED = "announced", _("Announced: appeals may be made")
    PUBLISHED = "published", _("Published")


FINDINGS = "findings-closed"  # not a public figure: the share of supervision findings that were closed
FINDINGS_LABEL = _("Findings of supervision struck off")


def figures_to_score_by() -> list[tuple[str, Any]]:
    """Figures of the registry that have an answer for a township, and the share of closed findings. No other figure may
    be used: not sign-ins, likes or uploads."""
    from registry.figures import FIGURES  # noqa: PLC0415  (declared after the models)

    choices = [(figure.slug, figure.label) for figure in FIGURES.values() if not figure.district_only]
    return [*choices, (FINDINGS, FINDINGS_LABEL)]


class SchemeQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(published_on__isnull=False)

    def ever_public_rows(self) -> Q:
        """Everybody is assessed by it from its opening on."""
        return Q(opened_on__isnull=False)

    def visible_to(self, viewer: Any) -> Self:
        """The assessed units read a scheme from its opening on, the public from the publication of its ranking."""
        if viewer is None or not viewer.is_authenticated or viewer.reads_published_only or viewer.reads_everything:
            return super().visible_to(viewer)
        opened = Q(opened_on__isnull=False)
        return self.filter(self.public_rows() | opened | in_area_q(viewer.read_prefix, self.area_path))._mark()

    def opened(self, as_of: date) -> Self:
        return self.filter(opened_on__lte=as_of)


class Scheme(Record):
    """The assessment of the units of one kind in a year. `frozen` is its content when it was opened."""

    public_from = "published_on"

    name = models.CharField(_("name"), max_length=80)
    year = models.PositiveSmallIntegerField(_("year"))
    kind = models.CharField(_("kind"), max_length=12, choices=SchemeKind)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    opened_on = models.DateField(_("opened on"), null=True, blank=True, editable=False)
    announced_on = models.DateField(_("announced on"), null=True, blank=True, editable=False)
    published_on = models.DateField(_("published on"), null=True, blank=True, editable=False)
    frozen = models.JSONField(_("what it said when it was opened"), null=True, blank=True, editable=False)
    sha256 = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)

    objects: ClassVar = ScopedManager.from_queryset(SchemeQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("scheme")
        verbose_name_plural = _("schemes")
        constraints = [
            *Record.Meta.constraints,
            in_choices("kind", SchemeKind, "scheme_kind_known"),
            models.UniqueConstraint(
                fields=["area", "year", "kind"],
                condition=IN_FORCE,
                name="scheme_once_a_year",
                violation_error_message=_("There is a scheme of this kind for the year already."),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("record", args=["schemes", self.code])

    @property
    def state(self) -> SchemeState:
        if self.published_on:
            return SchemeState.PUBLISHED
        if self.announced_on:
            return SchemeState.ANNOUNCED
        return SchemeState.OPEN if self.opened_on else SchemeState.DRAFT

    @property
    def body(self) -> dict[str, Any]:
        """The content that units are assessed by, as it is now."""
        items = [item.as_frozen for item in SchemeItem.objects.filter(scheme=self.pk)]
        return {"name": self.name, "year": self.year, "kind": self.kind, "items": items}


class SchemeItem(Part):
    """An item: scored by hand, or computed from a figure, with the full weight at `full_at`. A bonus item counts on top
    of the 100."""

    natural_fields = ("scheme__code", "number")
    goes_with = ("scheme",)

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="items", verbose_name=_("scheme"))
    part = models.CharField(_("part"), max_length=40)
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(_("item"), max_length=80)
    weight = models.DecimalField(_("weight"), max_digits=5, decimal_places=1)
    method = models.CharField(_("how it is judged"), max_length=200, blank=True)
    figure = models.CharField(
        _("computed from"), max_length=40, blank=True, choices=figures_to_score_by,
        help_text=_("A figure of the registry; empty for an item that is scored by hand."),
    )  # fmt: skip
    full_at = models.DecimalField(
        _("full weight at"), max_digits=14, decimal_places=2, null=True, blank=True,
        help_text=_("The value of the figure from which on the item gives its full weight; below, in proportion."),
    )  # fmt: skip
    bonus = models.BooleanField(_("bonus"), default=False)

    class Meta:
        verbose_name = _("item of a scheme")
        verbose_name_plural = _("items of a scheme")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], condition=IN_FORCE, name="scheme_item_number_once"),
            models.CheckConstraint(
                condition=Q(weight__gt=0),
                name="scheme_item_weighs",
                violation_error_message=_("A weight must be more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(figure="", full_at__isnull=True)
                | (~Q(figure="") & Q(full_at__isnull=False, full_at__gt=0)),
                name="scheme_item_full_at",
                violation_error_message=_("A computed item needs the value that gives the full weight, and only it."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The items of an open scheme do not change, whatever writes them."""
        if self.scheme_id:
            scheme = Scheme.objects.unscoped("a rule").get(pk=self.scheme_id)
            if scheme.frozen and self.as_frozen not in scheme.frozen["items"]:
                raise ValidationError(SCHEME_FROZEN, code="scheme_frozen")

    @property
    def as_frozen(self) -> dict[str, Any]:
        """The item in its frozen form: numbers as text, with their decimals."""
        plain = {name: getattr(self, name) for name in ("part", "number", "name", "method", "figure", "bonus")}
        full_at = "" if self.full_at is None else f"{self.full_at:.2f}"
        return plain | {"weight": f"{self.weight:.1f}", "full_at": full_at}


class ResultQuerySet(ScopedQuerySet):
    def public_rows(self) -> Q:
        return Q(scheme__published_on__isnull=False)

    def ever_public_rows(self) -> Q:
        return Q(scheme__opened_on__isnull=False)

    def visible_to(self, viewer: Any) -> Self:
        """Each unit sees its own card from the opening on, and the others' once the ranking is announced."""
        if viewer is None or not viewer.is_authenticated or viewer.reads_published_only or viewer.reads_everything:
            return super().visible_to(viewer)
        announced = Q(scheme__announced_on__isnull=False)
        return self.filter(self.public_rows() | announced | in_area_q(viewer.read_prefix, self.area_path))._mark()

    def with_rank(self, as_of: date) -> Self:
        """Adds `place` and `points`: rank and total, from the day of the announcement."""
        is_announced = Q(scheme__announced_on__lte=as_of)
        return self.annotate(
            place=models.Case(models.When(is_announced, then="rank")),
            points=models.Case(models.When(is_announced, then="total")),
        )


class SchemeResult(Record):
    """The result of a unit in a scheme. `card`, `total` and `rank` are written when the ranking is announced and again
    when it is published. A township is given by its area, a department by its organisation."""

    goes_with = ("scheme",)

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="results", verbose_name=_("scheme"))
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    organisation = models.ForeignKey(
        "registry.PartyOrganisation", models.PROTECT, related_name="+", verbose_name=_("party organisation")
    )
    total = models.DecimalField(_("total"), max_digits=6, decimal_places=2, null=True, blank=True, editable=False)
    rank = models.PositiveSmallIntegerField(_("rank"), null=True, blank=True, editable=False)
    previous_rank = models.PositiveSmallIntegerField(
        _("rank of the year before"), null=True, blank=True, editable=False
    )
    card = models.JSONField(_("card as it was judged"), default=list, blank=True, editable=False)

    objects: ClassVar = ScopedManager.from_queryset(ResultQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("result of an assessment")
        verbose_name_plural = _("results of assessments")
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["scheme", "organisation"], condition=IN_FORCE, name="result_once"),
        ]

    def __str__(self) -> str:
        return str(self.area if self.scheme.kind == SchemeKind.TOWNSHIP else self.organisation)

    def get_absolute_url(self) -> str:
        return reverse("record", args=["results", self.code])

    @property
    def news_name(self) -> str:
        """How the news call it: the unit alone does not say of which scheme."""
        return f"{self.scheme} · {self}"


class ItemScore(Part):
    """The score of an item: the unit's own, with proof, and the district's."""

    natural_fields = ("result__code", "item__scheme__code", "item__number")
    goes_with = ("result",)

    result = models.ForeignKey(SchemeResult, models.PROTECT, related_name="scores", verbose_name=_("result"))
    item = models.ForeignKey(SchemeItem, models.PROTECT, related_name="+", verbose_name=_("item"))
    self_score = models.DecimalField(_("own score"), max_digits=5, decimal_places=1, null=True, blank=True)
    score = models.DecimalField(_("score"), max_digits=5, decimal_places=1, null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    proof = models.ManyToManyField("registry.Evidence", blank=True, related_name="+", verbose_name=_("proof"))
    scored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scored by")
    )

    class Meta:
        verbose_name = _("score of an item")
        verbose_name_plural = _("scores of items")
        ordering = ["item__number"]
        constraints = [
            models.UniqueConstraint(fields=["result", "item"], condition=IN_FORCE, name="item_scored_once"),
            not_negative("self_score", "score", name="item_score_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.score}"


class Appeal(Part):
    """An appeal of a unit against an item's score. Somebody who did not score it answers."""

    natural_fields = ("result__code", "item__number", "made_on", "text")
    goes_with = ("result",)

    result = models.ForeignKey(SchemeResult, models.PROTECT, related_name="appeals", verbose_name=_("result"))
    item = models.ForeignKey(SchemeItem, models.PROTECT, related_name="+", verbose_name=_("item"))
    text = models.CharField(_("reason"), max_length=300)
    proof = models.ManyToManyField("registry.Evidence", blank=True, related_name="+", verbose_name=_("proof"))
    made_on = models.DateField(_("made on"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    answer = models.CharField(_("answer"), max_length=300, blank=True)
    settled_on = models.DateField(_("answered on"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.item}: {self.text}"
