"""Areas: the statistics bureau's list of 2023, and twenty villages merged since (made up)."""

import csv

from .store import Store

MAP = {  # column and row in the schematic map, roughly as the townships lie
    "130207116": (0, 0), "130207114": (1, 0), "130207100": (2, 0), "130207001": (3, 0), "130207104": (4, 0),
    "130207118": (0, 1), "130207108": (1, 1), "130207103": (2, 1), "130207106": (3, 1), "130207107": (4, 1),
    "130207109": (1, 2), "130207105": (2, 2), "130207117": (3, 2), "130207110": (4, 2),
    "130207203": (2, 3), "130207111": (3, 3),
}  # fmt: skip
ALIASES = {
    "130207114": ["大齐镇", "大齐"],
    "130207100": ["胥各庄"],
    "130207001": ["青年路"],
    "130207110": ["柳树镇", "柳树(瞿+阝)镇"],
}
MERGED = {"130207107": 7, "130207116": 6, "130207110": 3, "130207106": 2, "130207104": 2}


def make_areas(store: Store) -> None:
    with open(store.source / "areas.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            area = {"name": row["name"], "level": row["level"], "parent": row["parent_code"] or None}
            if row["code"] in MAP:
                area["map_column"], area["map_row"] = MAP[row["code"]]
            store.areas[row["code"]] = area
    _make_merged(store)
    for code, area in store.areas.items():
        fields = {**area, "parent": [area["parent"]] if area["parent"] else None}
        store.add("areas", "registry.area", pk=code, **fields)
    for code, names in ALIASES.items():
        for name in names:
            store.add(
                "areas", "registry.areaalias", area=[code], name=name, kind="short" if "+" not in name else "variant"
            )
    _make_district(store)


def _make_district(store: Store) -> None:
    store.add(
        "areas", "registry.district", code="DISTRICT", area=["130207"], name="丰南区", name_en="Fengnan District",
        title="丰南区党建示范创建台账", title_en="Fengnan Showcase Registry", plate_title="丰南区党建示范点",
        plate_title_en="Party-building demonstration site of Fengnan District", code_prefix="FN",
        sources="总量数据来源：人民网-河北频道报道《唐山丰南：“四个维度”抓紧抓实基层党建示范创建工作》；区划代码来源：国家统计局。",
        sources_en="Source of the totals: the report “Tangshan Fengnan: grass-roots showcase creation in four "
        "dimensions”, People's Daily Online, Hebei. Area codes: National Bureau of Statistics.",
    )  # fmt: skip


def _make_merged(store: Store) -> None:
    """Twenty villages of 2021 that are not in the list of 2023; names and codes are made up."""
    numerals = "一二三四五六七八九十"
    made = 0
    for township, count in MERGED.items():
        heirs = store.under(township, "village")
        used = set(heirs)
        free = (f"{township}{number}" for number in range(399, 200, -1) if f"{township}{number}" not in used)
        for number in range(count):
            made += 1
            numeral = ("" if made <= 10 else "十") + numerals[(made - 1) % 10] if made != 20 else "二十"
            store.areas[next(free)] = {
                "name": f"示例{numeral}村委会",
                "level": "village",
                "parent": township,
                "valid_to": "2022-07-01" if made % 2 else "2023-03-01",
                "successor": [heirs[number * 3]],
                "illustrative": True,
            }
