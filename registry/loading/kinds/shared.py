"""Columns and context shared by several sheet types."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.sheet_types import PART, PendingWrite, SheetColumn, SheetRow, Use
from registry.models import Field, Level
from registry.models.points import Precision
from registry.text.validators import Invalid, Reader, choice, dated, line, listing, plain, whole

LEVEL_WORDS = {
    "国家": "national", "省": "provincial", "市": "municipal", "区": "district", "国家级": "national",
    "省级": "provincial", "市级": "municipal", "区级": "district", "县": "district", "全国": "national",
    "县级": "district", "区县级": "district",
    "区(县)级": "district",
}  # fmt: skip
FIELD_WORDS = {
    "农村": "rural", "村": "rural", "村级": "rural", "行政村": "rural", "居委会": "community",
    "居民社区": "community", "城市社区": "community", "社区": "community", "机关": "government",
    "事业单位": "public_institution", "非公企业": "nonpublic_enterprise", "非公经济组织": "nonpublic_enterprise",
    "非公": "nonpublic_enterprise",
    "企业": "nonpublic_enterprise", "民营企业": "nonpublic_enterprise", "非公有制经济组织": "nonpublic_enterprise",
    "学校": "public_institution", "医院": "public_institution", "事业": "public_institution",
    "非公有制企业": "nonpublic_enterprise",
    "两新组织": "nonpublic_enterprise", "社会组织": "social_organisation",
}  # fmt: skip
ENDINGS = ("党组织", "基层党组织", "领域", "单位", "类", "型")


def field_word(text: str) -> str:
    """A field as ledgers name it: 农村, 农村党组织, 社区领域."""
    word = plain(text)
    ending = next((ending for ending in ENDINGS if word.endswith(ending) and word[: -len(ending)] in FIELD_WORDS), "")
    return _field(word.removesuffix(ending))


_field = choice(Field, FIELD_WORDS)
TOWNSHIP = SheetColumn(
    "township", "所属乡镇(街道)", line(60), required=True, label=_("Township"),
    also=(
        "所属乡镇", "乡镇(街道)", "乡镇", "街道", "镇街", "所在乡镇", "所属街道", "所属乡镇街道", "乡镇街道", "镇",
        "乡",
        "所在镇街", "所属镇", "所属镇街", "乡镇名称", "镇(街道)名称", "属地", "Township",
    ),
)  # fmt: skip
LEVEL = SheetColumn(
    "level", "级别", choice(Level, LEVEL_WORDS), required=True, also=("层级", "Level"), maybe=("等级",),
    words=("国家级", "省级", "市级", "区级"),
)  # fmt: skip
FIELD = SheetColumn(
    "field", "所属领域", field_word, required=True, also=("领域", "领域类别", "领域类型", "所属领域类别", "Field"),
    words=("农村", "城市社区", "机关", "事业单位", "非公企业", "社会组织"),
)  # fmt: skip


class at:
    """A failed lookup becomes a refusal because of the field `name`, or a warning if it is not required."""

    def __init__(self, row: SheetRow, name: str, required: bool = True):
        self.say, self.name = row.refuse if required else row.warn, name

    def __enter__(self) -> None: ...

    def __exit__(self, _type: Any, error: BaseException | None, _trace: Any) -> bool:
        if isinstance(error, Invalid):
            self.say(self.name, error.code, **error.details)
        return isinstance(error, Invalid)


def place(row: SheetRow, context: Context) -> str:
    """The code of the row's township; empty, with a message, if it is unknown."""
    if row.has("township"):
        with at(row, "township"):
            return row.areas.township(row.values["township"], row.values.get("district") or "")
    return ""


def refuse_village(row: SheetRow, name: str, text: str, township: str) -> None:
    """Refuses the row because `township` has no such village on its day."""
    with at(row, name):
        row.areas.refuse_ended(text, township)
    if not row.is_refused:
        row.refuse(name, "village_unknown", text=text, township=row.areas.names[township])


LINE = line(200)
NOT_KEPT = _("Read, but not kept by the registry.")
PLACES = "point belt zone unit"  # the places that a visit, a stop or a teaching site may refer to
TARGETS = {*PLACES.split(), "organisation", "place"}
YEAR = SheetColumn(
    "year", "年度", whole(1949, 2200, unit="年"), required=True, also=("年份", "年", "所属年度", "统计年度", "Year"),
    label=_("Year"),
)  # fmt: skip


def day_column(name: str, heading: str, *also: str, required: bool = False, follows: Any = "") -> SheetColumn:
    return SheetColumn(name, heading, dated, required=required, also=also, follows=follows)


def not_kept(name: str, heading: str, *also: str, read: Reader = LINE, personal: bool = False) -> SheetColumn:
    """A column of the template that the registry does not store; the template says so, and it is skipped."""
    return SheetColumn(
        name, heading, read, also=also, hint=NOT_KEPT, use=Use.COMPARE, droppable=True, personal=personal
    )


def townships(heading: str, required: bool = True) -> SheetColumn:
    also = (TOWNSHIP.heading, "途经乡镇", "涉及乡镇", "覆盖乡镇", "途经镇街", *TOWNSHIP.also)
    return SheetColumn("townships", heading, listing, required=required, also=also)


def township(heading: str, required: bool = True) -> SheetColumn:
    return replace(TOWNSHIP, heading=heading, required=required, also=(TOWNSHIP.heading, *TOWNSHIP.also))


def positive(read: Reader) -> Reader:
    """A number of `read` that must be above zero."""

    def read_positive(text: str) -> Any:
        value = read(text)
        if value is not None and value <= 0:
            raise Invalid("not_positive", text=text.strip())
        return value

    return read_positive


def take_day(
    row: SheetRow, name: str, context: Context, *, happened: bool = False, assume: bool = False, last: bool = False
) -> date | None:
    """Takes the first day of the field's period, or the `last`, as of a deadline. A date that has `happened` cannot be
    in the future. With `assume` a new record without a date counts from today."""
    value = row.values.get(name)
    if value is None:
        if assume:
            row.defaults[name] = context.today
        return None
    day = value.last if last else value.day
    if value.precision != Precision.DAY:
        row.note(name, "day_taken", text=row.texts.get(name, ""), day=day.isoformat())
    if happened and day > context.today:
        row.refuse(name, "day_to_come", day=day.isoformat())
    row.attributes[name] = day
    return day


def refer(row: SheetRow, name: str, record: Any) -> None:
    """Makes the row's record refer to `record`, which may be added with it."""
    if record is not None:
        row.attributes |= {f"{name}_id": record.pk} if record.pk else {name: record}


def look_up(
    row: SheetRow,
    context: Context,
    what: str,
    name: str,
    *,
    to: str = "",
    within: Iterable[str] = (),
    required: bool = True,
) -> Any:
    """Looks up the record in the field `name`, and makes the row's record refer to it."""
    text = row.values.get(name)
    if not text:
        return None
    record = None
    with at(row, name, required):
        record = context.records.get(what, text, within, row.day)
    refer(row, to or what, record)
    return record


def look_up_all(
    row: SheetRow, context: Context, what: str, name: str, *, within: Iterable[str] = (), required: bool = True
) -> dict[int, Any]:
    """Looks up the records in a field with several names, by key."""
    records = {}
    for text in row.values.get(name) or ():
        with at(row, name, required):
            record = context.records.get(what, text, within, row.day)
            records[record.pk] = record
    return records


def belong_to_organisation(row: SheetRow, context: Context) -> Any:
    """Looks up the organisation; the row's record lies in its area."""
    organisation = look_up(row, context, "organisation", "organisation")
    if organisation is not None:
        row.attributes["area_id"] = organisation.area_id
    return organisation


def codes_of(row: SheetRow, context: Context, name: str = "townships") -> list[str]:
    """The township codes in a field with several names; a new record belongs to the first."""
    codes = []
    for text in row.values.get(name) or ():
        with at(row, name):
            codes.append(row.areas.township(text))
    if codes:
        row.defaults["area_id"] = codes[0]
    return list(dict.fromkeys(codes))


def move(row: SheetRow, context: Context, stored: None) -> None:
    """If the record now refers to a place of another kind, the old reference is cleared."""
    targets = {name for name in TARGETS if row.attributes.get(f"{name}_id")}
    for name in TARGETS - targets if targets and row.record is not None else ():
        current = getattr(row.record, f"{name}_id", None)
        if current:
            row.main.changes[f"{name}_id"] = [current, None]


Parts = dict[int, dict[Any, Any]]


def by_owner(parts: Iterable[tuple[int, Any, Any]]) -> Parts:
    """The parts of each record, {record: {key: words}}, of rows (record, key, words)."""
    by_record: Parts = defaultdict(dict)
    for owner, key, words in parts:
        by_record[owner][key] = words
    return by_record


def parts_of(row: SheetRow, parts: Parts) -> dict[Any, Any]:
    return parts.get(row.record.pk, {}) if row.record else {}


def stored_keys(rows: list[SheetRow]) -> list[int]:
    return [row.record.pk for row in rows if row.record]


def add_parts(
    row: SheetRow, name: str, parts: dict[Any, str], current: dict[Any, str], make: Callable[[Any], Model]
) -> None:
    """Adds the `parts` that are not in `current`, {key: words}. Current parts that the file omits stay, with a
    warning."""
    new = {key: words for key, words in parts.items() if key not in current}
    for key in new:
        row.writes.append(PendingWrite(make(key), stage=PART))
    if new:
        log_parts(row, name, new.values())
    staying = [words for key, words in current.items() if key not in parts]
    if parts and staying:
        row.warn(name, "member_stays", text="、".join(staying))


def log_parts(row: SheetRow, name: str, words: Iterable[str]) -> None:
    """Adds the new parts to the event of the row's record."""
    row.main.also[name] = ["", "、".join(words)]


def differs(row: SheetRow, name: str, current: Any) -> None:
    """Warns if the file differs from the registry's own count."""
    stated = row.values.get(name)
    if stated is not None and stated != current:
        row.warn(name, "differs", said=_plain(stated), held=_plain(current))


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value.normalize():f}" if hasattr(value, "normalize") else value
