"""Special actions such as 三提一创, with their items and the records that are attached to the items."""

from datetime import date
from typing import ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import IN_FORCE, Part, Record, ScopedManager, ScopedQuerySet, ends_after_start, in_choices, valid_on


class ActionKind(models.TextChoices):
    """What the district calls it."""

    ACTION = "action", _("Special action")
    PRACTICE = "practice", _("Practice")
    SYSTEM = "system", _("System")
    POLICY = "policy", _("Policy")


class SpecialActionQuerySet(ScopedQuerySet):
    def under_way(self, as_of: date) -> Self:
        return self.filter(valid_on(as_of, "started_on", "ended_on"))

    def with_counts(self) -> Self:
        """Adds `items_count`."""
        return self.annotate(items_count=Count("items", filter=Q(items__voided=None), distinct=True))


class SpecialAction(Record):
    """Work under one name that has several items: 三提一创 (F24), 一抓三促 (F35), 六位一体 (F29), 一定三有 (F69)."""

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("kind"), max_length=12, choices=ActionKind, default=ActionKind.ACTION)
    covers = models.CharField(_("covers"), max_length=120, blank=True)
    aim = models.TextField(_("aim"), blank=True)
    document_no = models.CharField(_("paper number"), max_length=60, blank=True)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    started_on = models.DateField(_("started on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(SpecialActionQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("special action")
        verbose_name_plural = _("special actions")
        constraints = [
            *Record.Meta.constraints,
            in_choices("kind", ActionKind, "special_action_kind_known"),
            ends_after_start("started_on", "ended_on", "special_action_ends_after_start"),
            models.UniqueConstraint(
                fields=["area", "name", "started_on"],
                condition=IN_FORCE,
                name="special_action_once",
                violation_error_message=_("There is a special action of this name from the same day already."),
            ),
        ]


class SpecialActionItem(Part):
    """An item of a special action, such as 组织提力 of 三提一创."""

    natural_fields = ("action__code", "number")
    goes_with = ("action",)

    action = models.ForeignKey(SpecialAction, models.PROTECT, related_name="items", verbose_name=_("special action"))
    number = models.PositiveSmallIntegerField(_("number"))
    name = models.CharField(pgettext_lazy("special action", "item"), max_length=60)

    class Meta:
        verbose_name = _("item of a special action")
        verbose_name_plural = _("items of a special action")
        ordering = ["action", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "number"],
                condition=IN_FORCE,
                name="special_action_item_number_once",
                violation_error_message=_("The special action has an item with this number already."),
            ),
            models.UniqueConstraint(
                fields=["action", "name"],
                condition=IN_FORCE,
                name="special_action_item_name_once",
                violation_error_message=_("The special action has an item of this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttachableKind(models.TextChoices):
    """The kinds of records that can be attached to an item, by the slug of their pages."""

    POINTS = "points", _("Demonstration point")
    BELTS = "belts", _("Belt")
    ZONES = "zones", _("Zone")
    PROJECTS = "projects", _("Secretary project")
    FUNDS = "funds", _("Fund")
    WAGE_RULES = "wage-rules", _("Wage rule")
    HONOURS = "honours", _("Honour")
    BRANDS = "brands", _("Brand")
    CONSORTIA = "consortia", _("Consortium")
    COMMUNITIES = "communities", _("Community in the creation")
    ELECTIONS = "elections", _("Village election")
    HOSTED_EVENTS = "hosted-events", _("Hosted event")


MODELS = {
    AttachableKind.POINTS: "registry.DemonstrationPoint",
    AttachableKind.BELTS: "registry.Belt",
    AttachableKind.ZONES: "registry.Zone",
    AttachableKind.PROJECTS: "assessment.SecretaryProject",
    AttachableKind.FUNDS: "registry.Fund",
    AttachableKind.WAGE_RULES: "registry.WageRule",
    AttachableKind.HONOURS: "registry.Honour",
    AttachableKind.BRANDS: "registry.Brand",
    AttachableKind.CONSORTIA: "registry.Consortium",
    AttachableKind.COMMUNITIES: "registry.CommunityAttainment",
    AttachableKind.ELECTIONS: "registry.VillageElection",
    AttachableKind.HOSTED_EVENTS: "registry.HostedEvent",
}


def attachable(kind: str) -> models.QuerySet:
    """The records of this kind that can be attached: those that everybody may read."""
    return apps.get_model(MODELS[AttachableKind(kind)])._default_manager.public()


class AttachmentQuerySet(ScopedQuerySet):
    def attached(self, as_of: date) -> Self:
        """Attachments that hold on `as_of`, to actions that are under way then."""
        action = valid_on(as_of, "item__action__started_on", "item__action__ended_on")
        return self.filter(valid_on(as_of), action, item__voided=None)


class Attachment(Record):
    """A record that belongs to an item of a special action, by its kind and code. It lies in the record's area, so that
    a township attaches its own."""

    goes_with = ("item",)

    item = models.ForeignKey(
        SpecialActionItem, models.PROTECT, related_name="attachments", verbose_name=_("item of a special action")
    )
    kind = models.CharField(_("kind of record"), max_length=16, choices=AttachableKind)
    target_code = models.CharField(_("code of the record"), max_length=40)
    area = models.ForeignKey("registry.Area", models.PROTECT, verbose_name=_("area"))
    valid_from = models.DateField(_("attached since"))
    valid_to = models.DateField(_("attached until"), null=True, blank=True)

    objects: ClassVar = ScopedManager.from_queryset(AttachmentQuerySet)()

    class Meta(Record.Meta):
        verbose_name = _("record of a special action")
        verbose_name_plural = _("records of special actions")
        constraints = [
            *Record.Meta.constraints,
            in_choices("kind", AttachableKind, "attachment_kind_known"),
            ends_after_start("valid_from", "valid_to", "attachment_ends_after_start"),
            models.UniqueConstraint(
                fields=["item", "kind", "target_code"],
                condition=IN_FORCE & Q(valid_to=None),
                name="attachment_one_open",
                violation_error_message=_("This record is attached to the item already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.target_code}"

    @property
    def action(self) -> SpecialAction:
        return self.item.action

    def clean(self) -> None:
        known = self.kind in AttachableKind.values
        if known and not attachable(self.kind).filter(code=self.target_code).exists():
            raise ValidationError({"target_code": _("There is no public record of this kind with this code.")})
