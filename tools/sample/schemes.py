"""Two illustrative schemes of assessment for the townships: that of 2020 published, that of 2021 open and scored."""

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


def make_schemes(store: Store) -> None:
    before = [(part, name, weight, method, "", "") for part, name, weight, method, *_figure in ITEMS]
    _make(store, 2020, before, published="2020-12-28")
    _make(store, 2021, ITEMS)


def _make(store: Store, year: int, items: list[tuple], published: str | None = None) -> None:
    code, name = f"SC-{year}-01", f"{year}年乡镇(街道)“3+X”考评方案(示例)"
    body = {
        "name": name,
        "year": year,
        "kind": "township",
        "items": [_item(n, *item) for n, item in enumerate(items, 1)],
    }
    written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    store.add(
        "schemes", "assessment.scheme", code=code, name=name, year=year, kind="township", area=["130207"],
        opened_on=f"{year}-03-01", announced_on=published and f"{year}-12-18", published_on=published, frozen=body,
        sha256=hashlib.sha256(written.encode()).hexdigest(), illustrative=True,
    )  # fmt: skip
    for item in body["items"]:
        fields = {**item, "full_at": item["full_at"] or None}
        store.add("schemes", "assessment.schemeitem", scheme=[code], **fields)
    cards = {township: _scored(store, body["items"], f"{year}-12-18") for township in store.townships()}
    totals = {township: sum(float(line["score"] or 0) for line in card) for township, card in cards.items()}
    for number, (township, card) in enumerate(cards.items(), start=1):
        result = {}
        if published:
            rank = 1 + sum(total > totals[township] for total in totals.values())
            result = {"card": card, "total": f"{totals[township]:.2f}", "rank": rank}
        store.add(
            "schemes", "assessment.schemeresult", code=f"{code}-{number:03d}", scheme=[code], area=[township],
            organisation=[f"O-{township}"], illustrative=True, **result,
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
