"""Areas, as the statistics bureau lists them: one row per code. Mergers and new names are acts of their own page."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from registry.actions.areas import BELOW_TOWNSHIP, RIGHT, level_by_name, parent_code
from registry.loading.context import Context
from registry.loading.lookups import WHY
from registry.loading.sheet_types import CODE, ROW_NUMBER, SheetColumn, SheetRow, SheetType, plain_name, register
from registry.models import Area, AreaLevel
from registry.text.area_codes import LENGTHS, is_below_township
from registry.text.validators import Invalid, choice, line

from .shared import day_column, take_day

LEVEL_WORDS = {"村": "village", "社区": "community", "乡镇": "township", "镇": "township", "街道": "township"}
LEVEL_WORDS |= {"乡镇(街道)": "township", "区县": "district", "县": "district", "区": "district"}


def area_code(text: str) -> str:
    code = plain_name(text)
    if code and not (code.isascii() and code.isdigit() and len(code) in LENGTHS):
        raise Invalid("not_an_area_code", text=text.strip())
    return code


COLUMNS = (
    ROW_NUMBER,
    SheetColumn("code", "区划代码", area_code, required=True, also=("统计用区划代码", "行政区划代码", *CODE.headings)),
    SheetColumn("name", "区划名称", line(60), required=True, also=("名称", "行政区划名称")),
    SheetColumn(
        "level", "区划类别", choice(AreaLevel, LEVEL_WORDS), also=("类别", "村(社区)类别"), words=("村", "社区"),
        hint=_("Only of a village or community; else it follows from the code."),
    ),
    day_column("valid_from", "设立日期", "设立时间"),
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    row.title = f"{row.values.get('name') or ''} {row.values.get('code') or ''}".strip()
    if not row.has("code"):
        return
    code = row.values["code"]
    row.attributes |= {"code": code, "name": row.values.get("name")}
    take_day(row, "valid_from", context)
    row.defaults["valid_from"] = context.today
    if is_below_township(code):
        row.attributes["level"] = row.values.get("level")
        if row.has("level") and row.values["level"] not in BELOW_TOWNSHIP:
            row.refuse("level", "area_level_wrong", code=code)
    row.defaults["level"] = level_by_name(code, row.values.get("name") or "")


def find(rows: list[SheetRow], context: Context) -> None:
    """An area is identified by its code. A new one lies in the registry's area, and in one that exists on its first
    day, perhaps of an earlier row of the file."""
    codes = {row.values["code"] for row in rows if row.has("code")}
    stored = {area.code: area for area in context.locked(Area.objects.unscoped(WHY)).filter(code__among=codes)}
    added = context.once(_added)
    for row in rows:
        code = row.values.get("code")
        if not code:
            continue
        row.record = stored.get(code)
        if row.is_refused:
            continue
        if row.record is not None:
            _check_change(row)
            continue
        day: date = row.attributes.get("valid_from") or context.today
        parent = parent_code(code)
        row.attributes["parent_id"] = parent
        if not code.startswith(context.area) or code == context.area:
            row.refuse("code", "area_beyond", code=code, district=context.area)
        elif parent not in context.areas_by_day.on(day).levels and added.get(parent, date.max) > day:
            row.refuse("code", "area_without_parent", code=code, parent=parent, day=day)
        elif not row.attributes.get("name"):
            row.refuse("name", "required")
        else:
            added[code] = day


def _added(context: Context) -> dict[str, date]:
    """The first days of the areas that earlier rows of the file add."""
    return {}


def _check_change(row: SheetRow) -> None:
    """A file corrects a name; a new name from a day on is given on the page of the area."""
    area, name = row.record, row.attributes.get("name")
    if area.valid_to is not None and name and name != area.name:
        row.refuse("name", "area_is_over", name=area.name, day=area.valid_to)
    elif name and name != area.name:
        row.warn("name", "area_name_corrected", before=area.name, after=name)


register(
    SheetType(
        "area", _("Areas"), Area, COLUMNS, ("code",), resolve, prefix=lambda row: "", digits=0, find=find, right=RIGHT,
        area_of=lambda row: row.attributes.get("code") or "", naming=("code", "name"), called=("区划",),
    )
)  # fmt: skip
