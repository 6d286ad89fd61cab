"""Record kinds of what the work stands on: special actions and their records, village elections, policy documents."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry import models as m
from registry.access.scope import Scope

from .base import Column, Dimension, Kind, register
from .shared import (
    AREA,
    BY_LEVEL,
    BY_TOWNSHIP,
    BY_YEAR_COLUMN,
    CODE,
    LEVEL,
    NAME,
    TOWNSHIP_NAME,
    by_year,
    with_township,
)

PAPER = Column("document_no", _("Paper number"))


def _with_target(rows: QuerySet, scope: Scope) -> QuerySet:
    """Adds the name of the record, as it can be searched for."""
    entries = m.SearchEntry.objects.filter(kind=OuterRef("kind"), code=OuterRef("target_code"))
    return rows.annotate(target_name=Subquery(entries.values("name")[:1]))


register(
    Kind(
        "special-actions",
        m.SpecialAction,
        _("Special actions"),
        lambda s: s.sees(m.SpecialAction).under_way(s.as_of),
        (
            CODE,
            NAME,
            Column("kind", _("Kind"), choices=m.ActionKind),
            Column("covers", _("Covers")),
            Column("items_count", pgettext_lazy("special action", "Items"), numeric=True),
            Column("started_on", _("Started on")),
        ),
        (Dimension("kind", _("Kind"), F("kind"), m.ActionKind), by_year("started_on")),
        annotate=lambda rows, s: rows.with_counts(),
        searched=True,
        details=(Column("aim", _("Aim")), PAPER, AREA, Column("ended_on", _("Ended on"), happens=True)),
    ),
    Kind(
        "attachments",
        m.Attachment,
        _("Records of special actions"),
        lambda s: s.sees(m.Attachment).attached(s.as_of),
        (
            CODE,
            Column("action_name", _("Special action"), "item__action__name"),
            Column("item_name", pgettext_lazy("special action", "Item"), "item__name"),
            Column("kind", _("Kind of record"), choices=m.AttachableKind),
            Column("target_code", _("Code of the record")),
            Column("target_name", _("Record")),
            Column("valid_from", _("Attached since")),
        ),
        (
            BY_TOWNSHIP,
            Dimension("action", _("Special action"), F("item__action__name")),
            Dimension("kind", _("Kind of record"), F("kind"), m.AttachableKind),
        ),
        annotate=_with_target,
        details=(AREA, Column("valid_to", _("Attached until"), happens=True)),
    ),
    Kind(
        "elections",
        m.VillageElection,
        _("Village elections"),
        lambda s: s.sees(m.VillageElection).held_by(s.as_of),
        (
            CODE,
            Column("village", _("Village"), "area__name"),
            TOWNSHIP_NAME,
            Column("year", _("Year")),
            Column("term", _("Term")),
            Column("held_on", _("Elected on")),
            Column("result", pgettext_lazy("election", "Result"), choices=m.ElectionResult),
            Column("is_combined_post", _("Secretary is also director")),
        ),
        (
            BY_TOWNSHIP,
            BY_YEAR_COLUMN,
            Dimension("result", pgettext_lazy("election", "Result"), F("result"), m.ElectionResult),
        ),
        annotate=with_township,
        order=("-year", "code"),
        details=(PAPER,),
    ),
    Kind(
        "policy-documents",
        m.PolicyDocument,
        _("Policy documents"),
        lambda s: s.sees(m.PolicyDocument).in_force(s.as_of),
        (
            CODE,
            Column("number", _("Paper number")),
            Column("title", _("Title of the document")),
            Column("issuer", _("Issued by")),
            LEVEL,
            Column("issued_on", _("Issued on")),
        ),
        (BY_LEVEL, by_year("issued_on")),
        order=("-issued_on", "code"),
        searched=True,
        details=(
            Column("summary", _("Summary")),
            Column("valid_from", _("In force since")),
            Column("valid_to", _("In force until"), happens=True),
        ),
    ),
)
