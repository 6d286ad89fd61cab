"""Messages about a row or a cell of a load, in the reader's own language."""

from collections.abc import Collection, Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from registry.loading.known_values import missing_columns
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import Load, LoadRow, LoadState, RowVerdict
from registry.text import refusals, validators
from registry.text.validators import masked

SENTENCES = {
    "why_chosen": gettext_noop("It was chosen."),
    "why_stamp": gettext_noop("It is an export of the portal."),
    "why_codes": gettext_noop("Its codes begin like “%(text)s”."),
    "why_sheet": gettext_noop("The sheet is called “%(text)s”."),
    "why_title": gettext_noop("Its title is “%(text)s”."),
    "why_file": gettext_noop("The file is called “%(text)s”."),
    "why_headings": gettext_noop("%(count)s of its %(all)s headings are known."),
    "given_account": gettext_noop("%(heading)s: %(text)s in all rows that say nothing else, from your account."),
    "given_title": gettext_noop("%(heading)s: %(text)s in all rows, from the title."),
    "given_sheet": gettext_noop("%(heading)s: %(text)s in all rows, from the name of the sheet."),
    "given_file": gettext_noop("%(heading)s: %(text)s in all rows, from the name of the file."),
    "given_all": gettext_noop("%(heading)s: %(text)s in all rows, as it was chosen."),
    "blank_taken": gettext_noop("“%(text)s” was taken for a blank."),
    "unit_doubtful": gettext_noop("“%(text)s” was taken as %(value)s m². If that is right, confirm it."),
    "unit_assumed": gettext_noop(
        "No unit is given for this column: “%(text)s” was taken in %(unit)s, as %(value)s yuan, and so were those "
        "below. If that is wrong, write the unit into the heading, such as 金额(元)."
    ),
    "amount_leaps": gettext_noop(
        "From %(before)s yuan to %(after)s yuan is a hundredfold or more. "
        "Look at the unit; if it is meant so, confirm it."
    ),
    "not_confirmed": gettext_noop(
        "A value of this row is doubtful, and nobody confirmed it. Look at it and send the row again."
    ),
    "not_loaded": gettext_noop(
        "“%(heading)s” is counted by the registry or kept elsewhere: what was changed here is left out."
    ),
    "about": gettext_noop("“%(text)s” is not exact: %(value)s was taken."),
    "error_cell": gettext_noop("Cell %(cell)s holds an error of the spreadsheet. Put the value in its place."),
    "formula_unknown": gettext_noop(
        "Cell %(cell)s holds a formula without a result. Open and save the file in a spreadsheet program first."
    ),
    "formula_value": gettext_noop("Cell %(cell)s holds a formula: its last result was taken."),
    "code_unknown": gettext_noop("No record has the code “%(text)s”. Leave the cell empty for a new one."),
    "twice_in_file": gettext_noop("Row %(row)s is about the same record. Leave one of the two."),
    "outside": gettext_noop("This row belongs to another area than yours. Its own township or the district loads it."),
    "model_says": gettext_noop("%(text)s"),
    "database_says": gettext_noop("The registry does not take this row: %(text)s"),
    "draft_refused": gettext_noop("%(text)s"),
    "draft_changed": gettext_noop("The draft “%(name)s” of this place is open: it takes what the row says."),
    "draft_otherwise": gettext_noop(
        "The draft “%(name)s” of this place waits to be finished or checked. Finish it first, or give the row its name."
    ),
    "site_there": gettext_noop("The registry has the site “%(name)s” at this place already. Is it another one?"),
    "place_twice_in_file": gettext_noop(
        "Row %(row)s is about a site at the same place. Leave one of the two; register a second site by hand."
    ),
    "village_unknown": gettext_noop(
        "%(township)s has no village or community called “%(text)s”. Write its name in the registry, or its code."
    ),
    "area_followed": gettext_noop(
        "“%(text)s” existed until %(until)s and was merged into %(successor)s, where this record stands now."
    ),
    "area_level_wrong": gettext_noop("%(code)s is a village or a community. Write 村 or 社区."),
    "area_name_corrected": gettext_noop(
        "“%(before)s” becomes “%(after)s” on all days, as a correction. For a new name from a day on, use its page."
    ),
    "village_missing": gettext_noop("No village or community is given: the site stands in the township itself."),
    "field_follows": gettext_noop("It follows from the village, the organisation or the unit."),
    "village_follows": gettext_noop("It follows from the name of the site."),
    "organisation_follows": gettext_noop("It follows from the village, the unit or the name, such as “%(name)s”."),
    "form_follows": gettext_noop("It follows from the name of the organisation."),
    "townships_follow": gettext_noop("They follow from the points of the belt."),
    "stage_follows": gettext_noop("It follows from the dates."),
    "year_follows": gettext_noop("Only the year is known: %(year)s."),
    "kind_follows": gettext_noop("It follows from what is named."),
    "completed_later": gettext_noop("It is not given, and can be completed later."),
    "paper_pending": gettext_noop(
        "Titles without the number of their paper are taken over, and marked until it is added."
    ),
    "village_has_site": gettext_noop(
        "The village has a site in this field: “%(name)s” (%(code)s). If it is the same one, write its code into the "
        "row."
    ),
    "unit_new": gettext_noop("“%(text)s” is new: the unit is added too."),
    "organisation_new": gettext_noop("“%(text)s” is new: the party organisation is added too."),
    "position_half": gettext_noop("A position needs longitude and latitude: it was left out."),
    "system_missing": gettext_noop(
        "The coordinate system is not given: the position was left out. Add a column 坐标系."
    ),
    "kept_elsewhere": gettext_noop("“%(text)s” is not kept with the site. Load it with the template “%(where)s”."),
    "title_by_district": gettext_noop("The title is the district's to give: the row becomes a draft to be submitted."),
    "title_by_life_cycle": gettext_noop(
        "A site is named after scores and public notice, not by a file. For titles of an old ledger an administrator "
        "opens a term first (desk, Old ledgers); without status and day of naming the row becomes a draft."
    ),
    "title_needs": gettext_noop("A named site needs its grade, the day of its naming and the number of the paper."),
    "title_differs": gettext_noop(
        "The registry says “%(held)s”. A title is not changed by a file: change it on the page of the site."
    ),
    "premium_disagrees": gettext_noop("是否精品 and the grade “%(grade)s” do not agree. Mend one of them."),
    "grouping_unknown": gettext_noop("“%(text)s” is not among: %(kind)s. The row is taken without it; load it first."),
    "promise_frozen": gettext_noop(
        "The promise of this project is frozen. Amend it on the page of the project, with the reason."
    ),
    "touched": gettext_noop("Somebody changed it since: it stays as it is."),
    "in_use": gettext_noop("Other records refer to it by now: it stays as it is."),
    "in_future": gettext_noop("%(day)s has not come yet. Enter the decision on its day or later."),
    "day_to_come": gettext_noop("%(day)s has not come yet. Look at the date."),
    "day_taken": gettext_noop("“%(text)s” names no day: %(day)s was taken."),
    "assumed": gettext_noop("Nothing is given here: %(value)s was taken."),
    "order_wrong": gettext_noop("%(later)s cannot follow on %(earlier)s. Look at the two dates."),
    "key_taken": gettext_noop("The record %(code)s is called so already. Mend the code, or leave the cell empty."),
    "differs": gettext_noop("The file says %(said)s, the registry counts %(held)s."),
    "more_than_all": gettext_noop("%(said)s of %(held)s are more than all. Look at the two numbers."),
    "member_stays": gettext_noop("Not in the file, and stays in the registry all the same: %(text)s."),
    "order_stays": gettext_noop("The stops keep the order they have. Change it on the page of the route."),
    "own_superior": gettext_noop("An organisation cannot be its own superior. Write the name of the one above it."),
    "built_needs_day": gettext_noop("Built since when? Give the day: from then on it counts."),
    "stage_differs": gettext_noop("By its dates it is “%(held)s”. Mend the stage or the dates."),
    "village_code_differs": gettext_noop(
        "“%(text)s” is not the code of %(village)s in this township. Mend the code or the name."
    ),
    "grade_without_standard": gettext_noop(
        "A community that does not meet the standard has no grade. Empty it, or mend “是否达标”."
    ),
    "village_twice": gettext_noop("%(text)s cannot lead and be led in one consortium. Leave it in one of the lists."),
    "village_otherwise": gettext_noop(
        "%(text)s left the consortium, or has another part in it. A file does not change that: an administrator does."
    ),
    "term_unknown": gettext_noop("“%(text)s” is not in the district's list any more: it was left out."),
    "fund_of_district": gettext_noop(
        "No township is given: the money counts for the whole district. Add a column 所属乡镇."
    ),
    "fund_not_of_township": gettext_noop(
        "A township enters the creation funds of its own level and of its villages. "
        "The district enters all other money."
    ),
    "donation_needs": gettext_noop("A donation of the kind “%(kind)s” needs this. Fill it in."),
    "donation_is_not": gettext_noop("A donation of the kind “%(kind)s” has nothing here. Part cash and goods."),
}  # fmt: skip


def sentence(message: dict) -> str:
    """The sentence of a stored message: {field, column, level, code, details}."""
    code = message["code"]
    template = SENTENCES.get(code) or validators.SENTENCES.get(code) or refusals.SENTENCES[code]
    return _(template) % message["details"]


def answer_of(load: Load) -> dict:
    """A load as other programs read it (DESIGN section 8)."""
    return state_of(load) | {"rows": [row_answer(row, load) for row in load.rows.all()]}


def why_not(load: Load) -> str:
    """Why the load failed or waits for confirmation; empty if neither."""
    if load.refusal:
        return sentence(load.refusal)
    return str(doubts_of(load) or "") if load.state == LoadState.READY else ""


def doubts_of(load: Load) -> refusals.Refused | None:
    """The message against applying a load with doubtful rows that are not confirmed."""
    code = "load_doubtful" if "before" in load.doubts else "unit_doubtful"
    return refusals.Refused(code, **load.doubts) if load.doubts and not load.confirmed else None


def why_of(sheet: dict) -> list[str]:
    """What speaks for the kind of a sheet, in sentences."""
    return [sentence(reason) for reason in sheet.get("why", ())]


def _given(load: Load) -> Iterator[str]:
    """What was taken for all rows of a sheet, and why."""
    for sheet in load.sheets:
        kind = SHEET_TYPES.get(sheet["kind"])
        for name, given in sheet.get("given", {}).items():
            column = kind.column(name) if kind else None
            heading = column.heading if column else name
            yield sentence({"code": given["code"], "details": {"heading": heading, "text": given["text"]}})


def _said_once(load: Load) -> Iterator[str]:
    """What holds for many rows of a column."""
    for sheet in load.sheets:
        kind = SHEET_TYPES.get(sheet["kind"])
        for note in sheet.get("notes", {}).values():
            column = kind.column(note["field"]) if kind else None
            heading = column.heading if column else ""
            if column is not None and column.personal:
                note = _masked(note)
            yield _("%(heading)s, %(rows)s rows from row %(row)s on: %(text)s") % {
                "heading": heading or sheet["name"], "rows": note["rows"], "row": note["row"], "text": sentence(note),
            }  # fmt: skip


def missing_of(load: Load) -> list[dict[str, str]]:
    """The required columns that the sheets lack, each with what would fill it."""
    return [
        {
            "sheet": sheet["name"],
            "column": column.name,
            "heading": column.heading,
            "text": _("No column says %(heading)s. Add it, or choose one value for all rows on the page of the load.")
            % {"heading": column.heading},
        }
        for sheet in load.sheets
        if not sheet["skipped"] and sheet["kind"] in SHEET_TYPES
        for column in missing_columns(SHEET_TYPES[sheet["kind"]], sheet)
    ]


def _left_out(load: Load) -> Iterator[str]:
    for sheet in load.sheets:
        columns = [] if sheet.get("export") or sheet["skipped"] else sheet["columns"]
        if names := [column["heading"] for column in columns if not column["field"] and column["heading"]]:
            yield _("Not taken, because no column of the registry is called so: %(names)s.") % {
                "names": "、".join(names)
            }


def notes_of(load: Load) -> list[str]:
    """Notes about the file as a whole."""
    return [
        *_given(load),
        *_said_once(load),
        *_past_values(load),
    ]


def _past_values(load: Load) -> list[str]:
    return [
        _(
            "“%(sheet)s” is the portal's own export as of %(day)s. %(rows)s rows say what is otherwise by now: nothing "
            "of that was written."
        )
        % {"sheet": sheet["name"], "day": sheet["export"]["as_of"], "rows": sheet["past"]}
        for sheet in load.sheets
        if sheet.get("export") and sheet.get("past")
    ]


def state_of(load: Load) -> dict:
    """The load without its rows."""
    return {
        "file": load.file_name,
        "kind": load.kind or next((sheet["kind"] for sheet in load.sheets if not sheet["skipped"]), ""),
        "state": load.state,
        "message": why_not(load),
        "notes": [*(missing["text"] for missing in missing_of(load)), *notes_of(load), *_left_out(load)],
        **{verdict: getattr(load, verdict) for verdict in RowVerdict.values},
        "skipped_sheets": [sheet["name"] for sheet in load.sheets if sheet["skipped"]],
        "sheets": [_sheet_state(sheet) for sheet in load.sheets if not sheet["skipped"]],
        "missing_columns": missing_of(load),
    }


def _sheet_state(sheet: dict) -> dict:
    """What was understood of a sheet: its kind and why, other kinds it may be, and values taken for all rows."""
    return {
        "name": sheet["name"],
        "kind": sheet["kind"],
        "why": why_of(sheet),
        "alternatives": [rival["kind"] for rival in sheet.get("rivals", ()) if rival["kind"] != sheet["kind"]],
        "for_all_rows": {name: given["text"] for name, given in sheet.get("given", {}).items()},
    }


def row_answer(row: LoadRow, load: Load, personal: Collection[str] = ()) -> dict:
    """Serializes a row of a load. Text in `personal` fields is masked."""
    names = {sheet["index"]: sheet["name"] for sheet in load.sheets}
    return {
        "sheet": names.get(row.sheet, ""),
        "row": row.row,
        "verdict": row.verdict,
        "messages": [
            {
                "cell": f"{message['column']}{row.row}" if message["column"] else "",
                "column": message["field"],
                "code": message["code"],
                "text": sentence(_masked(message) if message["field"] in personal else message),
            }
            for message in row.messages
        ],
    }


def _masked(message: dict) -> dict:
    details = message["details"]
    return {**message, "details": details | {"text": masked(str(details["text"]))}} if "text" in details else message
