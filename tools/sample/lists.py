"""Parameters and editable lists."""

from .store import NOT_GIVEN, Store

SINCE = "2017-01-01"
PARAMETERS = [
    ("appeal-working-days", "考评申诉期（工作日）", "5", "count", ""),
    ("belt-minimum", "每条示范带精品示范点下限", "5", "count", "F11"),
    ("premium-rate-target", "精品率目标", "35", "percent", "F08"),
    ("community-premium-target", "市定精品示范社区占比目标", "32.1", "percent", "F33，由57.1%与超25个百分点推得"),
    ("income-threshold", "村集体经济年收入门槛", "50000", "yuan", "F27"),
    ("notice-working-days", "公示期（工作日）", "5", "count", ""),
    ("pack-days", "迎检资料包链接有效期（天）", "14", "count", ""),
    ("project-check-days", "书记项目查账间隔（天）", "90", "count", ""),
    ("project-reminder-days", "书记项目到期前提醒（天）", "14", "count", ""),
    ("reply-working-days", "群众留言答复时限（工作日）", "5", "count", ""),
    ("rectify-working-days", "督导整改时限（工作日）", "15", "count", ""),
    ("remarks-a-day", "同一来源每日留言上限（条）", "5", "count", ""),
    ("remarks-an-hour", "同一记录每小时留言上限（条）", "20", "count", ""),
    ("return-working-days", "退回修改时限（工作日）", "10", "count", ""),
    ("review-working-days", "初审、评审时限（工作日）", "10", "count", ""),
    ("talk-overdue-findings", "逾期未改达到即约谈（条）", "3", "count", ""),
    ("standard-count", "示范点建设标准条数", "10", "count", "F06"),
]
LISTS = {
    "dimensions": [("示范", "Showcase"), ("品牌", "Brand"), ("效应", "Effect"), ("保障", "Guarantee")],
    "trinity": [("抓点", "Hold points"), ("连线", "Link lines"), ("扩面", "Widen areas")],
    "district_functions": [
        ("服务咨询", "Service and advice"),
        ("教育培训", "Education and training"),
        ("党建文化", "Party-building culture"),
        ("读书学习", "Reading and study"),
        ("运动健身", "Sport and fitness"),
    ],
    "linkages": [
        ("支部联建", "Joint branch building"),
        ("资源联享", "Shared resources"),
        ("能人联动", "Able people work together"),
        ("产业联盟", "Industry alliance"),
    ],
    "measures": [
        ("双带四联", "Two leads, four linkages"),
        ("开发区“样板区”", "Model zone of the development zone"),
        ("专题研学线路", "Themed study routes"),
    ],
    "mechanisms": [
        ("“书记项目”推进机制", "Secretary projects"),
        ("“先锋亮绩”考评机制", "Vanguard assessment"),
        ("区乡村三级基层党建保障机制", "Three-level guarantee"),
    ],
    "guarantee_levels": [("区", "District"), ("乡", "Township"), ("村", "Village")],
    "ledger_stages": [
        ("建账", "Opening the ledger"),
        ("查账", "Checking the ledger"),
        ("交账", "Handing in the ledger"),
    ],
}
SIX_TYPES = [
    ("发展型农村党组织", "Development type", "rural"),
    ("和谐型社区党组织", "Harmony type", "community"),
    ("效能型机关党组织", "Efficiency type", "government"),
    ("活力型事业单位党组织", "Vitality type", "public_institution"),
    ("引领型非公企业党组织", "Leading type", "nonpublic_enterprise"),
    ("服务型社会组织党组织", "Service type", "social_organisation"),
]


def make_lists(store: Store) -> None:
    for rule, name, value, unit, source in PARAMETERS:
        store.add(
            "parameters", "registry.parameter", code=f"PA-{rule}", rule=rule, name=name, value=value, unit=unit,
            issuer="", valid_from=SINCE, remark=f"{source}；{NOT_GIVEN}" if source else NOT_GIVEN,
            illustrative=not source,
        )  # fmt: skip
    for list_name, names in LISTS.items():
        for position, (name, name_en) in enumerate(names, start=1):
            _term(store, list_name, position, name, name_en)
    for position, (name, name_en, field) in enumerate(SIX_TYPES, start=1):
        _term(store, "six_types", position, name, name_en, field=field)


def _term(store: Store, list_name: str, position: int, name: str, name_en: str, **more) -> None:
    store.add(
        "parameters", "registry.term", code=f"TE-{list_name.replace('_', '-')[:24]}-{position}", list=list_name,
        position=position, name=name, name_en=name_en, valid_from=SINCE, **more,
    )  # fmt: skip
