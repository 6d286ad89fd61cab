"""Party organisations of the district, townships, villages and communities, and the units the article names."""

from .store import Store, short

FOUNDED = "1985-01-01"
UNITS = [  # code, name, kind, industry, township, in the development zone
    ("U-001", "施尔得", "enterprise", "other", "130207100", True),
    ("U-002", "正元管业", "enterprise", "pipes", "130207100", True),
    ("U-003", "纵横钢铁", "enterprise", "steel", "130207103", False),
    ("U-004", "东华钢铁", "enterprise", "steel", "130207106", False),
    ("U-005", "惠达卫浴", "enterprise", "sanitary_ware", "130207104", False),
    ("U-006", "鑫丰热电", "enterprise", "energy", "130207100", False),
    ("U-007", "瑞丰公司", "enterprise", "other", "130207100", False),
    ("U-008", "岔河中心小学", "school", "", "130207116", False),
]
MADE_UP = [
    ("U-101", "示例钢铁企业甲", "enterprise", "steel", "130207105", False),
    ("U-102", "示例钢铁企业乙", "enterprise", "steel", "130207111", False),
    *[(f"U-{110 + n}", f"开发区示例企业{n}", "enterprise", "other", "130207100", True) for n in range(1, 7)],
]


def make_organisations(store: Store) -> None:
    zone = {
        "code": "Z-DEV", "name": "经济开发区", "kind": "development", "level": "provincial", "area": ["130207100"],
        "built_on": "2010-01-01", "townships": [["130207100"]], "remark": "级别、所在乡镇与日期为示意，文章未列明",
    }  # fmt: skip
    store.add("organisations", "registry.zone", **zone)
    for rows, made_up in ((UNITS, False), (MADE_UP, True)):
        for code, name, kind, industry, township, in_zone in rows:
            store.add(
                "organisations", "registry.unit", code=code, name=name, kind=kind, industry=industry, area=[township],
                zone=["Z-DEV"] if in_zone else None, illustrative=made_up, remark="" if made_up else "所在乡镇为示意",
            )  # fmt: skip
    _make_party_organisations(store)


def _make_party_organisations(store: Store) -> None:
    _add(store, "O-130207", "中共唐山市丰南区委员会", "party_committee", "district", "130207", None, made_up=False)
    for township in store.townships():
        name = store.areas[township]["name"]
        form = "party_working_committee" if name.endswith("街道") else "party_committee"
        ending = "党工委" if name.endswith("街道") else "党委"
        _add(store, f"O-{township}", name + ending, form, "township", township, "O-130207", made_up=True)
        for level, kind, field, ending in (
            ("village", "village", "rural", "村党支部"),
            ("community", "community", "community", "社区党支部"),
        ):
            for code in store.under(township, level):
                real = code == "130207001008"
                stem = short(store.areas[code]["name"]).removesuffix("村")
                name, form = ("新华社区党总支", "general_branch") if real else (stem + ending, "party_branch")
                _add(store, f"O-{code}", name, form, kind, code, f"O-{township}", made_up=not real, field=field)


def _add(store: Store, code: str, name: str, form: str, kind: str, area: str, parent: str | None, *, made_up: bool,
         field: str = "") -> None:  # fmt: skip
    dissolved = store.areas[area].get("valid_to")
    store.add(
        "organisations", "registry.partyorganisation", code=code, name=name, form=form, kind=kind, area=[area],
        parent=[parent] if parent else None, field=field, founded_on=FOUNDED, dissolved_on=dissolved,
        member_count=None if kind == "district" else store.random.randint(12, 96), illustrative=made_up,
        remark="" if made_up else "成立日期与党员人数为示意",
    )  # fmt: skip
