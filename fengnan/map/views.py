"""The page of the map: the schematic, a list that says the same without a picture, and the coordinate view."""

from pathlib import Path

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fengnan.dashboard import areas_to_choose, years
from fengnan.map import geojson
from fengnan.map.options import CHOICES, LAYERS, THEMES, VIEWS, Choices, map_address
from fengnan.map.schematic import Schematic, schematic
from registry.access.scope import BadInput, Scope, read_box, read_scope
from registry.models import Area, Belt, Stage
from registry.views.tables import part_for

VIEW_NAMES = {"schematic": gettext_lazy("Schematic"), "coordinates": gettext_lazy("By coordinates")}
THEME_NAMES = {
    "field": gettext_lazy("Field of the points"),
    "level": gettext_lazy("Level of the points"),
    "rate": gettext_lazy("Premium rate of the townships"),
}


def map_page(request: HttpRequest) -> HttpResponse:
    scope, choices = read_scope(request.GET, request.user), read_choices(request.GET)
    drawn = schematic(scope, choices, links=choices.view == "schematic")
    undrawn, zones = list(undrawn_belts(drawn)), zone_list(scope)
    query = map_address(scope, choices).removeprefix(reverse("map"))
    context = {
        "scope": scope,
        "choices": choices,
        "schematic": drawn,
        "views": [(key, VIEW_NAMES[key], map_address(scope, choices, view=key)) for key in VIEWS],
        "filters": [(name, kind.choices, getattr(choices, name)) for name, kind in CHOICES.items()],
        "themes": THEME_NAMES.items(),
        "points": points_of_townships(drawn),
        "undrawn": undrawn,
        "belt_counts": built_or_not([*(b.built for b in drawn.belts), *(is_built(b, scope) for b in undrawn)]),
        "zones": zones,
        "zone_counts": built_or_not([stage == Stage.BUILT for _zone, stage in zones]),
        "data_url": reverse("map-data") + query,
        "tiles_url": settings.TILES_URL,
        "outline_url": reverse("map-outline") if settings.MAP_OUTLINE else "",
        "townships": areas_to_choose(scope),
        "years": years(scope),
    }
    response = render(request, part_for(request, "dashboard/map.html", "map"), context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def map_data(request: HttpRequest) -> JsonResponse:
    """What the coordinate view draws: the points, belts and zones the viewer may see on the day, as GeoJSON. With
    `bbox`, the points in that box only, and nothing else."""
    scope, choices = read_scope(request.GET, request.user), read_choices(request.GET)
    box = read_box(request.GET.get("bbox", ""))
    has = {layer: layer in choices.layers and box is None for layer in LAYERS}
    return JsonResponse(
        {
            "as_of": scope.as_of.isoformat(),
            "area": scope.area,
            **geojson.point_layers(scope, choices, box),
            "belts": geojson.belt_features(scope) if has["belts"] else geojson.collection([]),
            "zones": geojson.zone_features(scope) if has["zones"] else geojson.collection([]),
        }
    )


def map_outline(request: HttpRequest) -> HttpResponse:
    """The district's own outline file (`MAP_OUTLINE`), as it is."""
    file = Path(settings.MAP_OUTLINE) if settings.MAP_OUTLINE else None
    if file is None or not file.is_file():
        raise Http404
    return HttpResponse(file.read_bytes(), content_type="application/geo+json")


def read_choices(parameters: QueryDict) -> Choices:
    """What an address asks the map to show. Raises BadInput for a value that does not exist."""
    layers = parameters.getlist("layer")
    for layer in layers:
        if layer not in ("points", *LAYERS):
            raise _unknown("layer", layer)
    return Choices(
        **{name: _one_of(parameters, name, kind.values) for name, kind in CHOICES.items()},
        theme=_one_of(parameters, "theme", THEMES) or THEMES[0],
        layers=tuple(layer for layer in LAYERS if layer in layers) if layers else LAYERS,
        show=parameters.get("show", "").strip(),
        view=_one_of(parameters, "view", VIEWS) or VIEWS[0],
    )


def _one_of(parameters: QueryDict, name: str, values: list[str] | tuple[str, ...]) -> str:
    value = parameters.get(name, "").strip()
    if value and value not in values:
        raise _unknown(name, value)
    return value


def _unknown(name: str, value: str) -> BadInput:
    return BadInput(name, value, _("The map has no “%(value)s” to choose here.") % {"value": value})


def points_of_townships(drawn: Schematic) -> list[tuple]:
    """(township, its points with their addresses) for the list; no points where there are too many to list."""
    page = reverse("record", args=["points", "CODE"]) + drawn.scope.query
    return [
        (tile, [(page.replace("CODE", cell.code), cell) for cell in tile.points if drawn.linked])
        for tile in drawn.tiles
        if tile.inside
    ]


def undrawn_belts(drawn: Schematic) -> QuerySet:
    """Belts of the area with no member on the map, so that the list is whole."""
    scope = drawn.scope
    belts = Belt.objects.visible_to(scope.viewer).current(scope.as_of).in_area(scope.area)
    return belts.exclude(code__in=[b.code for b in drawn.belts])


def is_built(belt: Belt, scope: Scope) -> bool:
    return belt.stage(scope.as_of) == Stage.BUILT


def built_or_not(built: list[bool]) -> tuple[int, int]:
    return sum(built), len(built) - sum(built)


def zone_list(scope: Scope) -> list[tuple]:
    """(zone, its stage on the day) for the zones that lie in the area or cover a township of it."""
    zones = geojson.zones_of(scope).prefetch_related(Prefetch("townships", Area.objects.public()))
    return [(zone, zone.stage(scope.as_of)) for zone in zones.order_by("code")]
