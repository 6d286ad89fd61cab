"""Fifteen built belts and one under construction, fifteen comprehensive zones, and what the article names of both."""

from .areas import MAP
from .store import NOT_GIVEN, Store

BELTS = [  # name, type, level, townships, built, members
    ("唐津运河省级乡村振兴示范带", "乡村振兴", "provincial", ["130207100", "130207108", "130207103"], "2018-06-20", 9),
    ("煤河沿线党建示范带", "乡村振兴", "municipal", ["130207100", "130207108"], "2017-09-30", 8),
    ("城区红色物业示范带", "城市社区", "municipal", ["130207001"], "2018-11-20", 7),
    ("城区机关先锋示范带", "机关", "district", ["130207001", "130207100"], "2019-06-28", 6),
    ("开发区红色引擎示范带", "非公企业", "municipal", ["130207100", "130207001"], "2019-10-25", 7),
    ("黄各庄产业强村示范带", "乡村振兴", "municipal", ["130207104", "130207107"], "2019-11-15", 8),
    ("钱营服务惠民示范带", "乡村振兴", "district", ["130207107", "130207104", "130207106"], "2020-06-30", 6),
    ("大新庄设施农业示范带", "产业发展", "district", ["130207106"], "2020-07-01", 12),
    ("小集现代农业示范带", "产业发展", "district", ["130207103", "130207105"], "2020-09-28", 6),
    ("西葛稻渔共生示范带", "产业发展", "district", ["130207105", "130207103", "130207117"], "2020-11-11", 6),
    (
        "南部沿海党建示范带",
        "乡村振兴",
        "district",
        ["130207111", "130207203", "130207117", "130207106"],
        "2021-04-28",
        6,
    ),
    ("唐坊特色农业示范带", "产业发展", "district", ["130207108", "130207109"], "2021-06-25", 6),
    ("岔河治理提升示范带", "乡村治理", "district", ["130207116", "130207114", "130207118"], "2021-06-25", 6),
    ("大齐满族风情示范带", "乡村振兴", "municipal", ["130207114", "130207116", "130207100"], "2021-09-30", 6),
    ("王兰庄乡风文明示范带", "乡村治理", "district", ["130207109", "130207118", "130207108"], "2021-11-26", 6),
]


def make_belts(store: Store) -> None:
    free = [site for site in store.points if site["premium_on"] and not site["withdrawn_on"]]
    plain = [site for site in store.points if not site["premium_on"] and not site["withdrawn_on"]]
    for number, (name, kind, level, townships, built, size) in enumerate(BELTS, start=1):
        real = number == 1
        code = f"B-{number:02d}"
        _belt(
            store,
            code,
            name,
            kind,
            level,
            townships,
            built_on=built,
            planned_on=f"{int(built[:4]) - 1}-03-15",
            illustrative=not real,
            remark=f"起止乡镇与成员为示意，{NOT_GIVEN}" if real else "",
        )
        premium = _nearest(store, free, townships, max(5, size - number % 3))
        others = _nearest(store, plain, townships, size - len(premium))
        _members(store, code, premium + others, built)
    _belt(
        store,
        "B-16",
        "丰南西部在建示范带",
        "乡村治理",
        "district",
        ["130207118", "130207109"],
        planned_on="2021-03-10",
        started_on="2021-08-20",
        illustrative=True,
    )
    western = ["130207118", "130207109"]
    _members(store, "B-16", _nearest(store, free, western, 3) + _nearest(store, plain, western, 2), "2021-08-20")


def _belt(store: Store, code: str, name: str, kind: str, level: str, townships: list[str], **more) -> None:
    store.add(
        "groupings", "registry.belt", code=code, name=name, kind=kind, level=level, area=[townships[0]],
        townships=[[t] for t in townships], organisation=[f"O-{townships[0]}"],
        start=store.areas[townships[0]]["name"], end=store.areas[townships[-1]]["name"], **more,
    )  # fmt: skip


def _nearest(store: Store, sites: list[dict], townships: list[str], count: int) -> list[dict]:
    """Takes `count` sites out of `sites`: those of the townships first, then those nearest to them."""

    def distance(site: dict) -> int:
        column, row = MAP[site["area"][:9]]
        return min(abs(column - MAP[t][0]) + abs(row - MAP[t][1]) for t in townships)

    chosen = sorted(sites, key=lambda site: (distance(site), site["code"]))[:count]
    for site in chosen:
        sites.remove(site)
    return chosen


def _members(store: Store, belt: str, sites: list[dict], built: str) -> None:
    ordered = sorted(sites, key=lambda site: (MAP[site["area"][:9]], site["code"]))
    for position, site in enumerate(ordered, start=1):
        since = max(built, site["named_on"].isoformat())
        store.add(
            "groupings",
            "registry.beltmembership",
            belt=[belt],
            point=[site["code"]],
            position=position,
            valid_from=since,
        )


def make_zones(store: Store) -> None:
    townships = [t for t in store.townships() if t != "130207203"]
    for number, township in enumerate(townships, start=1):
        built = f"{2017 + number % 5}-{6 + number % 6:02d}-18"
        name = store.areas[township]["name"].removesuffix("街道").removesuffix("镇")
        code = f"Z-{number:02d}"
        store.add(
            "groupings", "registry.zone", code=code, name=f"{name}综合党建示范片区", kind="comprehensive",
            level="municipal" if number % 4 == 1 else "district", area=[township], townships=[[township]],
            planned_on=f"{int(built[:4]) - 1}-04-01", built_on=built, outline=_outline(township), illustrative=True,
        )  # fmt: skip
        inside = [s for s in store.points if s["area"].startswith(township) and not s["withdrawn_on"]]
        for site in inside[:10]:
            _part(store, code, max(built, site["named_on"].isoformat()), point=[site["code"]])
        for belt, (_name, _kind, _level, passed, belt_built, _size) in enumerate(BELTS, start=1):
            if passed[0] == township:
                _part(store, code, max(built, belt_built), belt=[f"B-{belt:02d}"])
    _named_zones(store)


def _part(store: Store, zone: str, since: str, **what) -> None:
    store.add("groupings", "registry.zonemembership", zone=[zone], valid_from=since, **what)


def _outline(township: str) -> dict:
    """A made-up outline: an eight-sided shape around the place of the township's tile."""
    column, row = MAP[township]
    x, y = 117.86 + column * 0.12, 39.60 - row * 0.11
    steps = [
        (0.05, 0.02),
        (0.03, 0.045),
        (-0.03, 0.045),
        (-0.05, 0.02),
        (-0.05, -0.02),
        (-0.03, -0.045),
        (0.03, -0.045),
        (0.05, -0.02),
    ]
    ring = [[round(x + dx, 4), round(y + dy, 4)] for dx, dy in [*steps, steps[0]]]
    return {"type": "Polygon", "coordinates": [ring]}


def _named_zones(store: Store) -> None:
    """The zones the article names: one built for rural revitalisation, one model zone."""
    xugezhuang = {"area": ["130207100"], "townships": [["130207100"]], "remark": NOT_GIVEN}
    store.add(
        "groupings",
        "registry.zone",
        code="Z-XGZ",
        name="胥各庄市级乡村振兴示范区",
        kind="rural_revitalisation",
        level="municipal",
        built_on="2020-10-30",
        **xugezhuang,
    )
    store.add(
        "groupings",
        "registry.zone",
        code="Z-MODEL",
        name="资源集聚“样板区”",
        kind="model",
        level="district",
        within=["Z-DEV"],
        built_on="2020-05-20",
        **{**xugezhuang, "remark": f"级别为示意，{NOT_GIVEN}"},
    )
    for site in store.points:
        if site["unit"].startswith("U-"):
            _part(store, "Z-MODEL", max("2020-05-20", site["named_on"].isoformat()), point=[site["code"]])
    _themed_zones(store)


def _themed_zones(store: Store) -> None:
    """Three zones planned in the township that is a creation unit as a whole (F15, F16)."""
    themes = [("满族风情", "MANZU"), ("红色抗战", "KANGZHAN"), ("特色产业", "CHANYE")]
    for theme, ending in themes:
        store.add(
            "groupings",
            "registry.zone",
            code=f"Z-{ending}",
            name=f"{theme}党建示范区",
            kind="themed",
            theme=theme,
            level="municipal",
            area=["130207114"],
            townships=[["130207114"]],
            planned_on="2021-03-26",
            remark=f"级别为示意，{NOT_GIVEN}",
        )
    store.add(
        "groupings",
        "registry.wholeareatownship",
        code="WA-130207114",
        area=["130207114"],
        level="municipal",
        batch=1,
        accepted_on="2021-03-26",
        themed_zones=[[f"Z-{ending}"] for _theme, ending in themes],
        remark=NOT_GIVEN,
    )
