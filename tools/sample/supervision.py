"""Findings of supervision: closed, waiting for the check, overdue, and one nothing was asked for yet. All made up."""

from .store import Store

FINDINGS = [  # (day, place of the township, finding, what is asked for, term, steps)
    ("2021-03-18", 1, "“三会一课”记录不全", "补齐一季度记录", "2021-04-10", "rectify 04-02, close 04-06"),
    ("2021-03-18", 4, "党务公开栏未及时更新", "当月更新并落实专人", "2021-04-10", "rectify 04-08, close 04-12"),
    ("2021-05-20", 6, "党员活动室挪作他用", "恢复原用途", "2021-06-15", "rectify 06-01, return 06-04, rectify 06-11, close 06-15"),
    ("2021-06-24", 9, "流动党员台账缺项", "逐人核对补录", "2021-07-20", "rectify 07-15, close 07-19"),
    ("2021-10-14", 11, "书记项目查账记录缺失", "补做查账并附佐证", "2021-11-10", "rectify 11-05"),
    ("2021-10-21", None, "示范点标识牌缺失", "统一制作并上墙", "2021-11-15", ""),
    ("2021-10-21", None, "主题党日签到不规范", "规范签到并抽查", "2021-11-15", "rectify 11-08, return 11-11"),
    ("2021-12-16", None, "红色驿站开放时间不足", "", None, ""),
]  # fmt: skip
DEMO = "130207114"  # the township of the demonstration clerk
WORDS = {
    "rectify": "已按要求整改。（示例）",
    "return": "整改不到位，退回。（示例）",
    "close": "复查到位，予以销号。（示例）",
}


def make_supervision(store: Store) -> None:
    townships = store.townships()
    for number, (day, place, finding, demand, term, steps) in enumerate(FINDINGS, start=1):
        township, code = townships[place] if place is not None else DEMO, f"SF-2021-{number:03d}"
        done_steps = [step.split() for step in steps.split(", ") if step]
        is_closed = bool(done_steps) and done_steps[-1][0] == "close"
        store.add(
            "supervision", "assessment.supervisionfinding", code=code, inspected_on=day, issuer="区委组织部（示例）",
            organisation=[f"O-{township}"], area=[township], finding=f"{finding}（示例）", demand=demand,
            deadline=term, progress=WORDS["rectify"] if done_steps else "", done=is_closed if done_steps else None,
            rechecked_on=f"2021-{done_steps[-1][1]}" if is_closed else None, illustrative=True,
        )  # fmt: skip
        for act, on in done_steps:
            store.add(
                "supervision", "assessment.supervisionstep", finding=[code], act=act, on=f"2021-{on}", text=WORDS[act]
            )
