"""The schematic map: townships as tiles, points as dots, belts as lines, zones as tints, on a day.

`schematic(scope)` asks three queries, whatever the number of points; with `links` one more, for the points by name.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, QuerySet, Sum, Value
from django.db.models.functions import Substr
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fengnan.map import schematic_layout
from fengnan.map.options import CHOICES, NO_CHOICES, Cell, Choices, choice_words, keeps, layer_entries, legend
from registry.access.scope import Scope
from registry.figures import FIGURES
from registry.memory import cache_up_to
from registry.models import Area, Belt, BeltMembership, DemonstrationPoint, Grade, Zone, district_area, valid_on
from registry.models.points import COUNTED, PointQuerySet
from registry.query_cache import Statement, compile_rows, fetch_rows, keep_query
from registry.text.area_codes import TOWNSHIP, unit_length

LINKED_AT_MOST = 500  # with more dots than this, a dot is no link of its own
ELSEWHERE = ""  # stands for the code of the tile of points that lie in no township


@dataclass
class Tile:
    """A township. `zones`: a built zone covers it; `planned`: one covers it that is not built yet."""

    code: str
    name: str
    place: schematic_layout.Place
    url: str
    inside: bool
    zones: bool
    planned: bool
    lit: bool
    target: float | None = None
    count: int = 0
    premium: int = 0
    points: list[Cell] = field(default_factory=list)

    @property
    def rate(self) -> int | None:
        return round(self.premium * 100 / self.count) if self.count else None

    @property
    def reaches(self) -> bool:
        """Whether the share of premium points is at least the target."""
        return bool(self.count) and self.target is not None and self.premium * 100 >= self.target * self.count

    @cached_property
    def words(self) -> str:
        if not self.inside:
            return _("%(name)s: outside the chosen area") % {"name": self.name}
        counts = {"name": self.name, "count": self.count, "premium": self.premium}
        return _("%(name)s: %(count)s points, of which %(premium)s premium") % counts


@dataclass
class BeltLine:
    """A belt as it is drawn: `number` is its mark on the map and in the list."""

    number: int
    code: str
    name: str
    level: str
    built: bool
    url: str
    members: int
    stops: tuple[schematic_layout.Place, ...]
    lit: bool

    @cached_property
    def words(self) -> str:
        named = {"number": self.number, "name": self.name}
        words = _("Belt %(number)s: %(name)s") if self.built else _("Belt %(number)s, not built yet: %(name)s")
        return words % named


@dataclass
class Drawing:
    """One size of the map: every part with its numbers, ready to be written down."""

    picture: schematic_layout.Picture
    tiles: list[tuple]
    belts: list[tuple]
    links: list[dict]


@dataclass
class Schematic:
    scope: Scope
    choices: Choices
    tiles: list[Tile]
    belts: list[BeltLine]
    drawings: list[Drawing]
    legend: list[dict]
    layers: list[dict]
    linked: bool
    target: float | None = None

    @property
    def count(self) -> int:
        return sum(tile.count for tile in self.tiles)

    @property
    def premium(self) -> int:
        return sum(tile.premium for tile in self.tiles)

    @property
    def has_lit(self) -> bool:
        return any(belt.lit for belt in self.belts) or any(tile.lit for tile in self.tiles)

    @property
    def words(self) -> str:
        townships = sum(tile.code != ELSEWHERE for tile in self.tiles)
        counts = {"townships": townships, "points": self.count, "belts": len(self.belts)}
        return _("Schematic map: %(townships)s townships, %(points)s demonstration points, %(belts)s belts") % counts


class DrawnRows(NamedTuple):
    """What a map is drawn from: the counts of points, the townships with a tile, the members of the belts."""

    tallies: tuple[tuple, ...]
    tiles: tuple[tuple, ...]
    stops: tuple[tuple, ...]


def rows_of(scope: Scope, choices: Choices = NO_CHOICES) -> DrawnRows:
    return DrawnRows(*(tuple(map(tuple, rows)) for rows in (
        added_up(query_rows(tallies, scope)), query_rows(tile_rows, scope, choices), query_rows(stops, scope)
    )))  # fmt: skip


def added_up(rows: Iterable[tuple]) -> list[tuple]:
    """The counts that end the rows, added where the rest is equal; without those that are nothing."""
    counts: Counter = Counter()
    for *key, count in rows:
        counts[tuple(key)] += count
    return [(*key, count) for key, count in sorted(counts.items()) if count]


def drawing_of(scope: Scope) -> str:
    """The map of a scope as the dashboard shows it, without choices. Its rows are asked anew every time; the drawing is
    a function of them alone, so an equal one is not drawn twice."""
    return _drawing(scope, scope.query, get_language(), get_script_prefix(), rows_of(scope))


@cache_up_to(4 << 20, sys.getsizeof)
def _drawing(scope: Scope, query: str, language: str, prefix: str, rows: DrawnRows) -> str:
    return render_to_string("components/schematic.html", {"schematic": schematic(scope, rows=rows), "scope": scope})


def schematic(
    scope: Scope, choices: Choices = NO_CHOICES, links: bool = False, rows: DrawnRows | None = None
) -> Schematic:
    """The map of a scope. Points that lie in no township have a tile of their own, and are never dropped in silence."""
    rows = rows or rows_of(scope, choices)
    cells = [Cell(*row) for row in rows.tallies]
    filters = choices.filters
    matching = [cell for cell in cells if keeps(filters, cell)]
    tiles = {tile.code: tile for tile in townships(scope, choices, rows.tiles)}
    linked = links and sum(cell.count for cell in matching) <= LINKED_AT_MOST
    if any(cell.township not in tiles for cell in matching):
        tiles[ELSEWHERE] = tile_elsewhere(scope, tiles.values())
    for cell in (Cell(*row) for row in query_rows(points, scope, choices)) if linked else matching:
        tile = tiles.get(cell.township) or tiles[ELSEWHERE]
        tile.points.append(cell)
        tile.count += cell.count
        tile.premium += cell.count if cell.grade == Grade.PREMIUM else 0
    order = ordering(choices.theme)
    for tile in tiles.values():
        tile.points.sort(key=order)
    belts = belt_lines(scope, choices, tiles, rows.stops)
    drawn = list(tiles.values())
    target = FIGURES["premium-rate"].answer(scope).target if choices.theme == "rate" else None
    for tile in drawn:
        tile.target = target
    return Schematic(
        scope, choices, drawn, belts,
        drawings=drawings(drawn, belts, scope, choices, linked) if drawn else [],
        legend=legend(cells, scope, choices), layers=layer_entries(scope, choices), linked=linked, target=target,
    )  # fmt: skip


def query_rows(rows: Callable[[Scope, Choices], QuerySet], scope: Scope, choices: Choices = NO_CHOICES) -> list[tuple]:
    return fetch_rows(_statement(rows, scope, choices))


@keep_query
def _statement(rows: Callable, scope: Scope, choices: Choices) -> Statement:
    """The query's text, kept because writing it costs more than running it; its result never is."""
    return compile_rows(rows(scope, choices))


def standing_points(scope: Scope) -> PointQuerySet:
    """The points that count on the scope's day, with the `township` they lie in."""
    rows = DemonstrationPoint.objects.named(scope.as_of).in_area(scope.area)
    return rows.order_by().annotate(township=Substr("area_id", 1, unit_length(district_area())))


def tallies(scope: Scope, choices: Choices) -> QuerySet:
    """The number of points by township, field, level and grade; of a village counted from its points."""
    digits = unit_length(district_area())
    parts = FIGURES["points"].tallies(scope, digits)
    by = ("township", "field", "level", "grade")
    if not parts:
        return standing_points(scope).values_list(*by).annotate(n=Count("pk"))
    townships = [part.annotate(township=Substr("area", 1, digits)) for part in parts]
    first, *others = [part.values_list(*by).annotate(n=Sum("change")) for part in townships]
    return first.union(*others, all=True)


def points(scope: Scope, choices: Choices) -> QuerySet:
    rows = standing_points(scope).filter(**choices.filters).annotate(n=Value(1)).order_by("code")
    return rows.values_list("township", "field", "level", "grade", "n", "code", "name")


def tile_rows(scope: Scope, choices: Choices) -> QuerySet:
    """The townships, with their place in the schematic (if one was given) and the zones that cover them on the day."""
    cover = Zone.objects.visible_to(scope.viewer).exclude(kind="development").filter(townships=OuterRef("pk"))
    rows = Area.objects.public().units(scope.as_of, district_area())
    return rows.order_by("code").values_list(
        "code", "name", "map_column", "map_row",
        Exists(cover.built(scope.as_of)),
        Exists(cover.planned(scope.as_of)),
        Exists(cover.known(scope.as_of).filter(code=choices.show)),
    )  # fmt: skip


def townships(scope: Scope, choices: Choices, rows: Iterable[tuple]) -> Iterable[Tile]:
    has_zones = "zones" in choices.layers
    if unit_length(district_area()) == TOWNSHIP:
        page, ending = reverse("record", args=["townships", "CODE"]), whole_district(scope)
    else:  # a district has no page but its dashboard
        page, ending = f"{reverse('dashboard')}?area=CODE", whole_district(scope).replace("?", "&")
    rows = list(rows)
    places = schematic_layout.places_of({code: (column, row) for code, _name, column, row, *_more in rows})
    for code, name, _column, _row, built, planned, lit in rows:
        yield Tile(
            code, name, places[code], page.replace("CODE", code) + ending,
            inside=code.startswith(scope.area) or scope.area.startswith(code),
            zones=has_zones and bool(built), planned=has_zones and bool(planned), lit=bool(lit),
        )  # fmt: skip


def tile_elsewhere(scope: Scope, others: Iterable[Tile]) -> Tile:
    """The tile of points that lie in no township, in a place that is free."""
    given: dict[str, tuple] = {tile.code: tile.place for tile in others}
    place = schematic_layout.places_of(given | {ELSEWHERE: (None, None)})[ELSEWHERE]
    address = reverse("records", args=["points"]) + scope.query
    return Tile(ELSEWHERE, _("Elsewhere"), place, address, inside=True, zones=False, planned=False, lit=False)


def whole_district(scope: Scope) -> str:
    """The end of an address that keeps the day but not the area: for pages that are about one area themselves."""
    return scope.within(district_area()).query


def members(scope: Scope) -> QuerySet:
    """Members that count on the day, of the belts that stood or were planned on it, in order; with `built`, whether the
    belt was built by then."""
    day = scope.as_of
    belts = Belt.objects.visible_to(scope.viewer).current(day)
    named = valid_on(day, "point__periods__valid_from", "point__periods__valid_to")
    rows = BeltMembership.objects.filter(valid_on(day), named, belt__in=belts, point__periods__status__in=COUNTED)
    built = Exists(Belt.objects.visible_to(scope.viewer).built(day).filter(pk=OuterRef("belt")))
    return rows.annotate(built=built).order_by("belt__code", "position")


def stops(scope: Scope, choices: Choices) -> QuerySet:
    return members(scope).values_list("belt__code", "belt__name", "belt__level", "built", "point__area_id")


def belt_lines(scope: Scope, choices: Choices, tiles: Mapping[str, Tile], rows: Iterable[tuple]) -> list[BeltLine]:
    """The belts with a member in the area, numbered in the order of their codes."""
    areas_of: dict[tuple, list[str]] = defaultdict(list)
    for *belt, area in rows:
        areas_of[tuple(belt)].append(area)
    page = reverse("record", args=["belts", "CODE"])
    lines: list[BeltLine] = []
    for (code, name, level, built), areas in areas_of.items():
        if any(area.startswith(scope.area) for area in areas):
            digits = unit_length(district_area())
            places = tuple(tiles[area[:digits]].place for area in areas if area[:digits] in tiles)
            url, lit = page.replace("CODE", code) + scope.query, code == choices.show
            lines.append(BeltLine(len(lines) + 1, code, name, level, bool(built), url, len(areas), places, lit))
    return lines


def ordering(theme: str) -> Callable[[Cell], tuple]:
    """Premium first, then by what the colours mean, so that equal dots stand together."""
    name = "level" if theme == "level" else "field"
    values = CHOICES[name].values
    return lambda cell: (cell.grade != Grade.PREMIUM, values.index(getattr(cell, name)), cell.code)


def look(cell: Cell, theme: str) -> str:
    """The class that colours a dot."""
    if theme == "level":
        return f"level-{cell.level}"
    if cell.grade == Grade.PREMIUM:
        return "premium"
    return f"field-{cell.field}" if theme == "field" else "plain"


def drawings(
    drawn: Sequence[Tile], belts: Sequence[BeltLine], scope: Scope, choices: Choices, linked: bool
) -> list[Drawing]:
    """The map for wide and for narrow screens. Only the wide one has dots that are large enough to be links."""
    filling = tuple((tile.place, groups(tile, choices.theme)) for tile in drawn)
    belts = [belt for belt in belts if belt.stops] if "belts" in choices.layers else []
    lines = tuple(schematic_layout.Line(belt.code, belt.stops) for belt in belts)
    made = []
    for layout in (schematic_layout.WIDE, schematic_layout.NARROW):
        picture = schematic_layout.picture(layout, filling, lines)
        made.append(
            Drawing(
                picture,
                tiles=[(tile, picture.corners[tile.place]) for tile in drawn],
                belts=[(belt, *picture.lines[belt.code]) for belt in belts],
                links=dot_links(drawn, picture, scope, choices) if linked and layout is schematic_layout.WIDE else [],
            )
        )
    return made


def groups(tile: Tile, theme: str) -> tuple[schematic_layout.Group, ...]:
    """How many dots of each look a tile holds, in order."""
    counts: Counter = Counter()
    for cell in tile.points:
        counts[look(cell, theme), cell.grade == Grade.PREMIUM] += cell.count
    return tuple(schematic_layout.Group(name, premium, count) for (name, premium), count in counts.items())


def dot_links(drawn: Sequence[Tile], picture: schematic_layout.Picture, scope: Scope, choices: Choices) -> list[dict]:
    """Every dot as a link to its point, with its name, field, level and grade."""
    page = reverse("record", args=["points", "CODE"]) + scope.query
    words = choice_words()
    return [
        {
            "url": page.replace("CODE", cell.code),
            "look": look(cell, choices.theme) + (" map-diamond" if cell.grade == Grade.PREMIUM else ""),
            "path": schematic_layout.dots_path([spot], cell.grade == Grade.PREMIUM),
            "title": " · ".join([cell.name, *(words[name][getattr(cell, name)] for name in words)]),
        }
        for tile in drawn
        for cell, spot in zip(tile.points, picture.spots[tile.place], strict=True)
    ]
