"""453 points named from 2016 to 2021, eight of them withdrawn, so that 445 are named on 2021-12-31, 156 of them
premium; and a dozen applications that never count."""

from datetime import date, timedelta

from .areas import MAP
from .store import NOT_GIVEN, Store, short

NAMED_BY_YEAR = {2016: 48, 2017: 64, 2018: 78, 2019: 87, 2020: 90, 2021: 86}
WITHDRAWN_BY_YEAR = {2019: 2, 2020: 3, 2021: 3}
PREMIUM = 156
LEVELS = {"national": 5, "provincial": 24, "municipal": 92}
FIELDS = {
    "rural": 276,
    "community": 40,
    "government": 42,
    "public_institution": 50,
    "nonpublic_enterprise": 33,
    "social_organisation": 12,
}
OFFICES = ["便民服务中心", "农业综合服务中心", "综合执法队"]
INSTITUTIONS = [("中心小学", "school"), ("卫生院", "hospital"), ("初级中学", "school"), ("文化站", "office")]
DISTRICT_OFFICES = ["区税务局", "区法院", "区检察院", "区财政局", "区市场监督管理局", "区农业农村局"]
LONG_NAME = "丰南区青年路街道新时代文明实践志愿服务联合会流动党员功能型党支部"
REAL = [  # area, unit, name, field, level: examples the article names
    ("130207100", "", "胥各庄镇党建示范点", "government", "national"),
    ("130207001", "", "青年路街道党建示范点", "government", "national"),
    ("130207104242", "", "双坨村党建示范点", "rural", "provincial"),
    ("130207108216", "", "孔家庄村党建示范点", "rural", "provincial"),
    ("130207001008", "", "新华社区党建示范点", "community", "national"),
    ("130207100", "U-001", "施尔得党建示范点", "nonpublic_enterprise", "municipal"),
    ("130207100", "U-002", "正元管业党建示范点", "nonpublic_enterprise", "municipal"),
]


def make_points(store: Store) -> None:
    sites = _real_sites() + _rural(store) + _communities(store) + _offices(store) + _institutions(store)
    sites += _firms(store) + _associations(store)
    _give_dates(store, sites)
    _give_grades(store, sites)
    sites.sort(key=lambda site: (site["named_on"], site["area"], site["name"]))
    for site in sites:
        site["code"] = store.code("FN", 4)
        _add(store, site)
        _add_periods(store, site)
    store.points = sites
    _add_applications(store)


def _site(
    area: str, name: str, field: str, *, unit: str = "", organisation: str = "", level: str = "", real=False
) -> dict:
    return {
        "area": area, "name": name, "field": field, "unit": unit, "organisation": organisation or f"O-{area}",
        "level": level, "real": real,
    }  # fmt: skip


def _real_sites() -> list[dict]:
    return [
        _site(area, name, field, unit=unit, level=level, real=True, organisation=f"OU-{unit}" if unit else "")
        for area, unit, name, field, level in REAL
    ]


def _rural(store: Store) -> list[dict]:
    occupied = {area for area, *_rest in REAL}
    villages = [code for code in store.areas if store.areas[code]["level"] == "village" and code not in occupied]
    by_township: dict[str, list[str]] = {}
    for code in villages:
        if not store.areas[code].get("valid_to"):
            by_township.setdefault(code[:9], []).append(code)
    count = FIELDS["rural"] - 2
    chosen = by_township["130207106"][:58]  # 大新庄镇, the township with the most points
    others = [code for township, codes in by_township.items() if township != "130207106" for code in codes]
    guaranteed = [codes[0] for township, codes in by_township.items() if township != "130207106"]
    rest = [code for code in others if code not in guaranteed]
    chosen += guaranteed + store.random.sample(rest, count - len(chosen) - len(guaranteed))
    return [
        _site(code, f"{short(store.areas[code]['name']).removesuffix('村')}村党建示范点", "rural") for code in chosen
    ]


def _communities(store: Store) -> list[dict]:
    codes = [code for code in store.areas if store.areas[code]["level"] == "community" and code != "130207001008"]
    chosen = codes[: FIELDS["community"] - 1]
    return [_site(code, f"{short(store.areas[code]['name'])}社区党群服务中心", "community") for code in chosen]


def _with_unit(store: Store, township: str, name: str, field: str, kind: str, organisation_name: str = "") -> dict:
    unit = store.code("UP")
    _unit(store, unit, name, kind, township, organisation_name or f"{name}党支部", field)
    return _site(township, f"{name}党建示范点", field, unit=unit, organisation=f"OU-{unit}")


def _unit(store: Store, code: str, name: str, kind: str, township: str, organisation_name: str, field: str) -> None:
    store.add(
        "organisations",
        "registry.unit",
        code=code,
        name=name,
        kind=kind,
        industry="other" if kind == "enterprise" else "",
        area=[township],
        illustrative=True,
    )
    _organisation(store, code, organisation_name, township, field, made_up=True)


def _organisation(store: Store, unit: str, name: str, township: str, field: str, *, made_up: bool) -> None:
    store.add(
        "organisations", "registry.partyorganisation", code=f"OU-{unit}", name=name, form="party_branch", kind="unit",
        area=[township], unit=[unit], parent=[f"O-{township}"], field=field, founded_on="2003-07-01",
        member_count=store.random.randint(5, 49), illustrative=made_up,
        remark="" if made_up else "组织名称、成立日期与党员人数为示意",
    )  # fmt: skip


def _offices(store: Store) -> list[dict]:
    names = [("130207001", office) for office in DISTRICT_OFFICES]
    names += [(t, f"{store.areas[t]['name']}{office}") for office in OFFICES for t in store.townships()]
    return [_with_unit(store, t, name, "government", "office") for t, name in names[: FIELDS["government"] - 2]]


def _institutions(store: Store) -> list[dict]:
    names = [(t, f"{store.areas[t]['name']}{ending}", kind) for ending, kind in INSTITUTIONS for t in store.townships()]
    chosen = names[: FIELDS["public_institution"]]
    return [_with_unit(store, t, name, "public_institution", kind) for t, name, kind in chosen]


def _firms(store: Store) -> list[dict]:
    for unit, name in (("U-001", "施尔得党支部"), ("U-002", "正元管业党支部")):
        _organisation(store, unit, name, "130207100", "nonpublic_enterprise", made_up=False)
    sites = []
    for number in range(1, 7):
        unit = f"U-{110 + number}"
        _organisation(store, unit, f"开发区示例企业{number}党支部", "130207100", "nonpublic_enterprise", made_up=True)
        sites.append(
            _site(
                "130207100",
                f"开发区示例企业{number}党建示范点",
                "nonpublic_enterprise",
                unit=unit,
                organisation=f"OU-{unit}",
            )
        )
    townships = store.townships()
    for number in range(FIELDS["nonpublic_enterprise"] - 8):
        township = townships[number % len(townships)]
        name = f"{store.areas[township]['name']}示例企业{number // len(townships) + 1}"
        sites.append(_with_unit(store, township, name, "nonpublic_enterprise", "enterprise"))
    return sites


def _associations(store: Store) -> list[dict]:
    townships = store.townships()
    sites = [_with_unit(store, "130207001", "志愿服务联合会", "social_organisation", "association", LONG_NAME)]
    for number in range(FIELDS["social_organisation"] - 1):
        name = f"{store.areas[townships[number]]['name']}{('商会', '老年协会')[number % 2]}"
        sites.append(_with_unit(store, townships[number], name, "social_organisation", "association"))
    return sites


def _give_dates(store: Store, sites: list[dict]) -> None:
    """Naming on one of two days a year; the article's examples early, eight of the others withdrawn later."""
    years = [year for year, count in NAMED_BY_YEAR.items() for _index in range(count)]
    made_up = [site for site in sites if not site["real"]]
    store.random.shuffle(made_up)
    ordered = [site for site in sites if site["real"]] + made_up
    for site, year in zip(ordered, years, strict=True):
        site["named_on"] = date(year, *store.random.choice([(6, 28), (6, 28), (11, 30)]))
        site["withdrawn_on"] = None
    for year, count in WITHDRAWN_BY_YEAR.items():
        candidates = [
            s
            for s in made_up
            if s["named_on"].year <= year - 2 and not s["withdrawn_on"] and not s["unit"].startswith("U-")
        ]
        for site in store.random.sample(candidates, count):
            site["withdrawn_on"] = date(year, 9, 15)


def _give_grades(store: Store, sites: list[dict]) -> None:
    """The day each became premium (or none), and its level, with the day it was raised to it (or none)."""
    standing = [site for site in sites if not site["withdrawn_on"]]
    real = [site for site in standing if site["real"]]
    made_up = [site for site in standing if not site["real"]]
    for site in sites:
        site["premium_on"] = site["raised_on"] = None
        site["grade"] = store.random.choice(["demonstration", "demonstration", "standard"])
        site["level"] = site["level"] or "district"
    for site in real + store.random.sample(made_up, PREMIUM - len(real)):
        year = min(site["named_on"].year + store.random.choice([0, 1, 1, 2]), 2021)
        site["premium_on"] = site["named_on"] if year == site["named_on"].year else date(year, 12, 1)
    rest = list(made_up)
    store.random.shuffle(rest)
    for level, count in LEVELS.items():
        for site in rest[: count - sum(s["level"] == level for s in real)]:
            rest.remove(site)
            site["level"] = level
            if site["named_on"].year < 2021 and store.random.random() < 0.3:
                site["raised_on"] = date(store.random.randint(site["named_on"].year + 1, 2021), 10, 8)


def _add(store: Store, site: dict) -> None:
    column, row = MAP[site["area"][:9]]
    lng = 117.86 + column * 0.12 + store.random.uniform(-0.045, 0.045)
    lat = 39.60 - row * 0.11 + store.random.uniform(-0.04, 0.04)
    store.add(
        "points", "registry.demonstrationpoint", code=site["code"], name=site["name"], area=[site["area"]],
        unit=[site["unit"]] if site["unit"] else None, organisation=[site["organisation"]], field=site["field"],
        venue_area=str(store.random.randint(12, 90) * 10), lng=f"{lng:.6f}", lat=f"{lat:.6f}", coordinate_system="wgs84",
        position_illustrative=True, illustrative=not site["real"],
        highlights="" if site["real"] else "党员责任区、便民代办和主题党日常态化开展。（示例文字）",
        remark="面积、位置、等次与文号为示意，" + NOT_GIVEN if site["real"] else "",
    )  # fmt: skip


def _add_periods(store: Store, site: dict) -> None:
    """The life of a point: every change of status, grade or level ends one period and begins the next."""
    changes = [(day, kind) for kind in ("premium_on", "raised_on") if (day := site[kind]) and day > site["named_on"]]
    raised = any(kind == "raised_on" for _day, kind in changes)
    standing = {"status": "named", "level": "district" if raised else site["level"], "grade": site["grade"]}
    if site["premium_on"] == site["named_on"]:
        standing["grade"] = "premium"
    periods = [(site["named_on"], dict(standing), "")]
    for day, kind in sorted(changes):
        standing |= {"grade": "premium"} if kind == "premium_on" else {"level": site["level"]}
        periods.append((day, dict(standing), "复核晋级"))
    if site["withdrawn_on"]:
        periods.append((site["withdrawn_on"], {**standing, "status": "withdrawn"}, "复核不达标，摘牌（示例）"))
    _write_periods(store, site, _application(store, site) + periods)


def _application(store: Store, site: dict) -> list[tuple]:
    """About a third of the points named in 2021 show how they came to be named."""
    if site["named_on"].year < 2021 or store.random.random() > 0.35:
        return []
    steps = [("submitted", 88), ("checked", 70), ("scored", 30), ("notice", 9)]
    return [(site["named_on"] - timedelta(days), {"status": status}, "") for status, days in steps]


def _write_periods(store: Store, site: dict, periods: list[tuple]) -> None:
    ends = [day for day, _standing, _reason in periods[1:]] + [None]
    for (day, standing, reason), end in zip(periods, ends, strict=True):
        has_paper = standing["status"] in ("named", "withdrawn")
        store.add(
            "points", "registry.statusperiod", point=[site["code"]], valid_from=day.isoformat(),
            valid_to=end.isoformat() if end else None, reason=reason,
            document_no=f"丰组字〔{day.year}〕示{day.month}号" if has_paper else "",
            batch=f"{day.year}年第{1 if day.month < 7 else 2}批" if standing["status"] == "named" else "", **standing,
        )  # fmt: skip


def _add_applications(store: Store) -> None:
    used = {site["area"] for site in store.points}
    free = [c for c, a in store.areas.items() if a["level"] == "village" and c not in used and not a.get("valid_to")]
    statuses = ["draft"] * 4 + ["submitted"] * 3 + ["notice"] * 2 + ["scored", "refused", "returned"]
    for number, status in enumerate(statuses):
        code = free[number * 9]
        site = _site(code, f"{short(store.areas[code]['name']).removesuffix('村')}村党建示范点", "rural")
        site["code"] = store.code("FN", 4)
        _add(store, site)
        _write_periods(store, site, [(date(2021, 10, 11 + number), {"status": status}, "")])
