"""Study routes, teaching sites, visits, hosted events; funds and wage rules."""

from .bookings import make_bookings
from .store import NOT_GIVEN, Store

VISITS = 8126
BUDGET = {2017: 86_000_000, 2018: 92_000_000, 2019: 98_000_000, 2020: 104_000_000, 2021: 110_000_000}
DEMO = "130207114"  # the township of the demonstration clerk
CREATION = {2017: 5_200_000, 2018: 7_040_000, 2019: 8_880_000, 2020: 10_400_000, 2021: 12_360_000}


def make_exchange(store: Store) -> None:
    _make_teaching_sites(store)
    _make_routes(store)
    _make_visits(store)
    make_bookings(store)
    _make_events(store)
    _make_funds(store)


def _make_teaching_sites(store: Store) -> None:
    sites = [
        ("唐津运河乡村振兴示范带", "130207100", {"belt": ["B-01"]}), ("鑫丰热电", "130207100", {"unit": ["U-006"]}),
        ("瑞丰公司", "130207100", {"unit": ["U-007"]}), ("岔河中心小学", "130207116", {"unit": ["U-008"]}),
    ]  # fmt: skip
    for number, (name, area, place) in enumerate(sites, start=1):
        store.add(
            "exchange",
            "registry.teachingsite",
            code=f"TS-{number:02d}",
            name=name,
            level="provincial",
            area=[area],
            named_on=f"{2018 + number % 3}-09-10",
            remark=f"所在乡镇为示意，{NOT_GIVEN}",
            **place,
        )
    for number, site in enumerate(_premium(store)[3:5], start=5):
        store.add(
            "exchange",
            "registry.teachingsite",
            code=f"TS-{number:02d}",
            name=site["name"],
            level="municipal",
            area=[site["area"]],
            point=[site["code"]],
            named_on="2020-10-15",
            illustrative=True,
        )


def _premium(store: Store) -> list[dict]:
    return [s for s in store.points if s["premium_on"] and not s["withdrawn_on"] and s["named_on"].year < 2019]


def _make_routes(store: Store) -> None:
    sites = _premium(store)
    routes = [
        ("运河乡韵研学线路", "乡村振兴", [{"belt": ["B-01"]}]), ("工业先锋研学线路", "非公党建", [{"unit": ["U-006"]}, {"unit": ["U-007"]}]),
        ("教育红烛研学线路", "事业单位党建", [{"unit": ["U-008"]}]), ("城区治理研学线路", "社区治理", [{"zone": ["Z-01"]}]),
    ]  # fmt: skip
    for number, (name, theme, first) in enumerate(routes, start=1):
        code = f"R-{number:02d}"
        store.add(
            "exchange",
            "registry.studyroute",
            code=code,
            name=name,
            theme=theme,
            area=["130207"],
            hours=f"{3 + number * 0.5}",
            capacity=40 + number * 10,
            opened_on=f"{2017 + number}-04-20",
            illustrative=True,
        )
        stops = first + [{"point": [site["code"]]} for site in sites[number * 4 : number * 4 + 4]]
        for position, place in enumerate(stops, start=1):
            store.add(
                "exchange",
                "registry.routestop",
                route=[code],
                position=position,
                minutes=20 + 10 * (position % 4),
                **place,
            )


def _make_visits(store: Store) -> None:
    """Seventy groups from 2018 to 2021, 8,126 person-visits together (F54)."""
    sites = _premium(store)
    sizes = [60 + (number * 37) % 113 for number in range(70)]
    sizes[-1] += VISITS - sum(sizes)
    for number, size in enumerate(sizes):
        if number % 3:
            site = sites[number % len(sites)]
            place, area = {"point": [site["code"]]}, site["area"]
        else:
            place, area = {"belt": ["B-01"]}, "130207100"
        year = 2018 + number * 4 // 70
        store.add(
            "exchange", "registry.visit", code=store.code("V"), visited_on=f"{year}-{3 + number % 9:02d}-{5 + number % 20:02d}",
            area=[area], visitor=f"示例来访单位{number + 1}", headcount=size, topic="党建观摩学习", illustrative=True, **place,
        )  # fmt: skip


def _make_events(store: Store) -> None:
    events = [
        (
            "全省农业特色产业暨乡村振兴工作推进会议观摩",
            "observation",
            "provincial",
            "乡村振兴",
            "2020-10-22",
            "130207100",
            False,
        ),
        ("全市观摩推进会议（社区）", "observation", "municipal", "社区", "2021-05-20", "130207001", False),
        ("党员志愿者为农户维修电力设备", "volunteering", "district", "志愿服务", "2021-04-12", "130207", False),
        ("区级书记项目交流会（示例）", "meeting", "district", "书记项目", "2021-09-08", "130207", True),
    ]
    for number, (name, kind, level, topic, held_on, area, made_up) in enumerate(events, start=1):
        store.add(
            "exchange",
            "registry.hostedevent",
            code=f"E-{number:02d}",
            name=name,
            kind=kind,
            level=level,
            topic=topic,
            held_on=held_on,
            area=[area],
            illustrative=made_up,
            remark="" if made_up else NOT_GIVEN,
        )


def _make_funds(store: Store) -> None:
    _make_budget(store)
    _make_creation_funds(store)
    _make_passed_down(store)
    _make_wage_rules(store)


def _make_budget(store: Store) -> None:
    for year, amount in BUDGET.items():
        store.add(
            "funds",
            "registry.fund",
            code=f"F-{year}-QJ",
            year=year,
            category="district_budget",
            level="district",
            amount_yuan=f"{amount}.00",
            purpose="基层党建与“一定三有”政策",
            arrived_on=f"{year}-03-01",
            area=["130207"],
            illustrative=year != 2021,
            remark=NOT_GIVEN if year == 2021 else "",
        )


def _make_creation_funds(store: Store) -> None:
    townships = store.townships()
    for year, total in CREATION.items():
        share = total // len(townships) // 1000 * 1000
        for number, township in enumerate(townships):
            amount = share + (total - share * len(townships) if number == 0 else 0)
            store.add(
                "funds",
                "registry.fund",
                code=f"F-{year}-{township}",
                year=year,
                category="creation",
                level="township",
                amount_yuan=f"{amount}.00",
                purpose="示范创建",
                budgeted_yuan=f"{amount + 50_000}.00",
                paid_yuan=f"{amount * 19 // 20}.00" if number % 3 else f"{amount}.00",
                arrived_on=f"{year}-{4 + number % 7:02d}-20",
                area=[township],
                illustrative=True,
            )


def _make_passed_down(store: Store) -> None:
    """Of the district's budget of 2021 a part went to each township; one township gave some to its sites."""
    for township in store.townships():
        _passed_down(store, township, "F-2021-QJ", "township", 6_000_000, 5_800_000, "村级运转与党建经费")
    named = [point for point in store.points if point["named_on"].year < 2021 and not point["withdrawn_on"]]
    sites = [point["code"] for point in named if point["area"].startswith(DEMO)][:3]
    for number, site in enumerate(sites, start=1):
        above, code = f"F-2021-QJ-{DEMO}", f"F-2021-{DEMO}-{number}"
        _passed_down(store, DEMO, above, "village", 60_000, 60_000 - 20_000 * (number == 3), "阵地提升", code, site)
    _passed_down(
        store,
        DEMO,
        f"F-2021-QJ-{DEMO}",
        "village",
        80_000,
        80_000,
        "书记项目补助",
        f"F-2021-{DEMO}-4",
        "",
        "SP-2021-12",
    )


def _passed_down(
    store: Store, township: str, above: str, level: str, amount: int, paid: int, purpose: str, code: str = "",
    site: str = "", project: str = "",
) -> None:  # fmt: skip
    store.add(
        "funds", "registry.fund", code=code or f"{above}-{township}", year=2021, category="other", level=level,
        amount_yuan=f"{amount}.00", budgeted_yuan=f"{amount}.00", paid_yuan=f"{paid}.00", purpose=f"{purpose}（示例）",
        arrived_on="2021-05-20", area=[township], out_of=[above], point=[site] if site else None,
        project_code=project, illustrative=True,
    )  # fmt: skip


def _make_wage_rules(store: Store) -> None:
    for code, post, uplift in (("W-01", "combined", "10"), ("W-02", "cross", "20")):
        store.add(
            "funds",
            "registry.wagerule",
            code=code,
            post=post,
            uplift_percent=uplift,
            area=["130207"],
            valid_from="2018-01-01",
            remark=f"省定标准文章未给出；{NOT_GIVEN}",
        )
