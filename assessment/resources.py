"""The API resources of assessment: projects, standards, and decided rounds."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from assessment import models as a
from registry.access.scope import Scope
from registry.api.catalogue import AREA, ORGANISATION, POINT
from registry.api.resources import Link, Resource, ResourcePart, register
from registry.kinds import KINDS, Column, Dimension, Kind
from registry.kinds.shared import BY_TOWNSHIP, CODE, by_year
from registry.models import Grade

REVIEWS = Kind(
    "reviews",
    a.Review,
    _("Reviews"),
    lambda s: s.sees(a.Review).filter(opened_on__lte=s.as_of),
    (
        CODE,
        Column("point_name", _("Point"), "point__name"),
        Column("round", _("Round"), choices=a.Round),
        Column("outcome", _("Outcome"), choices=a.Outcome),
        Column("proposed_grade", _("Proposed grade"), choices=Grade),
        Column("total", _("Total"), numeric=True),
        Column("opened_on", _("Opened on")),
        Column("decided_on", _("Decided on"), happens=True),
    ),
    (
        Dimension("round", _("Round"), F("round"), a.Round),
        Dimension("outcome", _("Outcome"), F("outcome"), a.Outcome),
        by_year("opened_on"),
    ),
    annotate=lambda rows, s: rows.annotate(total=Sum("scores__district_score")),
)
FINDINGS = Kind(
    "findings",
    a.SupervisionFinding,
    _("Findings of supervision"),
    lambda s: s.sees(a.SupervisionFinding).filter(inspected_on__lte=s.as_of),
    (
        CODE,
        Column("inspected_on", _("Inspected on")),
        Column("issuer", _("Supervised by")),
        Column("finding", _("Finding")),
        Column("demand", _("What is asked for")),
        Column("deadline", _("Deadline")),
        Column("done", _("Done")),
        Column("rechecked_on", _("Checked again on"), happens=True),
    ),
    (BY_TOWNSHIP, by_year("inspected_on")),
)
SCHEME = Link("scheme", KINDS["schemes"], _("Code of the scheme"))
ITEM = Column("number", _("Number"), "item__number"), Column("item", _("Item"), "item__name")
STANDARD = Link("standard", KINDS["standards"], _("Code of the standard"))


def _inside(model: Any, path: str) -> Callable[[Scope], QuerySet]:
    """Rows only for the staff of the area: the cards before the announcement, and the reasons."""

    return lambda scope: scope.readable(model.objects.order_by(path, *model._meta.ordering), f"{path}__area_id")


def _scores(scope: Scope) -> QuerySet:
    reviews = a.Review.objects.visible_to(scope.viewer)
    return a.ReviewScore.objects.filter(review__in=reviews).order_by("review", "item__number")


register(
    Resource(
        "projects",
        KINDS["projects"],
        (AREA, ORGANISATION),
        (
            ResourcePart(
                "entries",
                _("Entries of the ledger"),
                lambda s: a.LedgerEntry.objects.filter(entered_on__lte=s.as_of).order_by("project", "entered_on", "pk"),
                "project__code",
                (
                    Column("stage", _("Stage"), choices=a.LedgerStage),
                    Column("entered_on", _("Date")),
                    Column("percent", _("Progress"), unit="%", numeric=True),
                    Column("text", _("Entry")),
                ),
            ),
            ResourcePart(
                "problems",
                _("Problems"),
                lambda s: a.ProjectProblem.objects.visible_to(s.viewer).filter(found_on__lte=s.as_of).order_by("code"),
                "project__code",
                (
                    CODE,
                    Column("name", _("Problem")),
                    Column("found_on", _("Put down on")),
                    Column("solved_on", _("Solved on"), happens=True),
                ),
            ),
        ),
    ),
    Resource(
        "standards",
        KINDS["standards"],
        (),
        (
            ResourcePart(
                "items",
                _("Items"),
                lambda s: a.StandardItem.objects.visible_to(s.viewer).order_by("standard", "number"),
                "standard__code",
                (
                    Column("number", _("Number")),
                    CODE,
                    Column("name", _("Item")),
                    Column("weight", _("Weight"), numeric=True),
                    Column("method", _("How it is checked")),
                ),
            ),
            ResourcePart(
                "vetoes",
                _("Veto items"),
                lambda s: a.VetoItem.objects.order_by("standard", "number"),
                "standard__code",
                (Column("number", _("Number")), Column("name", _("Item"))),
            ),
            ResourcePart(
                "pass_lines",
                _("Pass lines"),
                lambda s: a.PassLine.objects.order_by("standard", "-minimum"),
                "standard__code",
                (
                    Column("grade", _("Grade"), choices=Grade),
                    Column("minimum", _("From a total of"), numeric=True),
                ),
            ),
        ),
    ),
    Resource(
        "schemes",
        KINDS["schemes"],
        (AREA,),
        (
            ResourcePart(
                "items",
                _("Items"),
                lambda s: a.SchemeItem.objects.filter(scheme__in=a.Scheme.objects.visible_to(s.viewer)).order_by(
                    "scheme", "number"
                ),
                "scheme__code",
                (
                    Column("number", _("Number")),
                    Column("part", _("Part")),
                    Column("name", _("Item")),
                    Column("weight", _("Weight"), numeric=True),
                    Column("method", _("How it is judged")),
                    Column("figure", _("Computed from")),
                    Column("full_at", _("Full weight at"), numeric=True),
                    Column("bonus", _("Bonus")),
                ),
            ),
        ),
    ),
    Resource(
        "findings",
        FINDINGS,
        (AREA, ORGANISATION),
        (
            ResourcePart(
                "steps",
                _("Steps of a finding"),
                _inside(a.SupervisionStep, "finding"),
                "finding__code",
                (
                    Column("act", _("Act"), choices=a.StepAct),
                    Column("on", _("Date")),
                    Column("text", _("Words")),
                ),
            ),
        ),
    ),
    Resource(
        "results",
        KINDS["results"],
        (SCHEME, AREA, ORGANISATION),
        (
            ResourcePart(
                "scores",
                _("Scores"),
                _inside(a.ItemScore, "result"),
                "result__code",
                (
                    *ITEM,
                    Column("self_score", _("Own score"), numeric=True),
                    Column("score", _("Score"), numeric=True),
                    Column("note", _("Note")),
                ),
            ),
            ResourcePart(
                "appeals",
                _("Appeals"),
                _inside(a.Appeal, "result"),
                "result__code",
                (
                    *ITEM,
                    Column("text", _("Reason")),
                    Column("made_on", _("Made on")),
                    Column("answer", _("Answer")),
                    Column("settled_on", _("Answered on"), happens=True),
                ),
            ),
        ),
    ),
    Resource(
        "reviews",
        REVIEWS,
        (POINT, STANDARD),
        (
            ResourcePart(
                "scores",
                _("Scores"),
                _scores,
                "review__code",
                (
                    Column("number", _("Number"), "item__number"),
                    Column("item", _("Item"), "item__name"),
                    Column("weight", _("Weight"), "item__weight", numeric=True),
                    Column("township_score", _("Township score"), numeric=True),
                    Column("district_score", _("District score"), numeric=True),
                ),
            ),
        ),
    ),
)
