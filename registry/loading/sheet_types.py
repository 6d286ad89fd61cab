"""The declaration of each sheet type and its columns, used by load, form and API."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import DateField, Model, QuerySet
from django.utils.functional import Promise

from registry.access.permissions import may
from registry.fields.base import DeclaredField
from registry.text.validators import ABOUT, NO, Invalid, Reader, yes_no

if TYPE_CHECKING:
    from registry.loading.context import Context
    from registry.loading.lookups import Areas, AreasByDay

Text = str | Promise


class Use(Enum):
    """The use of a column: stored, only compared with the registry's count, or ignored."""

    STORE = "store"
    COMPARE = "compare"
    IGNORE = "ignore"


@dataclass(frozen=True)
class SheetColumn:
    """A column: `name` is the field's name everywhere, `heading` is its heading in the district's templates (data, in
    Chinese, whatever the reader's language), `also` are other headings for it.

    `read` turns the text of a cell into a value and raises Invalid. `unit` is the unit of a bare number. A bad value of
    a `droppable` column is dropped with a warning and the row stays. `words` are the values to choose from. `names`
    says what its cells may name, such as "organisation" or "point belt zone", if that is looked up for all rows at
    once. `label` is what a form calls it in other languages than the heading's, if not like the field of the model.
    `stored` reads the current value from a record, if that is no attribute of the column's name. A form does without a
    column that is `only_in_files`.
    `maybe` are headings that mean it if the cells below them fit. `follows` says from what a required value
    follows if the file does not give it: then the type sets it, or refuses the row. A column is `needed_with` another:
    a stage 建成 needs its day.
    """

    name: str
    heading: str
    read: Reader
    required: bool = False
    also: tuple[str, ...] = ()
    unit: str = ""
    words: tuple[str, ...] = ()
    hint: Text = ""
    use: Use = Use.STORE
    droppable: bool = False
    personal: bool = False
    numeric: bool = False
    names: str = ""
    label: Text = ""
    stored: Callable[[Any], Any] | None = None
    only_in_files: bool = False
    maybe: tuple[str, ...] = ()
    follows: Text = ""
    needed_with: str = ""

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.heading, *self.also, self.name)


def column_of(declared: DeclaredField, **more: Any) -> SheetColumn:
    """The column of a declared field: the same name, the same reader, the same messages."""
    own: dict[str, Any] = {
        "heading": declared.heading, "also": declared.also, "required": declared.required_in_sheet,
        "droppable": declared.droppable, "personal": declared.personal, "numeric": bool(declared.keyboard),
    }  # fmt: skip
    return SheetColumn(declared.name, read=declared.read, hint=declared.hint, **own | more)


def plain_name(text: str) -> str:
    """A name normalised for comparison: composed, half width, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


UNIT, OWNER, RECORD, PART = range(4)  # the order of writing


@dataclass(slots=True)
class PendingWrite:
    """A record that a row adds (not saved yet) or changes: `changes` is {attribute: [before, after]}. `also` are the
    changes of its parts in its event. Writes are made stage by stage: what a record refers to, the record, its parts. A
    new record without a code takes the next one that begins with `prefix`. Its event has `document_no`, and `verb` if
    it is not a plain add or change. `public` says whether it is visible to everybody; if that is unknown the database
    is queried."""

    record: Any
    changes: dict[str, list] = field(default_factory=dict)
    also: dict[str, list] = field(default_factory=dict)
    stage: int = RECORD
    prefix: str = ""
    digits: int = 3
    verb: str = ""
    document_no: str = ""
    is_new: bool = False
    public: bool | None = None

    def __post_init__(self) -> None:
        self.is_new = self.record._state.adding

    @property
    def does_something(self) -> bool:
        return self.is_new or bool(self.changes) or bool(self.also)


@dataclass(slots=True)
class SheetRow:
    """A row of a file during validation. `texts` are the cells of known columns as typed, `values` the parsed values,
    `attributes` the resulting columns of the record, `defaults` those that only a new record takes, because the file
    does not give them; `edited` are the fields that were edited in the preview; `record` is the stored record, `title`
    the row's name for readers. `day` is the day that it is about, and `areas` are those of that day."""

    sheet: int
    number: int
    texts: dict[str, str]
    letters: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    messages: list[dict] = field(default_factory=list)
    is_refused: bool = False
    is_doubtful: bool = False
    excused: set[str] = field(default_factory=set)
    key: tuple = ()
    keys: list[str] = field(default_factory=list)
    record: Any = None
    writes: list[PendingWrite] = field(default_factory=list)
    undo: list[list] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    day: date = None  # type: ignore[assignment]  # this and the areas are set before anything is looked up
    areas_by_day: "AreasByDay" = None  # type: ignore[assignment]

    @property
    def areas(self) -> "Areas":
        """The areas of the row's day; most rows about one record name none, and then none is read."""
        return self.areas_by_day.on(self.day)

    def refuse(self, name: str, code: str, /, **details: Any) -> None:
        """Refuses the row because of the field `name` ("" for the row as a whole)."""
        self.is_refused = True
        self._say("refused", name, code, details)

    def note(self, name: str, code: str, /, **details: Any) -> None:
        """Accepts the row, with a message that the page says once for the whole column."""
        self._say("note", name, code, details)

    def warn(self, name: str, code: str, /, **details: Any) -> None:
        """Accepts the row with a warning."""
        self._say("warning", name, code, details)

    def doubt(self, name: str, code: str, /, **details: Any) -> None:
        """Accepts the row only after somebody confirms it."""
        self.is_doubtful = True
        self._say("doubt", name, code, details)

    def _say(self, level: str, name: str, code: str, details: dict) -> None:
        column = self.letters.get(name, "")
        values = {key: value if isinstance(value, int | float) else str(value) for key, value in details.items()}
        self.messages.append({"field": name, "column": column, "level": level, "code": code, "details": values})

    @property
    def main(self) -> PendingWrite:
        """The write of the record the row is about."""
        return next(write for write in self.writes if write.stage == RECORD)

    def has(self, *names: str) -> bool:
        """Whether all these fields were given and valid."""
        for name in names:  # a loop, because it runs a dozen times per row
            value = self.values.get(name)
            if value is None or value == "" or value == []:
                return False
        return True

    @property
    def name(self) -> str:
        """The row's name for readers."""
        name = self.values.get("name") or self.texts.get("name")
        return str(self.title or name or self.record or next(iter(self.texts.values()), ""))[:120]


@dataclass(frozen=True)
class SheetType:
    """A kind of record that can be loaded.

    `resolve(row, context)` turns `row.values` into `row.attributes` by looking things up, and refuses what is unknown;
    what is stored as it was read is there already (`as_typed`).
    `natural` are the attributes that identify a record, `blanks` those of them that may be empty; if the file gives a
    `code`, that decides. `naming` are the columns without which a sheet cannot be of this type, `called` how sheets,
    files and titles of it are called, `codes` how the codes of its records begin, and `year_columns` those that a year
    in a title fills. `records()` are those it may be about, if not all. `order` are pairs of attributes of which the
    first must not come later than the second, and with True as third not on the same day. `prefix(row)` begins the
    code of a new record, `digits` wide; with 0 digits it is the whole code. `prepare(rows, context)` reads what is
    needed of all records; `parts(row, context, stored)` gets that and adds the parts of one. `find(rows, context)` and
    `write(rows, context, load)` replace the usual way to find or write the records.
    `prefill(rows)` yields the current values of records, {column: value} each, to fill a template with, if these are
    more than their attributes. `lines(by, area)` does the same for rows without codes. `dated` are the columns whose
    year or day says on which day a row is judged by the areas that existed, the first that is given; without any, by
    those of today. `right` is the permission an account of the district needs; `by_clerks`: whether a township's clerk
    may load it too, for the own township. `together` are groups of columns that only say something together: a change
    of one is read with the stored values of the others. `about` says in a sentence what the kind is for.
    """

    slug: str
    label: Text
    model: type[Model]
    columns: tuple[SheetColumn, ...]
    natural: tuple[str, ...]
    resolve: Callable[[SheetRow, "Context"], None]
    prefix: Callable[[SheetRow], str]
    digits: int = 3
    blanks: tuple[str, ...] = ()
    order: tuple[tuple[str, str, bool], ...] = ()
    dated: tuple[str, ...] = ()
    records: Callable[[], QuerySet] | None = None
    prepare: Callable[[list[SheetRow], "Context"], Any] = lambda rows, context: None
    parts: Callable[[SheetRow, "Context", Any], None] = lambda row, context, stored: None
    find: Callable[[list[SheetRow], "Context"], None] | None = None
    write: Callable[[list[SheetRow], "Context", Any], None] | None = None
    naming: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    codes: str | Callable[[], str] = ""
    year_columns: tuple[str, ...] = ()
    right: str = "record.add"
    by_clerks: bool = False
    prefill: Callable[[Any], Iterable[dict[str, Any]]] | None = None
    lines: Callable[[Any, str], Iterable[dict[str, Any]]] | None = None
    area_of: Callable[[SheetRow], str] = lambda row: row.attributes.get("area_id") or ""
    together: tuple[tuple[str, ...], ...] = ()
    about: Text = ""

    def __post_init__(self) -> None:
        """A sheet that names townships may name their district beside them: a city has townships of one name."""
        at = next((number for number, column in enumerate(self.columns) if column.name == "township"), None)
        if at is not None:
            object.__setattr__(self, "columns", (*self.columns[:at], DISTRICT, *self.columns[at:]))

    def key(self, values: Mapping[str, Any]) -> tuple:
        """The natural key of a record with these attributes; an empty part counts as a dash."""
        parts = ((name, values.get(name)) for name in self.natural)
        return tuple("—" if value in (None, "") and name in self.blanks else value for name, value in parts)

    @cached_property
    def as_typed(self) -> tuple[str, ...]:
        """The columns that are stored as they were read: those of the record but for its code, its days, which
        `take_day` takes, and its keys."""
        fields = (field for field in self.model._meta.concrete_fields if not field.is_relation)
        names = {field.name for field in fields if not isinstance(field, DateField)} - {"code"}
        return tuple(column.name for column in self.columns if column.use is Use.STORE and column.name in names)

    def day_of(self, row: SheetRow, today: date) -> date:
        """The day that the row is about: of a year its last, and never later than today."""
        value = next((row.values[name] for name in self.dated if row.has(name)), None)
        if value is None:
            return today
        return min(date(value, 12, 31) if isinstance(value, int) else value.day, today)

    def column(self, name: str) -> SheetColumn | None:
        return next((column for column in self.columns if column.name == name), None)

    @property
    def naming_columns(self) -> tuple[str, ...]:
        return self.naming or self.natural[:1]

    @property
    def required(self) -> list[SheetColumn]:
        return [column for column in self.columns if column.required]

    @property
    def writable(self) -> dict[str, SheetColumn]:
        """The columns that a form or a program may fill in: stored ones, not those that are compared or counted, nor a
        code that the registry gives."""
        stored = (column for column in self.columns if column.use is Use.STORE)
        return {column.name: column for column in stored if column.name != "code" or column.required}


SHEET_TYPES: dict[str, SheetType] = {}


def register(*kinds: SheetType) -> None:
    for kind in kinds:
        if kind.slug in SHEET_TYPES:
            raise ValueError(f"the load of {kind.slug} is declared twice")
        SHEET_TYPES[kind.slug] = kind


def sheet_type_of(model: type[Model]) -> SheetType | None:
    """The sheet type that records of this model are written with, or None."""
    return next((kind for kind in SHEET_TYPES.values() if kind.model is model), None)


def may_load(by: Any, kind: str) -> bool:
    """A clerk loads the types that a township maintains; administrators load what the district decides, and reviewers
    load scores."""
    if kind not in SHEET_TYPES or not may(by, "load.send"):
        return False
    declared = SHEET_TYPES[kind]
    return may(by, declared.right) or (declared.by_clerks and may(by, "draft.write"))


def kinds_for(by: Any) -> list[str]:
    return sorted((slug for slug in SHEET_TYPES if may_load(by, slug)), key=lambda slug: slug != "point")


DISTRICT = SheetColumn(
    "district", "所属区县", lambda text: text.strip()[:60], also=("区县", "所在区县", "县区"), use=Use.COMPARE
)  # only looked at, to tell townships of one name apart
CODE = SheetColumn("code", "编号", lambda text: plain_name(text), also=("代码", "Code"))
ROW_NUMBER = SheetColumn("row_no", "序号", lambda text: None, also=("编次", "No."), use=Use.IGNORE)
REMARK = SheetColumn("remark", "备注", lambda text: text.strip()[:500], also=("说明", "Remark"))


def read_cells(row: SheetRow, columns: Iterable[SheetColumn], cache: dict[str, dict[str, Any]]) -> None:
    """Fills `row.values` from `row.texts`, with a message for each invalid cell. `cache` holds parsed short texts by
    column, because most columns of a ledger have few different values. A blank in a row with a code means no change,
    not a missing value."""
    texts, values = row.texts, row.values
    for column in columns:
        name = column.name
        text = texts.get(name, "")
        if not (text or column.required):
            continue
        before = cache[name]
        if text in before:
            values[name] = before[text]
            continue
        if text in BLANKS and _is_blank(column, text):
            row.note(name, "blank_taken", text=text)
            text = texts[name] = ""
        said = len(row.messages)
        try:
            value = values[name] = _read(row, column, text)
        except Invalid as error:
            say = row.warn if column.droppable else row.refuse
            say(name, error.code, **error.details)
            continue
        if column.required and not column.follows and value in (None, "", []):
            if name in texts and not texts.get("code"):  # a blank leaves a stored record unchanged
                row.refuse(name, "required")
        elif len(text) <= SHORT and len(before) < FEW and len(row.messages) == said:
            before[text] = value


BLANKS = frozenset(["—", "——", "-", "--", "–", "－", "/", "／", "\\", "无", "暂无", "空"])


def _is_blank(column: SheetColumn, text: str) -> bool:
    """Whether such a mark leaves the cell blank: in an optional column, unless it means no."""
    if column.required and not column.follows:
        return False
    return column.read is not yes_no or text not in NO


SHORT, FEW = 16, 1_000  # length of a cached text, and texts cached per column


def _read(row: SheetRow, column: SheetColumn, text: str) -> Any:
    """The value of a cell; of 约30人 the number, with a warning that it is not exact. What a person has to confirm is a
    doubt."""
    try:
        value = column.read(text)
    except Invalid as error:
        if error.value is None:
            raise
        row.doubt(column.name, "unit_doubtful", text=text, value=error.details["value"])
        return error.value
    if column.numeric and ABOUT.search(text):
        row.warn(column.name, "about", text=text, value=value)
    return value
