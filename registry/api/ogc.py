"""Points, belts and zones as an OGC API – Features service (core, GeoJSON), for QGIS and other map clients."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from shapely.geometry import box, shape

from registry.access.scope import BadInput, Scope, read_scope
from registry.api.base import ApiView
from registry.api.geometry import GEOMETRIES, features
from registry.api.paging import MOST, PAGE_SIZE, keys_of, page_of, placed
from registry.api.read_views import ResourceView
from registry.api.resources import RESOURCES, Resource, standing
from registry.api.serialize import as_json
from registry.filters import filtered, filters_of
from registry.models import COUNTED, StatusPeriod
from registry.models.points import PUBLIC
from registry.text.validators import plain_number

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS = [f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "geojson", "oas30")]
JSON, GEOJSON, OPENAPI = "application/json", "application/geo+json", "application/vnd.oai.openapi+json;version=3.0"
SHIFT = 0.02  # degrees: more than any Chinese map system differs from WGS 84
UNSHIFTED = ("wgs84", "cgcs2000")


class GeoJSONRenderer(JSONRenderer):
    media_type = GEOJSON
    format = "geojson"


class OgcView(ApiView):
    """A view of the service. Map clients may write `f` for `format`."""

    accepted: tuple[str, ...] = ("f",)
    renderer_classes = [JSONRenderer, GeoJSONRenderer]

    def address(self, name: str, *args: str) -> str:
        return self.request.build_absolute_uri(reverse(name, args=args))

    def link(self, rel: str, href: str, kind: str = JSON, title: Any = "") -> dict[str, str]:
        return {"rel": rel, "href": href, "type": kind, "title": str(title or rel)}

    def collection(self, resource: Resource) -> dict[str, Any]:
        own = self.address("api-ogc-collection", resource.slug)
        return {
            "id": resource.slug,
            "title": str(resource.kind.label),
            "itemType": "feature",
            "crs": [CRS84],
            "links": [
                self.link("self", own),
                self.link("items", self.address("api-ogc-items", resource.slug), GEOJSON, resource.kind.label),
            ],
        }


class Landing(OgcView):
    @extend_schema(operation_id="ogc_landing", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        """The entry page for map clients."""
        links = [
            self.link("self", request.build_absolute_uri()),
            self.link("service-desc", self.address("api-schema"), OPENAPI),
            self.link("service-doc", self.address("api-docs"), "text/html"),
            self.link("conformance", self.address("api-ogc-conformance")),
            self.link("data", self.address("api-ogc-collections")),
        ]
        return as_json({"title": _("Points, belts and zones"), "links": links})


class Conformance(OgcView):
    @extend_schema(operation_id="ogc_conformance", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        """The parts of the standard that the service implements."""
        return as_json({"conformsTo": CONFORMS})


class OgcCollections(OgcView):
    @extend_schema(operation_id="ogc_collections", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> HttpResponse:
        """The layers."""
        collections = [self.collection(RESOURCES[slug]) for slug in GEOMETRIES]
        return as_json({"links": [self.link("self", request.build_absolute_uri())], "collections": collections})


def resource_or_404(slug: str) -> Resource:
    if slug not in GEOMETRIES:
        raise Http404
    return RESOURCES[slug]


class OgcCollection(OgcView):
    @extend_schema(operation_id="ogc_collection", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, layer: str) -> HttpResponse:
        """One layer."""
        return as_json(self.collection(resource_or_404(layer)))


class OgcItems(OgcView, ResourceView):
    accepted = ("f", "area", "bbox", "datetime", "limit", "cursor")

    def parameters(self) -> tuple[str, ...]:
        layer = self.kwargs.get("layer", "points") if hasattr(self, "kwargs") else "points"
        self.resource = resource_or_404(layer or "points")
        return (*self.accepted, *filters_of(self.resource.kind).base_filters)

    @extend_schema(operation_id="ogc_items", responses={(200, GEOJSON): OpenApiTypes.OBJECT})
    def get(self, request: Request, layer: str) -> HttpResponse:
        """The features of a layer in a box and a period, page by page."""
        resource, parameters = self.resource, request.query_params
        period = interval(parameters.get("datetime", ""))
        scope = read_scope({"area": parameters.get("area", ""), "as_of": period.last}, request.user)
        rows = filtered(resource.kind, present(resource, scope, period.first or scope.as_of), scope, parameters).qs
        inside = bbox(parameters.get("bbox", ""))
        rows = within(resource, rows, scope, inside) if inside else rows
        values = resource.listed.values(rows, scope)
        address = self.address("api-ogc-items", resource.slug)
        keys, size = keys_of(resource.listed), limit(parameters)
        page = page_of(keys, parameters, address, size, lambda at: list(placed(values, keys, at, size)))
        items = features(resource, self.writer(request, scope).write(page.rows, resource.listed), scope)
        if inside:  # the query only preselects positions measured in a shifted system
            items = [item for item in items if item["geometry"] and touches(item["geometry"], inside)]
        links = [self.link("self", request.build_absolute_uri(), GEOJSON)]
        links += [self.link("next", page.next, GEOJSON)] if page.next else []
        links += [self.link("prev", page.previous, GEOJSON)] if page.previous else []
        content = {"type": "FeatureCollection", "features": items, "numberReturned": len(items), "links": links}
        return as_json(content, GEOJSON)


class OgcItem(OgcView, ResourceView):
    @extend_schema(operation_id="ogc_item", responses={(200, GEOJSON): OpenApiTypes.OBJECT})
    def get(self, request: Request, layer: str, code: str) -> HttpResponse:
        """One feature."""
        self.resource, scope = resource_or_404(layer), read_scope({}, request.user)
        rows = self.resource.any_day(scope).filter(code=code)
        values = self.resource.listed.values(rows, scope)
        items = features(self.resource, self.writer(request, scope).write(list(values), self.resource.listed), scope)
        if not items:
            raise Http404
        links = [self.link("self", request.build_absolute_uri(), GEOJSON)]
        links += [self.link("collection", self.address("api-ogc-collection", layer))]
        return as_json({**items[0], "links": links}, GEOJSON)


@dataclass(frozen=True)
class Interval:
    """`last` is the day shown, as text; `first` is the first day on which a feature may have existed."""

    first: date | None
    last: str


def interval(text: str) -> Interval:
    """Parses a day or time, or two with a slash between. Raises BadInput."""
    first, slash, last = text.partition("/")
    if not slash:
        day = _day(text, text)
        return Interval(day, day.isoformat() if day else "")
    begin, end = _day(first, text), _day(last, text)
    if begin and end and begin > end:
        raise _no_interval(text)
    return Interval(begin or date(1900, 1, 1), end.isoformat() if end else "")


def _day(text: str, whole: str) -> date | None:
    if text in ("", ".."):
        return None
    try:
        if "T" not in text:
            if len(text) != 10:
                raise _no_interval(whole)
            return date.fromisoformat(text)
        moment = parse_datetime(text.replace(" ", "+"))
        if not isinstance(moment, datetime) or timezone.is_naive(moment):
            raise _no_interval(whole)
        return timezone.localtime(moment).date()
    except (ValueError, OverflowError) as error:
        raise _no_interval(whole) from error


def _no_interval(text: str) -> BadInput:
    message = _("“%(value)s” is no time. Write a day, a time with its zone, or two of them with a slash between.")
    return BadInput("datetime", text, message % {"value": text})


def limit(parameters: Any) -> int:
    """Parses the page size. A value above the maximum gets a full page."""
    text = parameters.get("limit", str(PAGE_SIZE))
    size = plain_number(text[:18])
    if not size:
        raise BadInput("limit", text, _("“%(value)s” is no number of features. Write 1 or more.") % {"value": text})
    return min(size, MOST)


def bbox(text: str) -> list[Any]:
    """Parses a box as one shape, or as two if it crosses the 180th meridian. Heights are dropped. Raises BadInput."""
    if not text:
        return []
    try:
        numbers = [float(part) for part in text.split(",")]
        west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
        if len(numbers) not in (4, 6) or not all(abs(number) <= 180 for number in numbers[:2]) or not south <= north:
            raise ValueError
        if not (abs(east) <= 180 and abs(south) <= 90 and abs(north) <= 90):
            raise ValueError
    except ValueError as error:
        message = _("“%(value)s” is no box. Write west, south, east and north in degrees, separated by commas.")
        raise BadInput("bbox", text, message % {"value": text}) from error
    if west <= east:
        return [box(west, south, east, north)]
    return [box(west, south, 180, north), box(-180, south, east, north)]


def touches(geometry: dict, boxes: Iterable[Any]) -> bool:
    return any(shape(geometry).intersects(part) for part in boxes)


def present(resource: Resource, scope: Scope, since: date) -> QuerySet:
    """The features that existed between `since` and the day of the scope."""
    if resource.slug != "points":
        return resource.kind.on(scope).filter(Q(ended_on=None) | Q(ended_on__gt=since))
    if since == scope.as_of:
        return resource.on(scope)
    counted = StatusPeriod.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=since), point=OuterRef("pk"), status__in=COUNTED, valid_from__lte=scope.as_of
    )
    rows = standing(scope.sees(resource.model), scope)
    return rows.filter(Exists(counted), status__in=PUBLIC)


def within(resource: Resource, rows: QuerySet, scope: Scope, boxes: Iterable[Any]) -> QuerySet:
    """Filters points in the database. Lines and outlines are few, and are filtered in Python."""
    if resource.slug == "points":
        condition = Q(pk__in=[])
        for part in boxes:
            exact, near = part.bounds, part.buffer(SHIFT).bounds
            condition |= _in_box(exact) & Q(coordinate_system__in=UNSHIFTED)
            condition |= _in_box(near) & ~Q(coordinate_system__in=UNSHIFTED)
        return rows.filter(condition)
    lies = GEOMETRIES[resource.slug](rows.order_by().values_list("code", flat=True), scope)
    return rows.filter(code__in=[code for code, geometry in lies.items() if touches(geometry, boxes)])


def _in_box(bounds: tuple[float, float, float, float]) -> Q:
    west, south, east, north = bounds
    return Q(lng__gte=west, lng__lte=east, lat__gte=south, lat__lte=north)


urlpatterns = [
    path("ogc/", Landing.as_view(), name="api-ogc"),
    path("ogc/conformance/", Conformance.as_view(), name="api-ogc-conformance"),
    path("ogc/collections/", OgcCollections.as_view(), name="api-ogc-collections"),
    path("ogc/collections/<str:layer>/", OgcCollection.as_view(), name="api-ogc-collection"),
    path("ogc/collections/<str:layer>/items/", OgcItems.as_view(), name="api-ogc-items"),
    path("ogc/collections/<str:layer>/items/<str:code>/", OgcItem.as_view(), name="api-ogc-item"),
]
