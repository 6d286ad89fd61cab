"""Groups that booked teaching sites, and what sites take in a month. All made up; those held are visits of the sample."""

from .store import Store

DEMO = "130207114"  # the township of the demonstration clerk
CAPACITIES = [("TS-01", 300), ("TS-02", 120), ("TS-04", 150), ("TS-07", 80)]
VISITS = [("V-055", "V-064"), ("V-058", "V-067"), ("V-061", "V-070")]  # two visits at the belt in one month
OTHERS = [  # (site, day, people, state)
    ("TS-01", "2021-03-25", 90, "refused"), ("TS-02", "2021-10-14", 45, "cancelled"),
    ("TS-04", "2021-12-17", 60, "confirmed"), ("TS-07", "2021-12-21", 50, "confirmed"),
    ("TS-07", "2021-12-28", 40, "asked"),
]  # fmt: skip


def make_bookings(store: Store) -> None:
    _make_site_of_the_clerk(store)
    for number, (site, people) in enumerate(CAPACITIES, start=1):
        store.add(
            "exchange", "registry.sitecapacity", code=f"CAP-{number:02d}", site=[site], people=people,
            valid_from="2021-01-01", illustrative=True,
        )  # fmt: skip
    visits = {row["fields"]["code"]: row["fields"] for row in store.files["exchange"] if "visit" in row["model"]}
    for visit in (visits[code] for pair in VISITS for code in pair):
        _book(store, "TS-01", visit["visited_on"], visit["headcount"], "held", visit["visitor"], visit=[visit["code"]])
    for number, (site, day, people, state) in enumerate(OTHERS, start=71):
        _book(store, site, day, people, state, f"示例来访单位{number}")


def _book(store: Store, site: str, day: str, people: int, state: str, visitor: str, **more) -> None:
    store.add(
        "exchange", "registry.booking", code=store.code("BK-2021"), site=[site], booked_for=day, visitor=visitor,
        headcount=people, topic="党建观摩学习", contact="示例联系人", state=state, illustrative=True, **more,
    )  # fmt: skip


def _make_site_of_the_clerk(store: Store) -> None:
    """A municipal one, so that the demonstration clerk has a site to book."""
    site = next(point for point in store.points if point["area"].startswith(DEMO) and point["named_on"].year < 2019)
    store.add(
        "exchange", "registry.teachingsite", code="TS-07", name=site["name"], level="municipal", area=[site["area"]],
        point=[site["code"]], named_on="2020-10-15", illustrative=True,
    )  # fmt: skip
