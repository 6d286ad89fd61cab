"""Honours, results from outside, donations, brands, red business districts and consortia."""

from .store import NOT_GIVEN, Store

GRASSROOTS = "advanced_grassroots"
CONSORTIA = [  # name, township, kind, zone
    ("胥各庄市级乡村振兴示范区", "130207100", "town_leads_country", "Z-XGZ"),
    ("“产业强村”联合体", "130207104", "strong_leads_weak", None),
    ("“服务惠民”联合体", "130207107", "strong_leads_weak", None),
    ("大新庄示例联合体", "130207106", "strong_leads_weak", None),
    ("小集示例联合体", "130207103", "strong_leads_weak", None),
    ("唐坊示例联合体", "130207108", "strong_leads_weak", None),
    ("岔河示例联合体", "130207116", "strong_leads_weak", None),
    ("南孙庄示例联合体", "130207117", "strong_leads_weak", None),
    ("东田庄示例联合体", "130207118", "town_leads_country", None),
    ("王兰庄示例联合体", "130207109", "strong_leads_weak", None),
    ("西葛示例联合体", "130207105", "strong_leads_weak", None),
]
LEAD, LED = 89, 380
BRANDS = [
    ("红领善治", "rural", "130207104"), ("渠畔先锋", "rural", "130207100"), ("邻里红", "community", "130207001"),
    ("和谐新华", "community", "130207001"), ("机关先锋岗", "government", "130207001"),
    ("红烛映校", "public_institution", "130207116"), ("红色引擎", "nonpublic_enterprise", "130207100"),
    ("钢铁先锋", "nonpublic_enterprise", "130207106"), ("益起来", "social_organisation", "130207001"),
]  # fmt: skip


def make_honours(store: Store) -> None:
    _named(store)
    _provincial_and_municipal(store)
    _others(store)
    _make_donations(store)
    _make_brands(store)
    _make_consortia(store)
    store.add(
        "honours",
        "registry.externalresult",
        code="ER-2021-01",
        item="基层组织建设",
        issuer="唐山市综合考核评估",
        scope="municipal",
        year=2021,
        rank=1,
        announced_on="2021-12-20",
        area=["130207"],
        remark=f"年份与{NOT_GIVEN}",
    )
    store.add(
        "honours",
        "registry.externalresult",
        code="ER-2020-01",
        item="基层组织建设",
        issuer="唐山市综合考核评估",
        scope="municipal",
        year=2020,
        rank=3,
        announced_on="2020-12-22",
        area=["130207"],
        illustrative=True,
    )


def _honour(
    store: Store,
    title: str,
    level: str,
    granted_on: str,
    area: str,
    *,
    kind: str = "other",
    made_up: bool = False,
    **target,
) -> None:
    store.add(
        "honours", "registry.honour", code=store.code("H"), title=title, title_kind=kind, level=level, area=[area],
        granted_on=granted_on, illustrative=made_up, remark="" if made_up else NOT_GIVEN, **target,
    )  # fmt: skip


def _named(store: Store) -> None:
    """The honours the article names (F02, F13, F18–F21, F28)."""
    _honour(
        store,
        "全国先进基层党组织",
        "national",
        "2021-06-28",
        "130207001008",
        kind=GRASSROOTS,
        organisation=["O-130207001008"],
    )
    _honour(store, "全国优秀案例", "national", "2020-11-20", "130207100", belt=["B-01"])
    _honour(store, "全国文明乡镇", "national", "2017-11-17", "130207100", place=["130207100"])
    _honour(store, "全国文明单位", "national", "2017-11-17", "130207001", place=["130207001"])
    _honour(store, "全省首批美丽乡村", "provincial", "2016-12-20", "130207104242", place=["130207104242"], batch=1)
    _honour(store, "省级乡村振兴示范村", "provincial", "2019-12-25", "130207108216", place=["130207108216"])
    _honour(
        store,
        "发展壮大集体经济先进党组织",
        "provincial",
        "2021-06-30",
        "130207",
        kind="advanced_collective",
        organisation=["O-130207"],
    )


def _provincial_and_municipal(store: Store) -> None:
    """Sixteen organisations, one of which holds both titles (F03). Which they are is not in the article."""
    villages = [t + code for t, code in (("", c) for c in store.under("130207", "village", alive=True)[::29])]
    for number, code in enumerate(villages[:16]):
        level = "provincial" if number < 5 else "municipal"
        year = (2021, 2021, 2019, 2017)[number % 4]
        title = "全省先进基层党组织" if level == "provincial" else "全市先进基层党组织"
        _honour(store, title, level, f"{year}-06-29", code, kind=GRASSROOTS, made_up=True, organisation=[f"O-{code}"])
    _honour(
        store,
        "全市先进基层党组织",
        "municipal",
        "2018-06-29",
        villages[0],
        kind=GRASSROOTS,
        made_up=True,
        organisation=[f"O-{villages[0]}"],
    )


def _others(store: Store) -> None:
    standing = [site for site in store.points if site["premium_on"] and not site["withdrawn_on"]]
    for number, site in enumerate(standing[::9]):
        year = max(site["named_on"].year, 2018 + number % 4)
        _honour(
            store,
            "区级党建工作先进集体（示例）",
            "district",
            f"{year}-12-10",
            site["area"],
            made_up=True,
            point=[site["code"]],
        )


def _make_donations(store: Store) -> None:
    """Four steel firms, 45,000,000 yuan together; how it splits is made up. 5,900 items of goods (F48–F50)."""
    gifts = [
        ("U-003", "2018-09-05", 6_000_000), ("U-003", "2020-02-03", 12_000_000), ("U-004", "2019-10-17", 5_000_000),
        ("U-004", "2020-02-05", 10_000_000), ("U-101", "2020-02-10", 4_500_000), ("U-101", "2021-07-25", 2_500_000),
        ("U-102", "2021-07-26", 5_000_000),
    ]  # fmt: skip
    towns = {"U-003": "130207103", "U-004": "130207106", "U-101": "130207105", "U-102": "130207111"}
    for donor, day, amount in gifts:
        store.add(
            "honours", "registry.donation", code=store.code("D"), donor=[donor], area=[towns[donor]], kind="cash",
            donated_on=day, amount_yuan=f"{amount}.00", recipient="丰南区（示例）", purpose="公益捐款", illustrative=True,
            remark="四家合计4500万元为文章所列，分笔为示意",
        )  # fmt: skip
    store.add(
        "honours", "registry.donation", code=store.code("D"), donor=["U-005"], area=["130207104"], kind="goods",
        donated_on="2020-02-06", goods="卫浴产品", quantity=5900, goods_unit="件", recipient="武汉火神山医院",
        purpose="支援抗疫", remark=NOT_GIVEN,
    )  # fmt: skip


def _make_brands(store: Store) -> None:
    for number, (name, field, township) in enumerate(BRANDS):
        store.add(
            "honours", "registry.brand", code=store.code("BR"), name=name, field=field, area=[township],
            organisation=[f"O-{township}"], slogan="一领域一品牌（示例口号）", created_on=f"{2017 + number % 4}-05-04",
            illustrative=True,
        )  # fmt: skip
    functions = [[f"TE-district-functions-{number}"] for number in range(1, 6)]
    for number, (name, offered, made_up) in enumerate(
        (("通达", 5, False), ("泽信", 5, False), ("示例商圈", 4, True)), start=1
    ):
        store.add(
            "honours", "registry.redbusinessdistrict", code=f"RD-{number:02d}", name=name, area=["130207001"],
            organisation=["O-130207001"], functions=functions[:offered], opened_on=f"{2018 + number}-07-01",
            illustrative=made_up, remark="" if made_up else f"所在街道与{NOT_GIVEN}",
        )  # fmt: skip


def _make_consortia(store: Store) -> None:
    """Eleven consortia. 89 villages lead somewhere, 380 are led somewhere; five do both, in different consortia,
    because 89 + 380 exceeds the 464 villages there were (F43, F44)."""
    villages = store.under("130207", "village")
    lead = [code for place, code in enumerate(villages) if place % 5 == 2][:LEAD]
    led = [code for code in villages if code not in lead]
    led += lead[: LED - len(led)]
    both = set(led) & set(lead)
    linkages = [[f"TE-linkages-{number}"] for number in range(1, 5)]
    for number, (name, township, kind, zone) in enumerate(CONSORTIA):
        code = f"C-{number + 1:02d}"
        founded = f"{2018 + number % 4}-{3 + number % 8:02d}-01"
        store.add(
            "honours", "registry.consortium", code=code, name=name, kind=kind, area=[township], founded_on=founded,
            lead_organisation=[f"O-{township}"], zone=[zone] if zone else None, linkages=linkages,
            illustrative=number > 2, remark="" if number > 2 else f"成员村、类型与{NOT_GIVEN}",
        )  # fmt: skip
        for role, codes in (("lead", lead), ("led", led)):
            for place, village in enumerate(codes):
                home = place * len(CONSORTIA) // len(codes)
                home = (home + 5) % len(CONSORTIA) if role == "led" and village in both else home
                if home == number:
                    store.add(
                        "honours",
                        "registry.consortiummembership",
                        consortium=[code],
                        village=[village],
                        role=role,
                        valid_from=founded,
                    )
