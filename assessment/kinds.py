"""Record kinds of assessment. Talks and replacements only show their kind and year."""

from django.db.models import CharField, F
from django.db.models.functions import Cast, ExtractYear
from django.utils.translation import gettext_lazy as _

from assessment import models as a
from registry.kinds import Column, Dimension, Kind, register
from registry.kinds.shared import (
    BY_TOWNSHIP,
    BY_YEAR_COLUMN,
    CODE,
    NAME,
    ORGANISATION,
    TOWNSHIP_NAME,
    by_year,
    with_township,
)

register(
    Kind(
        "projects",
        a.SecretaryProject,
        _("Secretary projects"),
        lambda s: s.sees(a.SecretaryProject).opened(s.as_of),
        (
            CODE,
            NAME,
            Column("year", _("Year")),
            ORGANISATION,
            Column("stage", _("Stage"), choices=a.LedgerStage),
            Column("percent", _("Progress"), unit="%", numeric=True),
            Column("problems_count", _("Problems"), numeric=True),
            Column("solved", _("Solved"), numeric=True),
            Column("deadline", _("Deadline")),
        ),
        (
            BY_TOWNSHIP,
            BY_YEAR_COLUMN,
            Dimension("stage", _("Stage"), lambda s: a.latest_entry("stage", s.as_of), a.LedgerStage),
        ),
        annotate=lambda rows, s: rows.with_progress(s.as_of),
        order=("-year", "code"),
        searched=True,
    ),
    Kind(
        "problems",
        a.ProjectProblem,
        _("Problems of the projects"),
        lambda s: s.sees(a.ProjectProblem).found(s.as_of),
        (
            CODE,
            Column("name", _("Problem")),
            Column("project_name", _("Project"), "project__name"),
            Column("year", _("Year"), "project__year"),
            TOWNSHIP_NAME,
            Column("solved_on", _("Solved on"), happens=True),
        ),
        (BY_TOWNSHIP, Dimension("year", _("Year"), Cast("project__year", CharField()))),
        annotate=with_township,
        order=("-project__year", "code"),
    ),
    Kind(
        "notices",
        a.Notice,
        _("Public notices"),
        lambda s: s.sees(a.Notice).posted(s.as_of),
        (
            CODE,
            Column("title", _("Heading")),
            Column("starts_on", _("Posted on")),
            Column("ends_on", _("Until (included)")),
            Column("document_no", _("Paper number")),
        ),
        (by_year("starts_on"),),
        order=("-starts_on", "code"),
    ),
    Kind(
        "standards",
        a.Standard,
        _("Standards"),
        lambda s: s.sees(a.Standard).in_force(s.as_of),
        (CODE, NAME, Column("issuer", _("Issued by")), Column("valid_from", _("In force since"))),
        searched=True,
    ),
    Kind(
        "standard-items",
        a.StandardItem,
        _("Items of the standard"),
        lambda s: s.sees(a.StandardItem).in_force(s.as_of),
        (
            Column("number", _("Number"), numeric=True),
            Column("name", _("Item")),
            Column("weight", _("Weight"), numeric=True),
            Column("method", _("How it is checked")),
        ),
        order=("standard", "number"),
    ),
    Kind(
        "schemes",
        a.Scheme,
        _("Schemes of assessment"),
        lambda s: s.sees(a.Scheme).opened(s.as_of),
        (
            CODE,
            NAME,
            Column("year", _("Year")),
            Column("kind", _("Kind"), choices=a.SchemeKind),
            Column("opened_on", _("Opened on")),
            Column("announced_on", _("Announced on"), happens=True),
            Column("published_on", _("Published on"), happens=True),
        ),
        (BY_YEAR_COLUMN, Dimension("kind", _("Kind"), F("kind"), a.SchemeKind)),
        order=("-year", "code"),
        searched=True,
    ),
    Kind(
        "results",
        a.SchemeResult,
        _("Results of assessment"),
        lambda s: s.sees(a.SchemeResult).filter(scheme__opened_on__lte=s.as_of),
        (
            CODE,
            Column("scheme_name", _("Scheme"), "scheme__name"),
            Column("area_name", _("Area"), "area__name"),
            ORGANISATION,
            Column("points", _("Total"), numeric=True),
            Column("place", _("Rank"), numeric=True),
            Column("previous_rank", _("Rank of the year before"), numeric=True),
        ),
        (
            BY_TOWNSHIP,
            Dimension("year", _("Year"), Cast("scheme__year", CharField())),
            Dimension("kind", _("Kind"), F("scheme__kind"), a.SchemeKind),
        ),
        annotate=lambda rows, s: rows.with_rank(s.as_of),
        order=("-scheme__year", "code"),
    ),
    Kind(
        "accountability",
        a.AccountabilityAction,
        _("Talks and replacements"),
        lambda s: a.AccountabilityAction.objects.counted().in_area(s.area).occurred(s.as_of),
        (
            Column("kind", _("Kind"), choices=a.AccountabilityKind),
            Column("year", _("Year")),
        ),
        (Dimension("kind", _("Kind"), F("kind"), a.AccountabilityKind), by_year("occurred_on")),
        annotate=lambda rows, s: rows.annotate(year=Cast(ExtractYear("occurred_on"), CharField())),
        order=("-year", "kind"),
        redacted=True,
    ),
)
