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
from registry.access.scope import BadInput, Scope
from registry.api import ogc
from registry.api.base import ApiView
from registry.api.docs import Docs, SchemaView
from registry.api.paging import Key, keys_of, page_of, page_size, placed
from registry.api.resources import RESOURCES
from registry.api.urls import addresses
from registry.figures import FIGURES, Answer, Figure, answer_all
from registry.figures.base import plain
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
    label = serializers.CharField()
    url = serializers.URLField()


class AnswerSerializer(serializers.Serializer):
    """A figure's answer. A share is in percent and its gap in percentage points; money is in yuan."""

    slug = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)
    target = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField(allow_null=True)
    area = serializers.CharField()
    as_of = serializers.DateField()
    rows = serializers.URLField(help_text="Address of the rows the value was computed from.")
    frozen = FrozenSerializer(required=False, help_text="Only at the end of a closed year.")


class GroupSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)
    rows = serializers.URLField()


class YearSerializer(serializers.Serializer):
    as_of = serializers.DateField()
    value = serializers.FloatField(allow_null=True)
    part = serializers.FloatField(allow_null=True)
    whole = serializers.FloatField(allow_null=True)


class FigureSerializer(AnswerSerializer):
    definition = serializers.CharField()
    dated = serializers.CharField(help_text="Which dates decide whether a row counts.")
    source = serializers.CharField(help_text="F-number of the source article's figures.")
    by = GroupSerializer(many=True, required=False)
    series = YearSerializer(many=True)


class RowsSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = serializers.ListField(child=serializers.DictField())


class FigureView(ApiView):
    """What the figure addresses share."""

    def figure(self, slug: str) -> Figure:
        if slug not in FIGURES:
            raise Http404
        return FIGURES[slug]

    def rows_address(self, figure: Figure, scope: Scope, **by: str) -> str:
        parameters = {"area": scope.area, "as_of": scope.as_of.isoformat(), **by}
        return reverse("api-figure-rows", [figure.slug], request=self.request) + f"?{urlencode(parameters)}"

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
            "rows": self.rows_address(answer.figure, answer.scope),
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
            "series": [{"as_of": day.isoformat(), **_measures(value)} for day, value in figure.series(scope)],
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
    accepted = (*FigureView.accepted, *DIMENSIONS, "search", "cursor", "page_size")

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

    def row(self, row: dict, kind) -> dict:
        code = row.pop("row_code", None)
        if code:
            row["url"] = reverse("record", [kind.slug, code], request=self.request)
        row["illustrative"] = row.pop("row_illustrative", False)
        return row


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
    *addresses(),
    path("notices/", NoticeList.as_view(), name="api-notices"),
    path("notices/<str:code>/", NoticeView.as_view(), name="api-notice"),
    *ogc.urlpatterns,
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
]
