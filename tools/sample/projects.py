"""The illustrative ten-item standard, secretary projects with their ledgers, talks and replacements."""

from .store import Store

ITEMS = [
    ("政治引领强", "Political leadership", "10", "查阅记录，访谈"),
    ("组织设置规范", "Organisation set up as the rules ask", "10", "查阅资料"),
    ("班子队伍过硬", "Able and united committee", "12", "查阅资料，测评"),
    ("党员作用明显", "Members do their part", "10", "访谈，现场"),
    ("组织生活严格", "Organisation life on record", "12", "查阅记录"),
    ("阵地建设达标", "Venue meets the standard", "12", "实地查看"),
    ("制度机制健全", "Rules posted and used", "8", "查阅资料"),
    ("服务群众有效", "Effective service to the public", "10", "测评，抽查"),
    ("发展治理有实绩", "Results in development and governance", "10", "查阅报表"),
    ("特色品牌鲜明", "A brand of its own", "6", "现场，材料"),
]
VETOES = [
    ("当年列为软弱涣散党组织", "Listed as a weak organisation in the year"),
    ("书记受到严重纪律处分或被立案", "Secretary under a serious disciplinary or legal case"),
    ("发生重大安全、环保或群体性事件", "Serious safety, environment or mass incident"),
    ("申报数据、材料弄虚作假", "False data or records in the application"),
    ("阵地出租或挪作他用", "Venue let out or used for other ends"),
]
PROJECTS = {2019: 20, 2020: 26, 2021: 32}
SOLVED = {2019: 14, 2020: 19, 2021: 25}
THEMES = [
    "支部规范化提升",
    "软弱涣散整顿",
    "村集体经济增收",
    "红色物业攻坚",
    "党员教育提质",
    "阵地改造升级",
    "网格治理提效",
    "人才回引",
]
PROBLEMS = ["支部规范化程度不高", "活动开展不扎实", "阵地功能不全", "党员先锋作用不突出", "群众诉求办理不及时"]


def make_projects(store: Store) -> None:
    _make_standard(store)
    for year, count in PROJECTS.items():
        _make_year(store, year, count)
    _make_accountability(store)


def _make_standard(store: Store) -> None:
    store.add(
        "projects",
        "assessment.standard",
        code="ST-01",
        name="示范点建设10条标准（示例）",
        issuer="示例",
        valid_from="2016-01-01",
        illustrative=True,
        remark="文章未给出10条标准的文本，本标准为示意",
    )
    for number, (name, name_en, weight, method) in enumerate(ITEMS, start=1):
        store.add(
            "projects",
            "assessment.standarditem",
            code=f"ST-01-{number:02d}",
            standard=["ST-01"],
            number=number,
            name=name,
            name_en=name_en,
            weight=weight,
            method=method,
            illustrative=True,
        )
    for number, (name, name_en) in enumerate(VETOES, start=1):
        store.add("projects", "assessment.vetoitem", standard=["ST-01"], number=number, name=name, name_en=name_en)
    for grade, minimum in (("premium", "90"), ("demonstration", "80"), ("standard", "70")):
        store.add("projects", "assessment.passline", standard=["ST-01"], grade=grade, minimum=minimum)


def _make_year(store: Store, year: int, count: int) -> None:
    townships = store.townships()
    for number in range(count):
        township = townships[number % len(townships)]
        theme = THEMES[(number + year) % len(THEMES)]
        code = f"SP-{year}-{number + 1:02d}"
        name = store.areas[township]["name"]
        store.add(
            "projects", "assessment.secretaryproject", code=code, name=f"{name}“{theme}”书记项目", year=year,
            organisation=[f"O-{township}"], area=[township], measures="建立问题清单，逐项明确措施与时限。（示例）",
            expected_results=f"{theme}取得明显成效。（示例）", opened_on=f"{year}-02-20", deadline=f"{year}-12-15",
            illustrative=True,
        )  # fmt: skip
        _make_ledger(store, code, year, number)
        _make_problem(store, code, township, year, number)


def _make_ledger(store: Store, code: str, year: int, number: int) -> None:
    def entry(stage: str, day: str, percent: int, text: str) -> None:
        store.add(
            "projects",
            "assessment.ledgerentry",
            project=[code],
            stage=stage,
            entered_on=f"{year}-{day}",
            percent=percent,
            text=text,
        )

    entry("open", "02-20", 0, "年初建账，定任务。（示例）")
    entry("check", "06-18", 35 + number % 20, "分段查账，督进度。（示例）")
    if number % 9 != 8:
        entry("check", "09-22", 65 + number % 20, "分段查账，督进度。（示例）")
    if number % 6 != 5 or year < 2021:
        entry("close", f"12-{8 + number % 8:02d}", 100, "年度交账，看实效。（示例）")


def _make_problem(store: Store, code: str, township: str, year: int, number: int) -> None:
    """Every project sets out to solve one problem, every eighth two; not all are solved (F60: 25 of 32 projects)."""
    problems = 2 if number % 8 == 0 else 1
    for index in range(problems):
        solved = index == 0 and number < SOLVED[year]
        store.add(
            "projects", "assessment.projectproblem", code=f"{code}-P{index + 1}", project=[code], area=[township],
            name=f"{PROBLEMS[(number + index) % len(PROBLEMS)]}（示例）", found_on=f"{year}-02-20", illustrative=True,
            solved_on=f"{year}-{7 + number % 5:02d}-25" if solved else None, result="已销号（示例）" if solved else "",
        )  # fmt: skip


def _make_accountability(store: Store) -> None:
    """Five talks with four persons and three replacements in 2021 (F65, F66); the persons are made up."""
    rows = [
        ("interview", "2021-04-15", 3, "一"), ("interview", "2021-09-16", 3, "一"), ("interview", "2021-07-08", 5, "二"),
        ("interview", "2021-08-19", 8, "三"), ("interview", "2021-11-11", 10, "四"), ("adjustment", "2021-05-27", 2, "五"),
        ("adjustment", "2021-10-12", 6, "六"), ("adjustment", "2021-12-02", 10, "四"), ("interview", "2020-08-06", 4, "七"),
    ]  # fmt: skip
    townships = store.townships()
    for number, (kind, day, place, name) in enumerate(rows, start=1):
        store.add(
            "projects", "assessment.accountabilityaction", code=f"AA-{number:03d}", kind=kind, occurred_on=day,
            organisation=[f"O-{townships[place]}"], area=[townships[place]], person=f"示例人员{name}", post="党组织书记",
            reason="示例", issuer="示例", illustrative=True,
        )  # fmt: skip
