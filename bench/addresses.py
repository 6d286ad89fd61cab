"""What is asked, and what is asked of it (the tables of docs/BENCHMARKS.md)."""

from typing import NamedTuple

TOWNSHIP = "130207106"
GROWTH = 1.5  # times as long with 100,000 points as with those of the sample, at most


class Address(NamedTuple):
    """`{cursor}` stands for the last page of the API's list. What is asked, None where nothing is: `growth` is times as
    long as with the points of the sample, `times` is times an empty view's time (of exports: seconds)."""

    name: str
    address: str
    role: str = ""
    growth: float | None = GROWTH
    times: float | None = None


PAGES = [
    Address("dashboard", "/", times=60),
    Address("dashboard, a past day", "/?as_of=2021-06-30"),
    Address("dashboard of a township", f"/?area={TOWNSHIP}"),
    Address("figure page", "/figures/premium-rate/"),
    Address("figure page, a past day", "/figures/premium-rate/?as_of=2021-06-30"),
    Address("list of figures", "/figures/"),
    Address("wall screen", "/wall/"),
    Address("report of a year", "/report/2021/"),
    Address("brief", "/brief/"),
    Address("list of points", "/points/", times=50),
    Address("list of points, last page", "/points/?page=-1"),
    Address("list of points of a township", f"/points/?area={TOWNSHIP}"),
    Address("list of points, by level and grade", "/points/?level=provincial&grade=premium"),
    Address("list of points, a search in it", "/points/?search=孔家", growth=3),
    Address("search, two characters", "/search/?q=孔家", growth=3),
    Address("search, initials", "/search/?q=kjz", growth=3),
    Address("townships compared", "/townships/"),
    Address("township page", f"/townships/{TOWNSHIP}/"),
    Address("point page", "/points/FN-0023/"),
    Address("history of a point", "/history/points/FN-0023/"),
    Address("belt page", "/belts/B-01/"),
    Address("what needs attention", "/attention/"),
    Address("map", "/map/"),
    Address("map by coordinates", "/map/?view=coordinates"),
    Address("map data", "/map/data/"),
    Address("map data, a box", "/map/data/?bbox=118.0,39.4,118.1,39.5"),
    Address("API: figures", "/api/v1/figures/"),
    Address("API: a figure by township", "/api/v1/figures/premium-rate/?by=township"),
    Address("API: a figure by year", "/api/v1/figures/points/?by=year"),
]
DESK = [
    Address("desk", "/desk/", "clerk"),
    Address("own points", "/desk/points/", "clerk"),
    Address("own points, last page", "/desk/points/?page=-1", "clerk"),
    Address("township on one page", "/desk/township/", "clerk"),
    Address("a new point", "/desk/points/new/", "clerk"),
    Address("loads", "/desk/loads/", "clerk"),
    Address("list of points", "/points/", "clerk"),
    Address("search", "/search/?q=孔家", "clerk", growth=3),
    Address("desk", "/desk/", "head"),
    Address("own points", "/desk/points/", "head"),
    Address("review queue", "/desk/reviews/", "head"),
    Address("desk", "/desk/", "reviewer"),
    Address("review queue", "/desk/reviews/", "reviewer"),
    Address("rechecks", "/desk/rechecks/", "reviewer"),
    Address("list of points", "/points/", "reviewer"),
    Address("point page", "/points/FN-0023/", "reviewer"),
    Address("what needs attention", "/attention/", "reviewer"),
    Address("desk", "/desk/", "leader"),
    Address("dashboard", "/", "leader"),
    Address("list of points", "/points/", "leader"),
]
FROM_MEMORY = [
    Address("dashboard", "/", times=3),
    Address("list of points", "/points/", times=3),
    Address("wall screen", "/wall/", times=3),
]
API = [  # `times`: share of an empty view's requests a second
    Address("points, 50 rows", "/api/v1/points/", times=0.08),
    Address("points, the last page", "/api/v1/points/?cursor={cursor}", times=0.08),
    Address("points of a township", f"/api/v1/points/?area={TOWNSHIP}"),
    Address("one point", "/api/v1/points/FN-0023/"),
    Address("figures", "/api/v1/figures/"),
]
EXPORTS = [
    Address("points, csv", "/points/?format=csv", times=4),
    Address("points, xlsx", "/points/?format=xlsx", times=12),
    Address("points, json", "/points/?format=json"),
    Address("points by the API, csv", "/api/v1/points/?format=csv"),
]
