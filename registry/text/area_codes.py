"""Area codes of the statistics bureau. The code of an area begins with the code of the area it lies in."""

LENGTHS = (2, 4, 6, 9, 12)  # of a province, city, district, township, and village or community
DISTRICT, TOWNSHIP, VILLAGE = 6, 9, 12


def unit_length(area: str) -> int:
    """The number of digits of the areas that pages about `area` compare: the townships of a district, the districts of
    a city, the cities of a province."""
    return min(next((length for length in LENGTHS if length > len(area)), TOWNSHIP), TOWNSHIP)


def district_of(code: str) -> str:
    return code[:DISTRICT]


def township_of(code: str) -> str:
    """The code of the township; of a district or more, its own code."""
    return code[:TOWNSHIP]


def is_below_district(code: str) -> bool:
    return len(code) > DISTRICT


def is_township(code: str) -> bool:
    return len(code) == TOWNSHIP


def is_in_township(code: str) -> bool:
    """Whether the code is that of a township or of an area in one."""
    return len(code) >= TOWNSHIP


def is_below_township(code: str) -> bool:
    """Whether the code is that of a village or community."""
    return len(code) > TOWNSHIP
