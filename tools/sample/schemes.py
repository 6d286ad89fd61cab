"""Illustrative schemes of assessment. For the townships that of 2020 is published, that of 2021 open and scored; for the
departments that of 2021 is published: the article does not say what 两重一专 stands for (F63)."""

import hashlib
import json

from .store import Store

BASIC, ORDER, SPECIAL, BONUS = "重点一 示范创建", "重点二 组织建设", "X 特色工作", "加分"
# part, item, weight, how it is judged, figure, value that gives the full weight
ITEMS = [
    (BASIC, "精品示范点创建", "20.0", "精品率达到35%得满分", "premium-rate", "35.00"),
    (BASIC, "村集体经济增收", "15.0", "收入达标村占比", "income-villages", "100.00"),
    (BASIC, "书记项目解题", "15.0", "年度解决问题2个得满分", "problems-solved", "2.00"),
    (ORDER, "组织生活规范", "15.0", "查阅记录", "", ""),
    (ORDER, "党员先锋岗作用发挥", "15.0", "实地查看、访谈", "", ""),
    (SPECIAL, "一镇一特色工作", "20.0", "现场汇报、材料", "", ""),
    (BONUS, "承接上级观摩会议", "3.0", "每承接一次得满分", "hosted-events", "1.00"),
]
DEPARTMENT_ITEMS = [  # 两重一专 is read as two priorities and one speciality
    ("重点一 政治机关建设", "政治机关建设任务落实", "35.0", "查阅资料、访谈", "", ""),
    ("重点二 履职服务基层", "机关党组织联系示范点", "35.0", "查阅记录、实地查看", "", ""),
    ("专项 特色工作", "一部门一专项", "30.0", "现场汇报、材料", "", ""),
    (BONUS, "位次较上年提升", "5.0", "每提升一位得1分", "", ""),
]
OFFICES = ("区委办公室", "区发展和改革局", "区教育局", "区民政局", "区农业农村局", "区行政审批局")


def make_schemes(store: Store) -> None:
    before = [(part, name, weight, method, "", "") for part, name, weight, method, *_figure in ITEMS]
    townships = {f"O-{township}": township for township in store.townships()}
    _make(store, 2020, before, townships, published="2020-12-28")
    _make(store, 2021, ITEMS, townships)
    _make(store, 2021, DEPARTMENT_ITEMS, _make_offices(store), published="2021-12-28", kind="department")


def _make_offices(store: Store) -> dict[str, str]:
    """The organisations of some government offices, with their areas."""
    for number, office in enumerate(OFFICES, start=1):
        store.add(
            "organisations", "registry.partyorganisation", code=f"O-J{number:02d}", name=f"{office}机关党委（示例）",
            form="party_committee", kind="unit", area=["130207001"], parent=["O-130207"], field="government",
            founded_on="1985-01-01", member_count=30 + 4 * number, illustrative=True,
        )  # fmt: skip
    return {f"O-J{number:02d}": "130207001" for number in range(1, len(OFFICES) + 1)}


def _make(
    store: Store, year: int, items: list[tuple], units: dict[str, str], published: str | None = None,
    kind: str = "township",
) -> None:  # fmt: skip
    """A scheme for `units`, {organisation: area}."""
    number, title = {"township": ("01", "乡镇（街道）“3+X”"), "department": ("02", "部门“两重一专”")}[kind]
    code, name = f"SC-{year}-{number}", f"{year}年{title}考评方案（示例）"
    body = {
        "name": name,
        "year": year,
        "kind": kind,
        "items": [_item(n, *item) for n, item in enumerate(items, 1)],
    }
    written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    store.add(
        "schemes", "assessment.scheme", code=code, name=name, year=year, kind=kind, area=["130207"],
        opened_on=f"{year}-03-01", announced_on=published and f"{year}-12-18", published_on=published, frozen=body,
        sha256=hashlib.sha256(written.encode()).hexdigest(), illustrative=True,
    )  # fmt: skip
    for item in body["items"]:
        fields = {**item, "full_at": item["full_at"] or None}
        store.add("schemes", "assessment.schemeitem", scheme=[code], **fields)
    cards = {unit: _scored(store, body["items"], f"{year}-12-18") for unit in units}
    totals = {unit: sum(float(line["score"] or 0) for line in card) for unit, card in cards.items()}
    for number, (unit, card) in enumerate(cards.items(), start=1):
        result = {}
        if published:
            rank = 1 + sum(total > totals[unit] for total in totals.values())
            result = {"card": card, "total": f"{totals[unit]:.2f}", "rank": rank}
        store.add(
            "schemes", "assessment.schemeresult", code=f"{code}-{number:03d}", scheme=[code], area=[units[unit]],
            organisation=[unit], illustrative=True, **result,
        )  # fmt: skip
    for number, card in enumerate(cards.values(), start=1):
        for line in card:
            if not line["figure"]:
                store.add(
                    "schemes", "assessment.itemscore", result=[f"{code}-{number:03d}"],
                    item=[code, line["number"]], self_score=line["own"], score=line["score"],
                )  # fmt: skip


def _item(number: int, part: str, name: str, weight: str, method: str, figure: str, full_at: str) -> dict:
    texts = {"part": part, "number": number, "name": name, "method": method, "figure": figure}
    return {**texts, "bonus": part == BONUS, "weight": weight, "full_at": full_at}


def _scored(store: Store, items: list[dict], on: str) -> list[dict]:
    """A card with a score for each item that is judged by hand."""
    card = []
    for item in items:
        weight, own, score = float(item["weight"]), "", ""
        if not item["figure"]:
            score = f"{round(weight * store.random.uniform(0.7, 1) * 2) / 2:.1f}"
            own = f"{min(weight, float(score) + store.random.choice([0, 0.5, 1])):.1f}"
        card.append({**item, "on": on, "value": None, "own": own, "score": score, "note": ""})
    return card
