"""Looks up the names in cells: areas, and records by name or code."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q

from registry.loading.sheet_types import SheetRow, SheetType, plain_name
from registry.models import (
    Area,
    AreaAlias,
    AreaLevel,
    Belt,
    DemonstrationPoint,
    PartyOrganisation,
    SpecialAction,
    TeachingSite,
    Unit,
    Zone,
)
from registry.text.area_codes import is_below_township, is_township, township_of
from registry.text.validators import Invalid

ENDINGS = re.compile(r"(?:村民委员会|居民委员会|村委会|居委会|社区|村)$")
NUMERALS = str.maketrans("123456789", "一二三四五六七八九")
BEFORE_NUMERAL = re.compile(r"村(?=[一二三四五六七八九十]+$)")
WIDE = str.maketrans("()", "\uff08\uff09")
NAMED: dict[str, Any] = {
    "organisation": PartyOrganisation, "unit": Unit, "point": DemonstrationPoint, "belt": Belt, "zone": Zone,
    "site": TeachingSite, "action": SpecialAction,
}  # fmt: skip
WHY = "names are looked up over the whole area of the load"


def stem_of(name: str) -> str:
    """A village's or community's name without its endings: 孔家庄 of 孔家庄村委会, 大翟庄三 of 大翟庄村三村委会."""
    stem = name.translate(NUMERALS)
    while ENDINGS.search(stem) and ENDINGS.sub("", stem):
        stem = ENDINGS.sub("", stem)
    return BEFORE_NUMERAL.sub("", stem) or name


def kind_of(record: Any) -> str:
    """Under which of `NAMED` the record is looked up."""
    return next(kind for kind, model in NAMED.items() if isinstance(record, model))


def refuse_several(records: Iterable[Any], text: str, code: str = "place_unclear") -> None:
    """Raises Invalid if `text` names more than one record: the system does not guess."""
    names = [f"{record.name} ({record.code})" for record in records]
    if len(names) > 1:
        raise Invalid(code, text=text, found="、".join(names))


class Records:
    """The records that the rows of a chunk may name, and those that earlier rows of the file add."""

    def __init__(self) -> None:
        self._stored: dict[str, dict[str, list[Any]]] = {}
        self._added: dict[tuple[str, str, str], Any] = {}

    def read(self, sheet_type: SheetType, rows: list[SheetRow]) -> None:
        """Reads the records that the rows may name, in one query per kind."""
        for kind in {name for column in sheet_type.columns for name in column.names.split()} & NAMED.keys():
            columns = [column.name for column in sheet_type.columns if kind in column.names.split()]
            texts = [row.values.get(name) or "" for row in rows for name in columns]
            names = {text for value in texts for text in ([value] if isinstance(value, str) else value)} - {""}
            self._stored[kind] = self._by_name(kind, names) if names else {}

    def _by_name(self, kind: str, names: set[str]) -> dict[str, list[Any]]:
        plain = {plain_name(name) for name in names}
        spelled = names | plain | {name.translate(WIDE) for name in plain}
        records: dict[str, list[Any]] = defaultdict(list)
        named = NAMED[kind].objects.unscoped(WHY).filter(Q(name__among=spelled) | Q(code__among=plain))
        for record in named.order_by("pk"):
            for name in {plain_name(record.name), record.code}:
                records[name].append(record)
        return records

    def add(self, record: Any, township: str = "") -> None:
        """Lets later rows find a record that is not stored yet, if they look in the same township."""
        self._added[kind_of(record), township, plain_name(record.name)] = record

    def find(
        self, kinds: str, text: str, within: Iterable[str] = (), township: str = "", day: date | None = None
    ) -> Any:
        """The record of one of these kinds with that name or code; None if there is none. One in the areas `within` is
        preferred. With `township` it must lie there, or in no area. An organisation dissolved by `day` (by now, without
        one) is left out. Several equal matches are Invalid."""
        name = plain_name(text)
        fitting = [record for kind in kinds.split() for record in self._stored.get(kind, {}).get(name, ())]
        fitting = [record for record in fitting if not _is_dissolved(record, day)]
        if township:
            fitting = [record for record in fitting if not record.area_id or record.area_id.startswith(township)]
        else:
            inside = [record for record in fitting if (record.area_id or "").startswith(tuple(within))]
            fitting = inside or fitting
        refuse_several(fitting, text, f"{kinds}_unclear" if township else "place_unclear")
        added = (self._added.get((kind, township, name)) for kind in kinds.split())
        return next(iter(fitting), None) or next(filter(None, added), None)

    def get(self, kinds: str, text: str, within: Iterable[str] = (), day: date | None = None) -> Any:
        """Like `find`, but none is Invalid too."""
        record = self.find(kinds, text, within, day=day)
        if record is None:
            raise Invalid("place_unknown", text=text)
        return record


def _is_dissolved(record: Any, day: date | None) -> bool:
    dissolved_on = getattr(record, "dissolved_on", None)
    return dissolved_on is not None and (day is None or dissolved_on <= day)


class AreaRow(NamedTuple):
    """An area with its lifetime, and the code of the area it was merged into."""

    code: str
    name: str
    level: str
    valid_from: date
    valid_to: date | None
    successor: str | None

    def exists_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class AreasByDay:
    """The areas of a district on any day. They are read once per load; days between two changes share one lookup."""

    def __init__(self, district: str):
        self.district = district
        self._between: dict[int, Areas] = {}

    @cached_property
    def _rows(self) -> list[AreaRow]:
        areas = Area.objects.unscoped(WHY).in_area(self.district)
        columns = ("code", "name", "level", "valid_from", "valid_to", "successor_id")
        return [AreaRow(*values) for values in areas.values_list(*columns)]

    @cached_property
    def _aliases(self) -> list[tuple[str, str]]:
        return list(AreaAlias.objects.filter(area__code__startswith=self.district).values_list("area_id", "name"))

    @cached_property
    def _changes(self) -> list[date]:
        return sorted({day for row in self._rows for day in (row.valid_from, row.valid_to) if day is not None})

    def on(self, day: date) -> "Areas":
        """The areas that exist on `day`; before the first of them, those of its day."""
        day = max([day, *self._changes[:1]])
        index = bisect_right(self._changes, day)
        if index not in self._between:
            self._between[index] = Areas(self.district, day, self._rows, self._aliases)
        return self._between[index]


class Areas:
    """The townships, villages and communities of a district that exist on a day, by name."""

    def __init__(self, district: str, day: date, rows: list[AreaRow], aliases: list[tuple[str, str]]):
        self.district = district
        self._rows = rows
        self._areas = [(row.code, row.name, row.level) for row in rows if row.exists_on(day)]
        self._aliases = [(code, name) for code, name in aliases if code in self.levels]
        self._placed: dict[Any, str] = {}  # cache of townships and villages, by name

    @cached_property
    def levels(self) -> dict[str, str]:
        return {code: level for code, _name, level in self._areas}

    @cached_property
    def names(self) -> dict[str, str]:
        return {code: name for code, name, _level in self._areas}

    @cached_property
    def _townships(self) -> dict[str, set[str]]:
        codes: dict[str, set[str]] = defaultdict(set)
        for code, name, level in self._areas:
            if level == AreaLevel.TOWNSHIP:
                codes[plain_name(name)].add(code)
                codes[re.sub(r"(?:街道办事处|街道|镇|乡)$", "", plain_name(name))].add(code)
                codes[code].add(code)
        for code, name in self._aliases:
            if is_township(code):
                codes[plain_name(name)].add(code)
        return codes

    @cached_property
    def _villages(self) -> tuple[dict[tuple, set[str]], dict[tuple, set[str]]]:
        exact: dict[tuple, set[str]] = defaultdict(set)
        stems: dict[tuple, set[str]] = defaultdict(set)
        for code, name, level in self._areas:
            if level in (AreaLevel.VILLAGE, AreaLevel.COMMUNITY):
                exact[township_of(code), plain_name(name)].add(code)
                stems[township_of(code), stem_of(plain_name(name))].add(code)
        for code, name in self._aliases:
            if is_below_township(code):
                exact[township_of(code), plain_name(name)].add(code)
        return exact, stems

    @cached_property
    def _districts(self) -> dict[str, str]:
        """The codes of the districts of a city by name, in full and short."""
        districts = [(code, plain_name(name)) for code, name, level in self._areas if level == AreaLevel.DISTRICT]
        short = {re.sub(r"(?<=..)(?:区|县|市)$", "", name): code for code, name in districts}
        return short | {name: code for code, name in districts} | {code: code for code, _name in districts}

    def township(self, text: str, district: str = "") -> str:
        """The code of the township with the name or code `text`, in the `district` that is named beside it, or before
        it in the same cell. Raises Invalid."""
        if (text, district, "") in self._placed:
            return self._placed[text, district, ""]
        name = plain_name(text)
        if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", name):
            raise Invalid("broken_code", text=text)
        codes = self._in_district(name, plain_name(district))
        codes = codes or self._in_district(self._inside(name), plain_name(district))
        if not codes:
            self.refuse_ended(text, self.district)
        if len(codes) != 1:
            raise Invalid("township_unclear" if codes else "township_unknown", text=text, found=self._named(codes))
        self._placed[text, district, ""] = next(iter(codes))
        return next(iter(codes))

    def _in_district(self, name: str, district: str) -> set[str]:
        """The codes of the townships with this name, in the district if one is named."""
        if district and district not in self._districts:
            raise Invalid("place_unknown", text=district)
        codes = self._townships.get(name, set())
        if not codes and not district:
            before = max((one for one in self._districts if name.startswith(one) and one != name), key=len, default="")
            return self._in_district(name.removeprefix(before), before) if before else codes
        return {code for code in codes if code.startswith(self._districts.get(district, ""))}

    def _inside(self, name: str) -> str:
        """A name without the district and what is above it: 唐坊镇 of 河北省唐山市丰南区唐坊镇."""
        return name.rpartition(plain_name(self.names.get(self.district, "")) or "\0")[2]

    def township_in(self, line: str) -> str:
        """The code of the one township that a title or a line names in full; empty if it names none or several."""
        plain = plain_name(line)
        codes = {
            code
            for name, named in self._townships.items()
            if len(name) > 2 and name in plain and name[-1] in "镇乡道办处区"
            for code in named
        }
        return codes.pop() if len(codes) == 1 else ""

    def village(self, township: str, text: str) -> str:
        """The code of the village or community of `township` with the name or code `text`, with any ending; empty if
        there is none. Two equal matches are Invalid: the system does not guess."""
        if (township, text) in self._placed:
            return self._placed[township, text]
        name = plain_name(text)
        if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+|\d{6,9}0{6}", name):
            raise Invalid("broken_code", text=text)
        if re.fullmatch(r"\d{12}", name):
            return name if name in self.levels and name.startswith(township) else ""
        exact, stems = self._villages
        names = (name, self.without_township(township, self._inside(name)))
        found = [exact.get((township, name), set()) for name in names]
        found += [stems.get((township, stem_of(name)), set()) for name in names]
        codes: set[str] = next(filter(None, found), set())
        if len(codes) > 1:
            raise Invalid("village_unclear", text=text, found=self._named(codes))
        if codes:
            self._placed[township, text] = next(iter(codes))
        return next(iter(codes), "")

    def ended(self, text: str, within: str) -> AreaRow | None:
        """The one area in `within` with the name or code `text` that does not exist on this day; None if there is no
        such area, or several."""
        name, stem = plain_name(text), stem_of(plain_name(text))
        others = [row for row in self._rows if row.code.startswith(within) and row.code not in self.levels]
        exact = [row for row in others if name in (row.code, plain_name(row.name))]
        found = exact or [row for row in others if stem_of(plain_name(row.name)) == stem]
        return found[0] if len(found) == 1 else None

    def refuse_ended(self, text: str, within: str) -> None:
        """Raises Invalid if `text` names an area that does not exist on this day: when it did, and where it went."""
        row = self.ended(text, within)
        if row is None:
            return
        words = {"text": text, "since": row.valid_from, "until": row.valid_to or ""}
        if row.valid_to is None:
            raise Invalid("area_not_yet", **words)
        following = self.successor(row)
        if following:
            raise Invalid("area_merged", **words, successor=f"{self.names[following]} ({following})")
        raise Invalid("area_ended", **words)

    def successor(self, row: AreaRow) -> str:
        """The code of the area that exists on this day and that `row` was merged into, perhaps in several steps."""
        by_code = {other.code: other for other in self._rows}
        seen: set[str] = set()
        while row.successor and row.code not in seen:
            seen.add(row.code)
            if row.successor in self.levels:
                return row.successor
            if row.successor not in by_code:
                return ""
            row = by_code[row.successor]
        return ""

    def _named(self, codes: Iterable[str]) -> str:
        return "、".join(f"{self.names[code]} ({code})" for code in sorted(codes))

    def anywhere(self, text: str, within: Iterable[str] = ()) -> str:
        """The code of the area of any level with the name or code `text`, preferably in the townships `within`. None or
        several are Invalid."""
        name = plain_name(text)
        if name in self.levels:
            return name
        codes = set(self._townships.get(name, ())) | {code for code in (self.district,) if name == self.names.get(code)}
        townships = list(within) or [code for code in self.levels if is_township(code)]
        codes = codes or {code for township in townships if (code := self.village(township, text))}
        if not codes and within:
            return self.anywhere(text)
        if not codes:
            self.refuse_ended(text, self.district)
        if len(codes) != 1:
            raise Invalid("place_unclear" if codes else "place_unknown", text=text, found=self._named(codes))
        return next(iter(codes))

    def without_township(self, township: str, text: str) -> str:
        """`text` without the township's name at its beginning, in any spelling."""
        names = sorted((name for name, codes in self._townships.items() if township in codes), key=len, reverse=True)
        plain = plain_name(text)
        return next((plain.removeprefix(name) for name in names if plain.startswith(name)), plain)
