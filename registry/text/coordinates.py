"""Coordinate systems: positions are converted to WGS 84 for display; the record keeps the measured values.

GCJ-02 (most Chinese consumer maps) and BD-09 (Baidu) are shifted by some hundred metres against WGS 84, so positions of
different systems must never be mixed without conversion. CGCS2000 differs from WGS 84 by centimetres and is treated as
equal. Positions are (longitude, latitude) in degrees.
"""

from math import atan2, cos, hypot, pi, sin, sqrt

Position = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north in degrees of WGS 84

AXIS = 6378245.0
ECCENTRICITY = 0.00669342162296594323
BAIDU_ANGLE = pi * 3000.0 / 180.0


def to_wgs84(lng: float, lat: float, system: str) -> Position:
    """Converts a position in `system` (wgs84, cgcs2000, gcj02, bd09) to WGS 84, to well under a metre.

    Raises ValueError for an unknown system.
    """
    if system in ("wgs84", "cgcs2000"):
        return lng, lat
    if system == "gcj02":
        return gcj02_to_wgs84(lng, lat)
    if system == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(lng, lat))
    raise ValueError(f"unknown coordinate system {system!r}")


def wgs84_to_gcj02(lng: float, lat: float) -> Position:
    if outside_china(lng, lat):
        return lng, lat
    east, north = _shift(lng, lat)
    return lng + east, lat + north


def gcj02_to_wgs84(lng: float, lat: float) -> Position:
    """The shift has no closed inverse: the result is iterated until it no longer changes."""
    if outside_china(lng, lat):
        return lng, lat
    guess_lng, guess_lat = lng, lat
    for _round in range(8):
        east, north = _shift(guess_lng, guess_lat)
        guess_lng, guess_lat = lng - east, lat - north
    return guess_lng, guess_lat


def gcj02_to_bd09(lng: float, lat: float) -> Position:
    radius = hypot(lng, lat) + 0.00002 * sin(lat * BAIDU_ANGLE)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * BAIDU_ANGLE)
    return radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006


def bd09_to_gcj02(lng: float, lat: float) -> Position:
    x, y = lng - 0.0065, lat - 0.006
    radius = hypot(x, y) - 0.00002 * sin(y * BAIDU_ANGLE)
    angle = atan2(y, x) - 0.000003 * cos(x * BAIDU_ANGLE)
    return radius * cos(angle), radius * sin(angle)


def outside_china(lng: float, lat: float) -> bool:
    """The region without a GCJ-02 shift (the box of the published formulas)."""
    return not (73.66 < lng < 135.05 and 3.86 < lat < 53.55)


def _shift(lng: float, lat: float) -> Position:
    """The shift of GCJ-02 east and north of a WGS 84 position, in degrees."""
    x, y = lng - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    latitude = lat / 180.0 * pi
    magic = 1 - ECCENTRICITY * sin(latitude) ** 2
    north = north * 180.0 / (AXIS * (1 - ECCENTRICITY) / (magic * sqrt(magic)) * pi)
    east = east * 180.0 / (AXIS / sqrt(magic) * cos(latitude) * pi)
    return east, north
