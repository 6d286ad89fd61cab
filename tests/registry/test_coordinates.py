"""Positions of different coordinate systems meet in WGS 84."""

import pytest

from registry.text.coordinates import bd09_to_gcj02, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

FENGNAN = (118.1, 39.57)
METRE = 1e-5  # degrees, roughly


def close(actual, expected, tolerance=0.1 * METRE):
    return actual == pytest.approx(expected, abs=tolerance)


def test_the_shift_to_gcj02_is_the_published_one():
    assert close(wgs84_to_gcj02(116.404, 39.915), (116.41024449916938, 39.91640428150164))


def test_the_shift_between_gcj02_and_bd09_is_the_published_one():
    assert close(gcj02_to_bd09(116.404, 39.915), (116.41036949371029, 39.92133699351021))
    assert close(bd09_to_gcj02(116.404, 39.915), (116.39762729119315, 39.90865673957631))


def test_a_position_measured_in_gcj02_comes_back_to_where_it_was():
    assert close(to_wgs84(*wgs84_to_gcj02(*FENGNAN), "gcj02"), FENGNAN)


def test_a_position_measured_in_bd09_comes_back_to_where_it_was():
    assert close(to_wgs84(*gcj02_to_bd09(*wgs84_to_gcj02(*FENGNAN)), "bd09"), FENGNAN, METRE)


def test_gcj02_and_wgs84_differ_by_hundreds_of_metres_here():
    lng, lat = wgs84_to_gcj02(*FENGNAN)
    assert 0.003 < lng - FENGNAN[0] < 0.01
    assert 0.0005 < lat - FENGNAN[1] < 0.005


@pytest.mark.parametrize("system", ["wgs84", "cgcs2000"])
def test_wgs84_and_cgcs2000_stay_as_they_are(system):
    assert to_wgs84(*FENGNAN, system) == FENGNAN


def test_outside_china_nothing_is_shifted():
    assert to_wgs84(2.35, 48.86, "gcj02") == (2.35, 48.86)


def test_an_unknown_system_is_refused_rather_than_guessed():
    with pytest.raises(ValueError, match="local"):
        to_wgs84(*FENGNAN, "local")
