"""The REST API under /api/v1/: the figures and the rows they are computed from."""

from dataclasses import replace
from functools import cache
from urllib.parse import urlencode

from django.http import Http404
from django.urls import path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

import assessment.api.projects
import assessment.api.schemes
import assessment.api.supervision  # noqa: F401 - they offer their acts
from assessment.api.notices import NoticeList, NoticeView
from registry.access.scope import BadInput, Scope, read_day
from registry.api import ogc
from registry.api.base import ApiView
from registry.api.docs import Docs, SchemaView
from registry.api.paging import Key, keys_of, page_of, page_size, placed
from registry.api.resources import RESOURCES
from registry.api.urls import addresses
from registry.figures import FIGURES, YEARLY_FORMS, Answer, Figure, answer_all, with_years
from registry.figures.base import plain
from registry.figures.changes import HowChanged, RowChange, days_compared, differences
from registry.figures.frozen import frozen_figures
from registry.filters import filtered
from registry.kinds import KINDS, Kind
from registry.models import FrozenFigure

DIMENSIONS = ("township", "level", "field", "grade", "year", "kind", "stage", "category", "list")


class FrozenSerializer(serializers.Serializer):
    """What a figure said when its year was closed."""

    value = serializers.FloatField(allow_null=True)
    closed_on = serializers.DateField()
    hash = serializers.CharField(help_text="SHA-256 over the frozen numbers and the rows they stand on.")


class ResourceSerializer(serializers.Serializer):
    """A list of records, or another address of the API, with its name for people."""

    slug = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a serializer has its own
    url = serializers.URLField()


class CoverageSerializer(serializers.Serializer):
    """How far a year is reported. `reported` and `expected` are null for a form that nobody owes."""

    year = serializers.IntegerField()
    reported = serializers.IntegerField(allow_null=True)
    expected = serializers.IntegerField(allow_null=True)
    missing = serializers.URLField(allow_null=True, help_text="Address of the areas that have not reported.")


class AnswerSerializer(serializers.Serializer):
    """A figure's answer. A share is in percent and its gap in percentage points; money is in yuan. A yearly figure
    answers for its newest reported year; without one its value is null, never 0."""

    slug = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a serializer has its own
    unit = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField(allow_null=True)
    area = serializers.CharField()
    as_of = serializers.DateField()
    year = serializers.IntegerField(allow_null=True, help_text="The year of a yearly figure; null for a standing one.")
    coverage = CoverageSerializer(allow_null=True, help_text="How far the year of the day is reported, until it is.")
    rows = serializers.URLField(help_text="Address of the rows the value was computed from.")
    changes = serializers.URLField(help_text="Address of what moved since the end of the year before.")
    frozen = FrozenSerializer(required=False, help_text="Only at the end of a closed year.")


class GroupSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a serializer has its own
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)
    rows = serializers.URLField()


class YearSerializer(serializers.Serializer):
    as_of = serializers.DateField()
    year = serializers.IntegerField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)


class FigureSerializer(AnswerSerializer):
    definition = serializers.CharField()
    dated = serializers.CharField(help_text="Which dates decide whether a row counts.")
    source = serializers.CharField(  # type: ignore[assignment]  # a serializer has its own
        help_text="F-number of the source article's figures."
    )
    by = GroupSerializer(many=True, required=False)
    series = YearSerializer(many=True)


class RowsSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


class RowChangeSerializer(serializers.Serializer):
    kind = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    url = serializers.URLField(allow_null=True)
    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)
    events = serializers.ListField(child=serializers.DictField(), help_text="verb, at, document_no")


class ChangesSerializer(serializers.Serializer):
    """What moved a figure between two days. `difference` is in the figure's unit; of a share, percentage points."""

    slug = serializers.CharField()
    area = serializers.CharField()
    since = serializers.DateField()
    as_of = serializers.DateField()
    before = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    difference = serializers.FloatField(allow_null=True)
    came = RowChangeSerializer(many=True)
    went = RowChangeSerializer(many=True)
    changed = RowChangeSerializer(many=True)


class MissingSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class FigureView(ApiView):
    """What the figure addresses share. `year` asks for a year of yearly figures."""

    accepted = (*ApiView.accepted, "year")

    def figure(self, slug: str) -> Figure:
        if slug not in FIGURES:
            raise Http404
        return FIGURES[slug]

    def rows_address(self, figure: Figure, scope: Scope, **by: str) -> str:
        return self.address("api-figure-rows", scope, figure.slug, **by)

    def address(self, name: str, scope: Scope, slug: str, **more: str) -> str:
        year = {"year": str(scope.year)} if scope.year else {}
        parameters = {"area": scope.area, "as_of": scope.as_of.isoformat(), **year, **more}
        return reverse(name, [slug], request=self.request) + f"?{urlencode(parameters)}"

    def coverage(self, answer: Answer) -> dict | None:
        coverage = answer.coverage
        if coverage is None:
            return None
        missing = self.address("api-figure-missing", answer.scope, answer.figure.slug, year=str(coverage.year))
        return {
            "year": coverage.year,
            "reported": coverage.reported,
            "expected": coverage.expected,
            "missing": None if coverage.expected is None else missing,
        }

    def written(self, answer: Answer, frozen: dict[str, FrozenFigure]) -> dict:
        frozen_figure = frozen.get(answer.figure.slug)
        return {
            "slug": answer.figure.slug,
            "label": str(answer.figure.label),
            "unit": str(answer.figure.unit),
            "value": answer.value,
            "part": answer.part,
            "whole": answer.whole,
            "target": answer.target,
            "gap": answer.gap,
            "area": answer.scope.area,
            "as_of": answer.scope.as_of.isoformat(),
            "year": answer.year,
            "coverage": self.coverage(answer),
            "rows": self.rows_address(answer.figure, answer.scope),
            "changes": self.address("api-figure-changes", answer.scope, answer.figure.slug),
            **({"frozen": _frozen(frozen_figure)} if frozen_figure else {}),
        }


class FigureListView(FigureView):
    @extend_schema(operation_id="figures_list", responses=AnswerSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every figure for an area and a day."""
        scope = self.scope(request)
        frozen = frozen_figures(scope)
        answers = answer_all(FIGURES.values(), scope)
        return Response([self.written(answer, frozen) for answer in answers.values()])


class FigureDetailView(FigureView):
    accepted = (*FigureView.accepted, "by")

    @extend_schema(operation_id="figures_retrieve", responses=FigureSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One figure with its definition and its series, broken down `by` a dimension on request."""
        figure, scope = self.figure(slug), self.scope(request)
        answer = self.written(figure.answer(scope), frozen_figures(scope)) | {
            "definition": str(figure.definition),
            "dated": str(figure.dated),
            "source": figure.source,
            "series": [
                {"as_of": day.isoformat(), "year": answer.year, **_measures(answer)}
                for day, answer in figure.series(scope)
            ],
        }
        if "by" in request.query_params:
            answer["by"] = self.groups(figure, scope, request.query_params["by"])
        return Response(answer)

    def groups(self, figure: Figure, scope: Scope, by: str) -> list[dict]:
        names = [dimension.name for dimension in figure.dimensions()]
        if by not in names:
            message = _("This figure cannot be broken down by “%(value)s”. It can be by: %(names)s.")
            raise BadInput("by", by, message % {"value": by, "names": ", ".join(names) or "—"})
        return [
            {"key": key, "label": name, **_measures(answer), "rows": self.rows_address(figure, scope, **{by: key})}
            for key, name, answer in figure.by(by, scope)
        ]


@cache
def row_keys(kind: Kind) -> tuple[Key, ...]:
    """Rows of a figure stand in the order of their codes."""
    return keys_of(kind if kind.redacted else replace(kind, order=("code",)))


class FigureRowsView(FigureView):
    accepted = (*ApiView.accepted, *DIMENSIONS, "search", "cursor", "page_size")

    @extend_schema(operation_id="figures_rows", responses=RowsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The rows a figure was computed from, narrowed by its dimensions; `count` is their number over all pages."""
        figure, scope = self.figure(slug), self.scope(request)
        kind = figure.record_kind
        filters = filtered(kind, figure.rows(scope), scope, request.query_params)
        values = kind.values(filters.qs, scope)
        keys, size = row_keys(kind), page_size(request.query_params, 100)
        address = request.build_absolute_uri(request.path)
        page = page_of(keys, request.query_params, address, size, lambda at: list(placed(values, keys, at, size)))
        return Response(
            {
                "count": filters.qs.order_by().count(),
                "next": page.next,
                "previous": page.previous,
                "results": [self.row(row, kind) for row in kind.hide_future(page.rows, scope)],
            }
        )

    def row(self, row: dict, kind: Kind) -> dict:
        code = row.pop("row_code", None)
        if code:
            row["url"] = reverse("record", [kind.slug, code], request=self.request)
        row["illustrative"] = row.pop("row_illustrative", False)
        return row


class FigureChangesView(FigureView):
    accepted = (*FigureView.accepted, "since")

    @extend_schema(operation_id="figures_changes", responses=ChangesSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """What moved a figure between `since` (by default the end of last year) and the day: the rows that came, went
        or changed, each with its events."""
        figure, scope = self.figure(slug), with_years(self.scope(request))
        since = request.query_params.get("since", "").strip()
        day = read_day("since", since) if since else days_compared(scope)[0]
        [difference] = differences([figure], scope, [day])[slug]
        rows = list(difference.rows())
        return Response(
            {
                "slug": slug,
                "area": scope.area,
                "since": day.isoformat(),
                "as_of": scope.as_of.isoformat(),
                "before": difference.before.value,
                "value": difference.answer.value,
                "difference": difference.value,
                **{how.value: [self.change(row) for row in rows if row.how == how] for how in HowChanged},
            }
        )

    def change(self, row: RowChange) -> dict:
        return {
            "kind": row.kind.slug,
            "code": row.code,
            "name": row.name,
            "url": self.request.build_absolute_uri(row.url) if row.url else None,
            "before": row.before,
            "after": row.after,
            "events": [
                {"verb": event.verb, "at": event.at.isoformat(), "document_no": event.document_no}
                for event in row.events
            ],
        }


class FigureMissingView(FigureView):
    @extend_schema(operation_id="figures_missing", responses=MissingSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The areas that owe a row to a yearly figure's year and have not reported it."""
        figure, scope = self.figure(slug), self.scope(request)
        if not figure.yearly:
            raise Http404
        missing = YEARLY_FORMS[figure.yearly].missing(scope, scope.year or scope.as_of.year)
        return Response([{"code": area.code, "name": area.name} for area in missing])


def _frozen(frozen_figure: FrozenFigure) -> dict:
    return {
        "value": plain(frozen_figure.value),
        "closed_on": frozen_figure.frozen.closed_on.isoformat(),
        "hash": frozen_figure.hash,
    }


def _measures(answer: Answer) -> dict:
    return {"value": answer.value, "part": answer.part, "whole": answer.whole}


class IndexView(ApiView):
    accepted = ("format",)

    @extend_schema(operation_id="index", responses=ResourceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The resources there are, each with the address of its list, and what else has an address here."""
        resources = [(slug, resource.kind.label, f"api-{slug}-list") for slug, resource in RESOURCES.items()]
        others = [
            ("figures", _("Figures"), "api-figures"),
            ("notices", KINDS["notices"].label, "api-notices"),
            ("docs", _("REST API"), "api-docs"),
        ]
        return Response(
            [
                {"slug": slug, "label": str(label), "url": reverse(name, request=request)}
                for slug, label, name in (*resources, *others)
            ]
        )


urlpatterns = [
    path("", IndexView.as_view(), name="api-index"),
    path("figures/", FigureListView.as_view(), name="api-figures"),
    path("figures/<slug:slug>/", FigureDetailView.as_view(), name="api-figure"),
    path("figures/<slug:slug>/rows/", FigureRowsView.as_view(), name="api-figure-rows"),
    path("figures/<slug:slug>/changes/", FigureChangesView.as_view(), name="api-figure-changes"),
    path("figures/<slug:slug>/missing/", FigureMissingView.as_view(), name="api-figure-missing"),
    *addresses(),
    path("notices/", NoticeList.as_view(), name="api-notices"),
    path("notices/<str:code>/", NoticeView.as_view(), name="api-notice"),
    *ogc.urlpatterns,
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
]
