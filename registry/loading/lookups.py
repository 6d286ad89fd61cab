"""Looks up the names in cells: townships, villages, organisations, points. Read once per load, or once per chunk."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Q

from registry.access.permissions import may
from registry.loading.sheet_types import SheetRow, SheetType, plain_name
from registry.models import (
    Area,
    AreaAlias,
    AreaLevel,
    Belt,
    DemonstrationPoint,
    Parameter,
    PartyOrganisation,
    TeachingSite,
    Term,
    Unit,
    Zone,
)
from registry.models.base import valid_on
from registry.text.area_codes import district_of, is_below_township, is_township, township_of
from registry.text.validators import Invalid

ENDINGS = re.compile(r"(?:社区居委会|居民委员会|村民委员会|村委会|居委会|社区|村)$")
WIDE = str.maketrans("()", "\uff08\uff09")
NAMED: dict[str, Any] = {
    "organisation": PartyOrganisation, "unit": Unit, "point": DemonstrationPoint, "belt": Belt, "zone": Zone,
    "site": TeachingSite,
}  # fmt: skip
WHY = "names are looked up over the whole area of the load"


def stem_of(name: str) -> str:
    """A village's or community's name without its ending: 孔家庄 of 孔家庄村委会."""
    return ENDINGS.sub("", name) or name


class Lookups:
    """The records that the rows of a load may refer to. `by` is the sender; `today` the day of validation."""

    def __init__(self, by: Any, today: date):
        self.by, self.today = by, today
        self.area = district_of(by.write_prefix or settings.DISTRICT_AREA)
        self.pending: dict[tuple, Any] = {}  # records that earlier rows of the same file add
        self.records: dict[str, dict] = defaultdict(dict)  # by kind of lookup, the records for the current chunk
        self.read: dict[str, dict[str, Any]] = defaultdict(dict)  # by column, cached values of cells
        self.numbers: dict[Any, int] = {}  # the last code assigned with each prefix
        self._reached: dict[str, bool] = {}  # cache of the areas the sender may write in
        self._placed: dict[Any, str] = {}  # cache of townships and villages, by name
        self.writing = False  # whether the records are going to be changed, and so are locked

    @cached_property
    def decides(self) -> bool:
        """Whether the sender's rows become records, not drafts."""
        return may(self.by, "record.add")

    def reaches(self, area: str) -> bool:
        """Whether the sender may write in that area."""
        if area not in self._reached:
            self._reached[area] = may(self.by, "load.send", Area(code=area))
        return self._reached[area]

    @cached_property
    def _areas(self) -> list[tuple[str, str, str]]:
        areas = Area.objects.unscoped(WHY).in_area(self.area).filter(valid_to=None)
        return list(areas.values_list("code", "name", "level"))

    @cached_property
    def levels(self) -> dict[str, str]:
        return {code: level for code, _name, level in self._areas}

    @cached_property
    def names(self) -> dict[str, str]:
        return {code: name for code, name, _level in self._areas}

    @cached_property
    def _aliases(self) -> list[tuple[str, str]]:
        return list(AreaAlias.objects.filter(area__code__startswith=self.area).values_list("area_id", "name"))

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

    def township(self, text: str) -> str:
        """The code of the township with the name or code `text`. Raises Invalid."""
        if text in self._placed:
            return self._placed[text]
        name = plain_name(text)
        if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", name):
            raise Invalid("broken_code", text=text)
        codes = self._townships.get(name, set())
        if len(codes) != 1:
            raise Invalid("township_unclear" if codes else "township_unknown", text=text, found=self._named(codes))
        self._placed[text] = next(iter(codes))
        return self._placed[text]

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
        codes = exact.get((township, name)) or stems.get((township, stem_of(name))) or set()
        if len(codes) > 1:
            raise Invalid("village_unclear", text=text, found=self._named(codes))
        if codes:
            self._placed[township, text] = next(iter(codes))
        return next(iter(codes), "")

    def _named(self, codes: Iterable[str]) -> str:
        return "、".join(f"{self.names[code]} ({code})" for code in sorted(codes))

    def look_up(self, kind: SheetType, rows: list[SheetRow]) -> None:
        """Reads the records that the rows may name, in one query per kind."""
        for what in {name for column in kind.columns for name in column.names.split()} & NAMED.keys():
            columns = [column.name for column in kind.columns if what in column.names.split()]
            texts = [row.values.get(name) or "" for row in rows for name in columns]
            self._find(
                what, {text for value in texts for text in ([value] if isinstance(value, str) else value)} - {""}
            )

    def _find(self, what: str, names: set[str]) -> None:
        self.records[what] = defaultdict(list)
        if not names:
            return
        plain = {plain_name(name) for name in names}
        spelled = names | plain | {name.translate(WIDE) for name in plain}
        named = NAMED[what].objects.unscoped(WHY).filter(Q(name__among=spelled) | Q(code__among=plain))
        for record in named.order_by("pk"):
            for name in {plain_name(record.name), record.code}:
                self.records[what][name].append(record)

    def get_record(self, what: str, text: str, within: Iterable[str] = ()) -> Any:
        """The record with that kind and name or code: in the areas `within` if there is one, else anywhere; None if
        there is none. Several equal matches are Invalid: the system does not guess."""
        fitting = self._fitting(what, text)
        inside = [record for record in fitting if any((record.area_id or "").startswith(area) for area in within)]
        return self._only(inside or fitting, text) or self.pending.get((what, plain_name(text)))

    def place(self, text: str, kinds: Iterable[str], within: Iterable[str] = ()) -> tuple[str, Any]:
        """The kind and the record with that name or code. None or several are Invalid."""
        fitting = {record: what for what in kinds for record in self._fitting(what, text)}
        inside = [record for record in fitting if any((record.area_id or "").startswith(area) for area in within)]
        record = self._only(inside or list(fitting), text)
        if record is None:
            raise Invalid("place_unknown", text=text)
        return fitting[record], record

    def _fitting(self, what: str, text: str) -> list[Any]:
        records = self.records[what].get(plain_name(text), ())
        return [record for record in records if getattr(record, "dissolved_on", None) is None]

    def _only(self, fitting: list[Any], text: str) -> Any:
        if len(fitting) > 1:
            where = "、".join(f"{record.name} ({record.code})" for record in fitting)
            raise Invalid("place_unclear", text=text, found=where)
        return next(iter(fitting), None)

    def anywhere(self, text: str, within: Iterable[str] = ()) -> str:
        """The code of the area of any level with the name or code `text`, preferably in the townships `within`. None or
        several are Invalid."""
        name = plain_name(text)
        if name in self.levels:
            return name
        codes = set(self._townships.get(name, ())) | {code for code in (self.area,) if name == self.names.get(code)}
        townships = list(within) or [code for code in self.levels if is_township(code)]
        codes = codes or {code for township in townships if (code := self.village(township, text))}
        if not codes and within:
            return self.anywhere(text)
        if len(codes) != 1:
            raise Invalid("place_unclear" if codes else "place_unknown", text=text, found=self._named(codes))
        return next(iter(codes))

    def without_township(self, township: str, text: str) -> str:
        """`text` without the township's name at its beginning, in any spelling."""
        names = sorted((name for name, codes in self._townships.items() if township in codes), key=len, reverse=True)
        plain = plain_name(text)
        return next((plain.removeprefix(name) for name in names if plain.startswith(name)), plain)

    @cached_property
    def _parameters(self) -> list[tuple]:
        rows = Parameter.objects.unscoped("rules are public").order_by("-valid_from")
        return list(rows.values_list("rule", "valid_from", "valid_to", "value"))

    def parameter(self, rule: str, day: date) -> Decimal | None:
        """The value of the parameter on `day`; None if it has none."""
        fitting = (
            value
            for name, since, until, value in self._parameters
            if name == rule and since <= day and (until is None or day < until)
        )
        return next(fitting, None)

    @cached_property
    def _terms(self) -> list[Term]:
        return list(Term.objects.unscoped("lists are public").filter(valid_on(self.today)))

    def term(self, which: str, text: str) -> Term | None:
        """The entry of that name in an editable list, today."""
        return next((term for term in self._terms if term.list == which and plain_name(term.name) == text), None)

    def organisation(self, text: str, township: str = "") -> PartyOrganisation | None:
        """The organisation with that full name, inside `township` if given; None if there is none."""
        name = plain_name(text)
        fitting = [
            record for record in self.records["organisation"].get(name, ()) if record.area_id.startswith(township)
        ]
        open_ones = [record for record in fitting if record.dissolved_on is None]
        if len(open_ones) > 1:
            where = "、".join(f"{record.name} ({record.code})" for record in open_ones)
            raise Invalid("organisation_unclear", text=text, found=where)
        return next(iter(open_ones), None) or self.pending.get(("organisation", township, name))

    def unit(self, text: str, township: str = "") -> Unit | None:
        """The firm, school or office with that name, in `township` or without area; None if there is none."""
        name = plain_name(text)
        fitting = [
            record
            for record in self.records["unit"].get(name, ())
            if not record.area_id or record.area_id.startswith(township)
        ]
        if len(fitting) > 1:
            where = "、".join(f"{record.name} ({record.code})" for record in fitting)
            raise Invalid("unit_unclear", text=text, found=where)
        return next(iter(fitting), None) or self.pending.get(("unit", township, name))

    def places(self, model: Any, names: Iterable[str], township: str = "") -> dict[str, Any]:
        """The records of `model` by name or code. Unknown or unclear names are Invalid."""
        wanted_names = {plain_name(name): name for name in names}
        rows = (
            model.objects.unscoped(WHY)
            .filter(Q(name__in=wanted_names.values()) | Q(code__in=wanted_names))
            .order_by("pk")
        )
        rows = rows.filter(area__code__startswith=township) if township else rows
        records: dict[str, list] = defaultdict(list)
        for record in rows:
            for name in {plain_name(record.name), record.code} & wanted_names.keys():
                records[name].append(record)
        for name, text in wanted_names.items():
            if len(records[name]) != 1:
                where = "、".join(f"{match.name} ({match.code})" for match in records[name])
                raise Invalid("place_unclear" if records[name] else "place_unknown", text=text, found=where)
        return {text: records[name][0] for name, text in wanted_names.items()}

    def points(self, names: Iterable[str], township: str = "") -> dict[str, DemonstrationPoint]:
        return self.places(DemonstrationPoint, names, township)
