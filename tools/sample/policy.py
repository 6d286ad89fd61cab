"""Special actions with the records attached to them, the village elections of 2021, policy documents."""

from .store import NOT_GIVEN, Store

ITEMS = ("组织提力", "队伍提优", "发展提质", "乡村振兴示范区创建")
ACTIONS = [  # code, name, kind, covers, items, aim, remark
    ("SA-01", "三提一创", "action", "农村", ITEMS, "农村领域专项行动。", NOT_GIVEN),
    (
        "SA-02", "一抓三促", "practice", "机关、事业单位",
        ("抓政治机关建设", "促能力提升", "促履职尽责", "促职能转变"), "机关和事业单位领域实践活动。", NOT_GIVEN,
    ),
    (
        "SA-03", "“六位一体”社区治理体系", "system", "社区",
        tuple(f"要素{number}（文章未列明）" for number in range(1, 7)), "社区治理体系。",
        f"六个要素文章未列明；{NOT_GIVEN}",
    ),
    (
        "SA-04", "“一定三有”政策", "policy", "农村",
        ("一定（文章未展开）", *(f"三有之{number}（文章未展开）" for number in "一二三")),
        "区财政每年投入1.1亿元，用于基层党建工作和落实“一定三有”政策。", f"“一定三有”文章未展开；{NOT_GIVEN}",
    ),
]  # fmt: skip
FIELDS = {
    "rural": ("SA-01", 4),
    "government": ("SA-02", 4),
    "public_institution": ("SA-02", 4),
    "community": ("SA-03", 6),
}
NAMINGS = (("2020", "6", "一"), ("2020", "11", "二"), ("2021", "6", "一"), ("2021", "11", "二"), ("2021", "12", "三"))


def make_policy(store: Store) -> None:
    _make_actions(store)
    _make_elections(store)
    _make_attachments(store)
    _make_documents(store)


def _make_actions(store: Store) -> None:
    for code, name, kind, covers, _items, aim, remark in ACTIONS:
        store.add(
            "policy", "registry.specialaction", code=code, name=name, kind=kind, covers=covers, aim=aim,
            area=["130207"], started_on="2021-03-01", remark=remark,
        )  # fmt: skip
    for code, _name, _kind, _covers, items, *_more in ACTIONS:
        for number, item in enumerate(items, start=1):
            store.add("policy", "registry.specialactionitem", action=[code], number=number, name=item)


def _make_elections(store: Store) -> None:
    """All villages of 2021. That they were the first of the city is the article's; the days are made up (F25)."""
    villages = [code for code, area in store.areas.items() if area["level"] == "village"]
    for place, code in enumerate(villages):
        store.add(
            "policy", "registry.villageelection", code=f"VE-{code}-2021", area=[code], year=2021, term="2021年换届",
            held_on=f"2021-0{1 + place % 3}-{10 + place % 15}", result="completed",
            is_combined_post=place % 9 != 4, illustrative=True,
        )  # fmt: skip


def _make_attachments(store: Store) -> None:
    """Which records belong to which item is made up."""
    for field, (action, items) in FIELDS.items():
        points = [site for site in store.points if site["field"] == field and not site["withdrawn_on"]]
        for place, site in enumerate(points[:: max(1, len(points) // 12)][:12]):
            _attach(store, action, 1 + place % items, "points", site["code"], site["area"])
    for number, township in enumerate(store.townships()[:6], start=1):
        _attach(store, "SA-01", 1 + number % 4, "projects", f"SP-2021-{number:02d}", township)
        _attach(store, "SA-01", 4, "funds", f"F-2021-{township}", township)
    _attach(store, "SA-01", 4, "zones", "Z-XGZ", "130207100")
    _attach(store, "SA-01", 2, "elections", "VE-130207114201-2021", "130207114201")
    for number, code in enumerate(("W-01", "W-02"), start=2):
        _attach(store, "SA-04", number, "wage-rules", code, "130207")
    _attach(store, "SA-04", 1, "funds", "F-2021-QJ", "130207")


def _attach(store: Store, action: str, number: int, kind: str, code: str, area: str) -> None:
    store.add(
        "policy", "registry.attachment", code=store.code("SR", 4), item=[action, number], kind=kind, target_code=code,
        area=[area], valid_from="2021-03-01", illustrative=True,
    )  # fmt: skip


def _make_documents(store: Store) -> None:
    store.add(
        "policy", "registry.policydocument", code="PD-001", title="全市基层党建示范创建工作部署", issuer="中共唐山市委",
        level="municipal", area=["130207"], issued_on="2021-01-15", valid_from="2021-01-15",
        remark=f"文号与标题文章未列明，标题为示意；{NOT_GIVEN}",
    )  # fmt: skip
    for number, (year, month, batch) in enumerate(NAMINGS, start=2):
        day = f"{year}-{int(month):02d}-01"
        store.add(
            "policy", "registry.policydocument", code=f"PD-{number:03d}", number=f"丰组字〔{year}〕示{month}号",
            title=f"关于命名{year}年第{batch}批党建示范点的决定（示例）", issuer="丰南区委组织部（示例）", level="district",
            area=["130207"], issued_on=day, valid_from=day, illustrative=True,
        )  # fmt: skip
