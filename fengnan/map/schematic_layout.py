"""Where the parts of the schematic map lie: plain numbers, no records.

Townships are tiles in a grid. Belts run in the channels between the tiles, each in a lane of its own, like the lines of
a metro map, and are joined by a stub to their mark in every tile they pass. One unit is one pixel at full width.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from typing import NamedTuple

from registry.memory import cache_up_to

Place = tuple[int, int]  # column and row of a tile
Spot = tuple[float, float]
Channel = tuple[str, int]  # ("row", 2): below the tiles of row 2; ("column", 0): right of the tiles of column 0


@dataclass(frozen=True)
class Layout:
    """Measures of a drawing. `count_at`: base line of the counts in a tile; `pitches`: distances of dots,
    the widest that fits is taken; `mark`: radius of the mark of a belt; `gap`: least distance of two tiles; `lane`:
    distance of two belts beside each other."""

    name: str
    width: float
    pad: float
    head: float
    count_at: float
    round: float
    pitches: tuple[float, ...]
    dots_high: float
    mark: float
    strip: float
    gap: float
    lane: float

    @property
    def across(self) -> float:
        """The width with the half of the outermost strokes on both sides."""
        return self.width + 2


WIDE = Layout("wide", 1000, 10, 36, 24, 6, (12, 9, 7, 5), 74, 8.5, 27, 16, 7)
NARROW = Layout("narrow", 360, 3.5, 33, 28, 3, (6.4, 5, 4, 3), 53, 5.6, 18, 5, 3.5)


def places_of(given: Mapping[str, tuple[int | None, int | None]]) -> dict[str, Place]:
    """The place of each tile, by its key: the one that was given, else the first that is free, row by row, in the order
    of the keys."""
    places = {key: (column, row) for key, (column, row) in given.items() if column is not None and row is not None}
    taken = set(places.values())
    columns = max((column + 1 for column, _row in taken), default=math.ceil(math.sqrt(len(given))) or 1)
    free = ((number % columns, number // columns) for number in count())
    for key in sorted(given.keys() - places.keys()):
        places[key] = next(place for place in free if place not in taken)
    return places


class Line(NamedTuple):
    """A belt: its key and the tiles of its members, in order."""

    key: str
    stops: tuple[Place, ...]


class Group(NamedTuple):
    """So many dots of one tile that look the same."""

    look: str
    premium: bool
    count: int  # type: ignore[assignment]  # a tuple has a method of that name, which nobody asks here


DOTS_AT_MOST = 2000  # in a whole map; of more, each tile has one bar with the shares of its points

Filling = tuple[tuple[Place, tuple[Group, ...]], ...]  # the dots of every tile, in the order in which they stand


class Picture(NamedTuple):
    """A drawing in numbers, as SVG writes them: its height, the size of a tile and of an outline inside it, where in a
    tile its counts stand, the corners of the tiles, the places and the breadth of their dots, a path for all dots of
    one look, and for each line its path, its marks and where their numbers stand. With `has_shares`, stretches of bars
    stand for the dots."""

    layout: Layout
    height: str
    tile: tuple[str, str]
    inner: tuple[str, str]
    count_at: str
    corners: Mapping[Place, str]
    spots: Mapping[Place, Sequence[Spot]]
    dot: str
    dots: Sequence[tuple[str, bool, str]]
    lines: Mapping[str, tuple[str, str, Sequence[str]]]
    has_shares: bool = False


@dataclass(frozen=True)
class Grid:
    """The drawing's frame: left edges of the columns, upper edges of the rows, the size of a tile and its dots, and for
    each channel the lanes of the lines in it."""

    layout: Layout
    lefts: Mapping[int, float]
    tops: Mapping[int, float]
    tile: Spot
    height: float
    pitch: float
    lanes: Mapping[Channel, Mapping[str, int]]
    gaps: Mapping[Channel, float]
    marks: Mapping[Place, Sequence[str]]

    def corner(self, place: Place) -> Spot:
        return self.lefts[place[0]], self.tops[place[1]]

    def dots(self, place: Place, count: int) -> Iterator[Spot]:
        """Centres of the dots of a tile, row by row."""
        left, top = self.corner(place)
        each_row = dots_in_a_row(self.layout, self.tile[0], self.pitch)
        indent = (self.tile[0] - (each_row - 1) * self.pitch) / 2
        for number in range(count):
            row, column = divmod(number, each_row)
            yield left + indent + column * self.pitch, top + self.layout.head + (row + 0.5) * self.pitch

    def bar(self, place: Place, groups: Sequence[Group], fullest: int) -> Iterator[str]:
        """The stretch of each group in the bar of a tile. The bar of the fullest tile is as long as there is room, all
        others to the same scale."""
        left, top = self.corner(place)
        layout = self.layout
        unit = (self.tile[0] - 2 * layout.pad) / fullest
        begun = left + layout.pad
        for group in groups:
            yield f"M{num(begun)} {num(top + layout.head + layout.dots_high / 4)}h{group.count * unit:.2f}"
            begun += group.count * unit

    def mark(self, place: Place, key: str) -> Spot:
        """Centre of the mark of a line in a tile it passes."""
        left, top = self.corner(place)
        layout, keys = self.layout, self.marks[place]
        room = self.tile[0] - 2 * (layout.pad + layout.mark)
        step = min(2.4 * layout.mark, room / max(len(keys) - 1, 1))
        return left + layout.pad + layout.mark + keys.index(key) * step, top + self.tile[1] - layout.strip / 2 - 1

    def lane(self, channel: Channel, key: str) -> float:
        """Where a line runs in a channel: its height in a row's channel, its distance from the left in a column's."""
        axis, number = channel
        edge = self.tops[number] + self.tile[1] if axis == "row" else self.lefts[number] + self.tile[0]
        used = max(self.lanes[channel].values())
        return edge + (self.gaps[channel] - used * self.layout.lane) / 2 + self.lanes[channel][key] * self.layout.lane


def _size_of(picture: Picture) -> int:
    """About how many bytes a drawing takes: its paths, and two numbers for the place of each dot."""
    return sum(len(path) for _look, _is_premium, path in picture.dots) + 120 * sum(map(len, picture.spots.values()))


@cache_up_to(4 << 20, _size_of)
def picture(layout: Layout, filling: Filling, lines: tuple[Line, ...]) -> Picture:
    """Tiles with their dots and lines. Kept, because it depends on its arguments alone."""
    counts = {place: sum(group.count for group in groups) for place, groups in filling}
    fullest, has_shares = max(counts.values()), sum(counts.values()) > DOTS_AT_MOST
    frame = grid(layout, list(counts), lines, 0 if has_shares else fullest)
    spots: dict[Place, list[Spot]] = {}
    of_look: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for place, groups in filling:
        if has_shares:
            for group, stretch in zip(groups, frame.bar(place, groups, fullest), strict=True):
                of_look[group.look, group.premium].append(stretch)
            continue
        spots[place] = list(frame.dots(place, counts[place]))
        rest = iter(spots[place])
        for group in groups:
            dots = dots_path(islice(rest, group.count), group.premium)
            of_look[group.look, group.premium].append(dots)
    return Picture(
        layout, num(frame.height), pair(frame.tile), pair((frame.tile[0] - 6, frame.tile[1] - 6)),
        count_at=written((frame.tile[0] - layout.pad if layout is WIDE else layout.pad, layout.count_at)),
        corners={place: written(frame.corner(place)) for place in counts},
        spots=spots, dot=num(layout.dots_high / 4 if has_shares else frame.pitch * 0.7),
        dots=[(*look, "".join(parts)) for look, parts in of_look.items()],
        lines={line.key: drawn(frame, line) for line in lines}, has_shares=has_shares,
    )  # fmt: skip


def grid(layout: Layout, places: Iterable[Place], lines: Sequence[Line], fullest: int) -> Grid:
    """The frame for tiles at `places`, the fullest of which holds `fullest` dots."""
    places = set(places)
    columns = range(min(c for c, _row in places), max(c for c, _row in places) + 1)
    rows = range(min(r for _column, r in places), max(r for _column, r in places) + 1)
    marks = marks_of(lines)
    lanes = lanes_of(lines, marks)
    gaps = {("column", c): gap_of(layout, lanes, ("column", c), c == columns[-1]) for c in columns}
    gaps |= {("row", r): gap_of(layout, lanes, ("row", r), r == rows[-1]) for r in rows}
    across = (layout.width - sum(gaps["column", c] for c in columns)) / len(columns)
    pitch, dots_high = dots_of(layout, across, fullest)
    down = layout.head + dots_high + layout.strip
    lefts = {c: sum(across + gaps["column", before] for before in columns if before < c) for c in columns}
    tops = {r: sum(down + gaps["row", before] for before in rows if before < r) for r in rows}
    height = tops[rows[-1]] + down + gaps["row", rows[-1]]
    return Grid(layout, lefts, tops, (across, down), height, pitch, lanes, gaps, marks)


def gap_of(layout: Layout, lanes: Mapping[Channel, Mapping[str, int]], channel: Channel, last: bool) -> float:
    used = max(lanes[channel].values()) + 1 if channel in lanes else 0
    return max(0 if last else layout.gap, (used + 1) * layout.lane if used else 0)


def dots_in_a_row(layout: Layout, across: float, pitch: float) -> int:
    return max(int((across - 2 * layout.pad) / pitch + 0.4), 1)


def dots_of(layout: Layout, across: float, fullest: int) -> tuple[float, float]:
    """The widest distance at which the fullest tile's dots fit, and how high they then stand."""
    for pitch in layout.pitches:
        high = -(-fullest // dots_in_a_row(layout, across, pitch)) * pitch
        if high <= layout.dots_high:
            break
    return pitch, max(high, layout.dots_high / 2)


def marks_of(lines: Iterable[Line]) -> dict[Place, list[str]]:
    """The keys of the lines that pass each tile, in the order of the lines."""
    marks: dict[Place, list[str]] = defaultdict(list)
    for line in lines:
        for place in dict.fromkeys(line.stops):
            marks[place].append(line.key)
    return marks


def hops(line: Line) -> list[tuple[Place, Place]]:
    """From tile to tile, without staying in one and without running the same way twice."""
    pairs = [(a, b) for a, b in pairwise(line.stops) if a != b]
    return list({frozenset(hop): hop for hop in pairs}.values())


def crossing(start: Place, end: Place) -> int:
    """The column whose right-hand channel a line takes from one row to another; never the outer edge on the right."""
    return max(max(start[0], end[0]) - 1, 0)


def lanes_of(lines: Sequence[Line], marks: Mapping[Place, Sequence[str]]) -> dict[Channel, dict[str, int]]:
    """A lane for every line in every channel it runs in, so that no two lines lie on each other."""
    spans: dict[Channel, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        for start, end in hops(line):
            near, far = (_along(marks, place, line.key) for place in (start, end))
            if start[1] == end[1]:
                spans["row", start[1]][line.key] += [near, far]
                continue
            turn = crossing(start, end)
            spans["row", start[1]][line.key] += [near, turn + 0.98]
            spans["column", turn][line.key] += [start[1], end[1]]
            spans["row", end[1]][line.key] += [turn + 0.98, far]
    return {channel: side_by_side(of_line) for channel, of_line in spans.items()}


def _along(marks: Mapping[Place, Sequence[str]], place: Place, key: str) -> float:
    """How far right the mark of a line lies, counted in columns."""
    return place[0] + (marks[place].index(key) + 1) * 0.1


def side_by_side(spans: Mapping[str, Sequence[float]]) -> dict[str, int]:
    """The first free lane for each stretch, from the left; stretches that touch get different lanes."""
    ends: list[float] = []
    lanes = {}
    for key, span in sorted(spans.items(), key=lambda item: (min(item[1]), max(item[1]), item[0])):
        free = (number for number, end in enumerate(ends) if end < min(span) - 0.05)
        lanes[key] = next(free, len(ends))
        ends[lanes[key] : lanes[key] + 1] = [max(span)]
    return lanes


def drawn(frame: Grid, line: Line) -> tuple[str, str, list[str]]:
    """The path of a line, its marks as one path, and where each mark's number stands."""
    marks = [frame.mark(place, line.key) for place in dict.fromkeys(line.stops)]
    return path_of(frame, line), dots_path(marks, False), [written(mark) for mark in marks]


def path_of(frame: Grid, line: Line) -> str:
    """The line as the `d` of an SVG path: down from a mark, along the channels, and up to the next mark."""
    return "".join(rounded(route(frame, line.key, *hop), frame.layout.lane) for hop in hops(line))


def route(frame: Grid, key: str, start: Place, end: Place) -> list[Spot]:
    (x1, y1), (x2, y2) = frame.mark(start, key), frame.mark(end, key)
    level = frame.lane(("row", start[1]), key)
    if start[1] == end[1]:
        return [(x1, y1), (x1, level), (x2, level), (x2, y2)]
    turn, arrival = frame.lane(("column", crossing(start, end)), key), frame.lane(("row", end[1]), key)
    return [(x1, y1), (x1, level), (turn, level), (turn, arrival), (x2, arrival), (x2, y2)]


def rounded(corners: Sequence[Spot], radius: float) -> str:
    """A run of upright and level stretches with round corners."""
    d = f"M{num(corners[0][0])} {num(corners[0][1])}"
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        a, b = toward(corner, before, radius), toward(corner, after, radius)
        d += f"L{num(a[0])} {num(a[1])}Q{num(corner[0])} {num(corner[1])} {num(b[0])} {num(b[1])}"
    return d + f"L{num(corners[-1][0])} {num(corners[-1][1])}"


def toward(corner: Spot, other: Spot, distance: float) -> Spot:
    """The place `distance` away from a corner on the way to another, half-way at most."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(distance / length, 0.5) if length else 0
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def dots_path(spots: Iterable[Spot], premium: bool) -> str:
    """Dots as one path of strokes almost without length: a round cap makes a disc, a square cap on a slanting
    stroke a diamond, which tells premium points without colour."""
    stroke = "l.01.01" if premium else "h.01"
    return "".join(f"M{num(x)} {num(y)}{stroke}" for x, y in spots)


def written(spot: Spot) -> str:
    return f"{num(spot[0])} {num(spot[1])}"


def pair(spot: Spot) -> tuple[str, str]:
    return num(spot[0]), num(spot[1])


def num(value: float) -> str:
    """A number as short as SVG allows, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")
