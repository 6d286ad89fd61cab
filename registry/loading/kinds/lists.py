"""What a district may edit for itself: the entries of its lists, and the days of its working calendar."""

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.models import CalendarDay, Term, TermList
from registry.text.validators import choice, line, whole, yes_no

from .shared import day_column, take_day

LIST_WORDS = {
    "四个维度": "dimensions",
    "点、带、面": "trinity",
    "六型创建": "six_types",
    "三提一创": "three_lifts_one_creation",
    "一抓三促": "one_hold_three_promotions",
    "六位一体": "six_in_one_governance",
    "红色商圈五大功能": "district_functions",
    "四联": "linkages",
    "三项举措": "measures",
    "三项机制": "mechanisms",
    "三级保障": "guarantee_levels",
    "三本账": "ledger_stages",
}
COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn(
        "list", "所属清单", choice(TermList, LIST_WORDS), required=True, also=("清单",), words=tuple(LIST_WORDS)
    ),
    SheetColumn("position", "清单顺序", whole(1, 1000), required=True, also=("排序",), numeric=True),
    SheetColumn("name", "条目名称", line(60), required=True, also=("条目", "清单条目")),
    SheetColumn("name_en", "英文名称", line(80), also=("英文名",)),
    day_column("valid_from", "列入清单时间", "列入日期", required=True),
    day_column("valid_to", "移出清单时间", "移出日期"),
    REMARK,
)  # fmt: skip

DAY_COLUMNS = (
    ROW_NUMBER,
    CODE,
    day_column("day", "日历日期", "调整日期", required=True),
    SheetColumn("working", "当日是否上班", yes_no, required=True, also=("是否工作日", "上班"), words=("是", "否")),
    SheetColumn("name", "节日或事由", line(40), also=("节日名称", "假期名称")),
    REMARK,
)


def resolve(row: SheetRow, context: Context) -> None:
    """An entry is identified by its list and its name."""
    take_day(row, "valid_from", context)
    take_day(row, "valid_to", context)


def resolve_day(row: SheetRow, context: Context) -> None:
    """A day of the calendar is identified by itself."""
    take_day(row, "day", context)


register(
    SheetType(
        "term",
        _("Lists"),
        Term,
        COLUMNS,
        ("name", "list"),
        resolve,
        prefix=lambda row: f"TE-{row.attributes['list']}-",
        digits=1,
        order=(("valid_from", "valid_to", True),),
        naming=("name", "list"),
        called=("清单", "条目"),
        codes="TE-",
        about=_("The entries of the lists, such as the six types and the five functions."),
    ),
    SheetType(
        "calendar-day", _("Working calendar"), CalendarDay, DAY_COLUMNS, ("day",), resolve_day,
        prefix=lambda row: CalendarDay.code_of(row.attributes["day"]), digits=0, naming=("day", "working"),
        called=("日历", "节假日"),
        about=_("Holidays on weekdays, and weekend days that are worked: terms in working days are counted by them."),
    ),
)  # fmt: skip
