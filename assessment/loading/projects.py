"""Secretary projects with their ledgers and problems (STANDARDS section 3.1)."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessment.models import PLAIN, LedgerEntry, LedgerStage, ProjectProblem, Promise, SecretaryProject
from registry.fields.points import BY_NAME
from registry.loading.context import Context
from registry.loading.kinds.shared import (
    NOT_KEPT,
    YEAR,
    Parts,
    add_parts,
    belong_to_organisation,
    by_owner,
    day_column,
    differs,
    log_parts,
    not_kept,
    parts_of,
    replace,
    stored_keys,
    take_day,
)
from registry.loading.lookups import WHY
from registry.loading.sheet_types import (
    CODE,
    PART,
    REMARK,
    ROW_NUMBER,
    PendingWrite,
    SheetColumn,
    SheetRow,
    SheetType,
    Use,
    plain_name,
    register,
)
from registry.models.points import Precision
from registry.text.validators import Dated, clean, dated, line, prose, whole, yes_no

PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*[%\uff05]")
DAY = re.compile(r"^\s*(\d{4}(?:[-./年月]\d{1,2}){0,2}[日月年]?)(?=\D|$)")
BEFORE = re.compile(r"^[\s,\uff0c:\uff1a、]+")
NUMBERED = re.compile(r"^\s*(?:[(\uff08]?\d{1,2}[).、\uff09\uff0e]|[①-⑳])\s*")


@dataclass(frozen=True)
class Entry:
    """A typed ledger line: day, progress, and text; a missing value is None."""

    day: date | None
    percent: int | None
    text: str


def entries(text: str) -> list[Entry]:
    """Ledger lines, each with an optional day before it and an optional percentage in it."""
    return [_entry(entry) for entry in re.split(r"[\n;\uff1b]+", clean(text)) if entry.strip()]


def _entry(text: str) -> Entry:
    day, percent = DAY.match(text), PERCENT.search(text)
    match = dated(day[1]) if day else None
    share = whole(0, 100)(percent[1]) if percent else None
    rest = BEFORE.sub("", text[day.end() :]) if day else text
    return Entry(match.day if match else None, share, line(300)(rest or text))


def problems(text: str) -> list[str]:
    """The problems in one cell, each on a line or after a number; a comma does not separate them."""
    parts = re.split(r"[\n;\uff1b]+|(?=[①-⑳])", clean(text))
    return [name for part in parts if (name := line(160)(NUMBERED.sub("", part)))]


COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "项目名称", line(80), required=True, also=("名称", "书记项目名称", "书记项目")),
    SheetColumn(
        "organisation", "党组织名称", line(80), required=True, also=(
            "党组织", "责任单位", "承担党组织", "责任党组织", "所属党组织", "申报单位", "承担单位", "实施单位", "单位",
        ), names="organisation",
    ),
    replace(YEAR, required=False),
    SheetColumn("responsible_person", "责任人(书记)", line(40), also=(
        "责任人", "书记", "党组织书记", "党支部书记", "项目负责人", "负责人", "责任书记", "领办人", "领办书记",
    ), personal=True),
    not_kept("post", "职务"),
    not_kept("phone", "联系电话", "电话", read=BY_NAME["phone"].read, personal=True),
    SheetColumn("problems", "拟破解难题", problems, also=("存在问题", "拟破解难题/存在问题", "难题", "问题清单",
        "解决问题",
        "破解难题", "拟解决问题", "拟解决的问题", "突出问题", "存在的问题", "解决的问题",
    )),
    SheetColumn("measures", "主要举措", prose(2000), also=("举措", "主要措施", "措施", "工作措施", "推进措施",
        "具体举措", "主要做法")),
    SheetColumn("team", "项目组成员", line(120), also=("项目组",)),
    SheetColumn("expected_results", "预期成效", prose(2000), also=("预期目标", "工作目标", "目标", "预期效果",
        "预期成果")),
    day_column("opened_on", "立项时间", "立项日期", "建账时间", "建账日期", "启动时间", "开始时间", required=True,
        follows=_("from the year")),
    day_column("deadline", "完成时限", "完成时间", "计划完成时间", "预计完成时间", "完成日期", "办结时限",
        required=True),
    SheetColumn("ledger_open", "建账(任务)", entries, also=("建账",)),
    SheetColumn("ledger_check", "查账(进度)", entries, also=(
        "查账", "查账1", "进度", "进展", "进展情况", "工作进展", "推进情况", "当前进度", "完成情况",
    )),
    SheetColumn("ledger_check_2", "查账2(进度)", entries, also=("查账2",)),
    SheetColumn("ledger_check_3", "查账3(进度)", entries, also=("查账3",)),
    SheetColumn("ledger_close", "交账(实效)", entries, also=("交账",)),
    SheetColumn(
        "solved_count", "已解决问题数", whole(0, 1000, unit="个"), also=("解决问题数",), use=Use.COMPARE, hint=NOT_KEPT,
    ),
    SheetColumn("closed", "是否销号", yes_no, also=("销号",), use=Use.COMPARE, words=("是", "否"), hint=NOT_KEPT),
    REMARK,
)  # fmt: skip
CHECKS = ("ledger_check", "ledger_check_2", "ledger_check_3")


def resolve(row: SheetRow, context: Context) -> None:
    """A project is identified by its name, its year and its organisation."""
    belong_to_organisation(row, context)
    if not row.has("opened_on") and row.has("year"):
        row.values["opened_on"] = Dated(date(row.values["year"], 1, 1), Precision.YEAR)
    opened = _take_opening(row)
    take_day(row, "deadline", context, last=True)
    row.attributes["year"] = row.values.get("year") or (opened.year if opened else None)


def _keep_exact_opening(row: SheetRow) -> None:
    """A month or a year does not contradict a day in it that is stored."""
    opened, stored = row.values.get("opened_on"), getattr(row.record, "opened_on", None)
    if opened and stored and opened.precision != Precision.DAY and opened.day <= stored <= opened.last:
        del row.attributes["opened_on"], row.attributes["opened_precision"]


def _take_opening(row: SheetRow) -> date | None:
    """The opening with its precision: of some projects only the year is known."""
    opened = row.values.get("opened_on")
    if opened is None:
        return None
    row.attributes |= {"opened_on": opened.day, "opened_precision": opened.precision}
    if opened.precision == Precision.YEAR:
        row.note("opened_on", "year_follows", year=opened.day.year)
    return opened.day


def prepare(rows: list[SheetRow], context: Context) -> dict[str, Parts]:
    for row in rows:
        _keep_exact_opening(row)
    of_projects = {"project__in": stored_keys(rows)}
    entries = LedgerEntry.objects.filter(**of_projects).order_by("entered_on", "pk")
    problems = ProjectProblem.objects.unscoped(WHY).filter(**of_projects)
    return {
        "entries": by_owner((entry.project_id, entry.pk, entry) for entry in entries),
        "problems": by_owner((problem.project_id, plain_name(problem.name), problem.name) for problem in problems),
        "promises": by_owner(
            (promise.project_id, promise.pk, promise) for promise in Promise.objects.filter(**of_projects)
        ),
        "solved": by_owner(problems.filter(solved_on__lte=context.today).values_list("project_id", "pk", "name")),
    }


def parts(row: SheetRow, context: Context, stored: dict[str, Parts]) -> None:
    project: Any = row.main.record
    current = parts_of(row, stored["problems"])

    def problem(name: str) -> ProjectProblem:
        return ProjectProblem(
            project=project, area_id=row.attributes.get("area_id") or project.area_id, name=names[name],
            found_on=row.attributes.get("opened_on") or project.opened_on,
        )  # fmt: skip

    names = {plain_name(text): text for text in row.values.get("problems") or ()}
    add_parts(row, "problems", names, current, problem)
    for write in row.writes:
        if isinstance(write.record, ProjectProblem):
            write.prefix, write.digits = f"PP-{project.year}-", 4
    if parts_of(row, stored["promises"]):
        _check_promise(row)
    _add_entries(row, context, project, list(parts_of(row, stored["entries"]).values()))
    solved = len(parts_of(row, stored["solved"]))
    differs(row, "solved_count", solved)
    differs(row, "closed", bool(current) and solved == len({**current, **names}))


def _check_promise(row: SheetRow) -> None:
    """A frozen promise is changed by an amendment on the page, not by a file."""
    for name in PLAIN:
        if name in row.main.changes:
            row.refuse(name, "promise_frozen")
    if any(isinstance(write.record, ProjectProblem) and write.is_new for write in row.writes):
        row.refuse("problems", "promise_frozen")


def _add_entries(row: SheetRow, context: Context, project: Any, stored: list[LedgerEntry]) -> None:
    """One opening, one handing in, and one check per day. An existing line is corrected, not added again."""
    opened = row.attributes.get("opened_on") or project.opened_on
    words: list[str] = []
    for name, stage, day in (
        ("ledger_open", LedgerStage.OPEN, opened),
        *((name, LedgerStage.CHECK, None) for name in CHECKS),
        ("ledger_close", LedgerStage.CLOSE, None),
    ):
        entries = row.values.get(name) or []
        if stage != LedgerStage.CHECK and len(entries) > 1:
            entries = [
                Entry(
                    entries[0].day,
                    entries[0].percent,
                    line(300)("；".join(given_entry.text for given_entry in entries)),
                )
            ]
        for new in entries:
            fitting = [
                entry for entry in stored if entry.stage == stage and (stage != LedgerStage.CHECK or _same(entry, new))
            ]
            if fitting:
                words += _correct_entry(row, fitting[0], new)
            else:
                words.append(_add(row, context, project, stored, name, stage, new.day or day, new))
    if words:
        log_parts(row, "ledger", words)


def _same(entry: LedgerEntry, new: Entry) -> bool:
    """A check is identified by its day; one without a day by its text."""
    return entry.entered_on == new.day if new.day else entry.text == new.text


def _correct_entry(row: SheetRow, entry: LedgerEntry, new: Entry) -> list[str]:
    now = {"text": new.text, "percent": new.percent, "entered_on": new.day}
    changes = {
        name: [getattr(entry, name), value]
        for name, value in now.items()
        if value is not None and getattr(entry, name) != value
    }
    if not changes:
        return []
    row.writes.append(PendingWrite(entry, changes, stage=PART))
    return [new.text]


def _add(
    row: SheetRow,
    context: Context,
    project: Any,
    stored: list,
    name: str,
    stage: LedgerStage,
    day: date | None,
    new: Entry,
) -> str:
    if day is None:
        row.note(name, "assumed", value=context.today)
    percent = new.percent if new.percent is not None else 100 if stage == LedgerStage.CLOSE else 0
    entry = LedgerEntry(
        project=project, stage=stage, entered_on=day or context.today, percent=percent, text=new.text
    )  # fmt: skip
    stored.append(entry)
    row.writes.append(PendingWrite(entry, stage=PART))
    return new.text


register(
    SheetType(
        "project", _("Secretary projects"), SecretaryProject, COLUMNS, ("name", "year", "organisation_id"), resolve,
        prefix=lambda row: f"SP-{row.attributes['year']}-", digits=2, prepare=prepare, parts=parts, by_clerks=True,
        order=(("opened_on", "deadline", False),), dated=("year", "opened_on"),
        year_columns=("year",), called=("书记项目", "项目"), codes="SP-",
    )
)  # fmt: skip
