"""Looking up what cells name: townships, villages, organisations, points. Read once for a load, or once for a chunk."""

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
    """What the rows of a load may refer to. `by` is who sent it; `today` the day it is judged on."""

    def __init__(self, by: Any, today: date):
        self.by, self.today = by, today
        self.area = (by.write_prefix or settings.DISTRICT_AREA)[:6]
        self.pending: dict[tuple, Any] = {}  # records that earlier rows of the same file add
        self.found: dict[str, dict] = defaultdict(dict)  # by kind of look-up, what the present chunk asks for
        self.read: dict[str, dict[str, Any]] = defaultdict(dict)  # by column, cells that were read before
        self.numbers: dict[Any, int] = {}  # the last code given with each prefix
        self._reached: dict[str, bool] = {}  # areas asked about before
        self._placed: dict[Any, str] = {}  # townships and villages that were found before, by what names them
        self.writing = False  # whether what is found is going to be changed, and so is locked

    @cached_property
    def decides(self) -> bool:
        """Whether the sender's rows are records, not drafts."""
        return may(self.by, "record.add")

    def reaches(self, area: str) -> bool:
        """Whether the sender may write there."""
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
        known: dict[str, set[str]] = defaultdict(set)
        for code, name, level in self._areas:
            if level == AreaLevel.TOWNSHIP:
                known[plain_name(name)].add(code)
                known[re.sub(r"(?:街道办事处|街道|镇|乡)$", "", plain_name(name))].add(code)
                known[code].add(code)
        for code, name in self._aliases:
            if len(code) == 9:
                known[plain_name(name)].add(code)
        return known

    @cached_property
    def _villages(self) -> tuple[dict[tuple, set[str]], dict[tuple, set[str]]]:
        exact: dict[tuple, set[str]] = defaultdict(set)
        stems: dict[tuple, set[str]] = defaultdict(set)
        for code, name, level in self._areas:
            if level in (AreaLevel.VILLAGE, AreaLevel.COMMUNITY):
                exact[code[:9], plain_name(name)].add(code)
                stems[code[:9], stem_of(plain_name(name))].add(code)
        for code, name in self._aliases:
            if len(code) == 12:
                exact[code[:9], plain_name(name)].add(code)
        return exact, stems

    def township(self, text: str) -> str:
        """Code of the township that `text` names or is the code of. Raises Invalid."""
        if text in self._placed:
            return self._placed[text]
        given = plain_name(text)
        if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", given):
            raise Invalid("broken_code", text=text)
        found = self._townships.get(given, set())
        if len(found) != 1:
            raise Invalid("township_unclear" if found else "township_unknown", text=text, found=self._named(found))
        self._placed[text] = next(iter(found))
        return self._placed[text]

    def village(self, township: str, text: str) -> str:
        """Code of the village or community of `township` that `text` names, with whatever ending, or is the code of;
        empty if there is none. Two that fit equally are Invalid: nobody guesses."""
        if (township, text) in self._placed:
            return self._placed[township, text]
        given = plain_name(text)
        if re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+|\d{6,9}0{6}", given):
            raise Invalid("broken_code", text=text)
        if re.fullmatch(r"\d{12}", given):
            return given if given in self.levels and given.startswith(township) else ""
        exact, stems = self._villages
        found = exact.get((township, given)) or stems.get((township, stem_of(given))) or set()
        if len(found) > 1:
            raise Invalid("village_unclear", text=text, found=self._named(found))
        if found:
            self._placed[township, text] = next(iter(found))
        return next(iter(found), "")

    def _named(self, codes: Iterable[str]) -> str:
        return "、".join(f"{self.names[code]} ({code})" for code in sorted(codes))

    def look_up(self, kind: SheetType, rows: list[SheetRow]) -> None:
        """Reads in one query for each kind of record which of them the rows may name."""
        for what in {each for column in kind.columns for each in column.names.split()} & NAMED.keys():
            columns = [column.name for column in kind.columns if what in column.names.split()]
            given = [row.values.get(name) or "" for row in rows for name in columns]
            self._find(what, {text for each in given for text in ([each] if isinstance(each, str) else each)} - {""})

    def _find(self, what: str, names: set[str]) -> None:
        self.found[what] = defaultdict(list)
        if not names:
            return
        plain = {plain_name(name) for name in names}
        spelled = names | plain | {name.translate(WIDE) for name in plain}
        named = NAMED[what].objects.unscoped(WHY).filter(Q(name__among=spelled) | Q(code__among=plain))
        for record in named.order_by("pk"):
            for name in {plain_name(record.name), record.code}:
                self.found[what][name].append(record)

    def one(self, what: str, text: str, within: Iterable[str] = ()) -> Any:
        """The record of that kind and name or code: one in the areas `within` if there is any, else one anywhere; None
        if there is none. Several that fit equally are Invalid: nobody guesses."""
        fitting = self._fitting(what, text)
        inside = [each for each in fitting if any((each.area_id or "").startswith(area) for area in within)]
        return self._only(inside or fitting, text) or self.pending.get((what, plain_name(text)))

    def place(self, text: str, kinds: Iterable[str], within: Iterable[str] = ()) -> tuple[str, Any]:
        """The kind of the record of that name or code, and the record; Invalid if there is none, or several."""
        fitting = {each: what for what in kinds for each in self._fitting(what, text)}
        inside = [each for each in fitting if any((each.area_id or "").startswith(area) for area in within)]
        found = self._only(inside or list(fitting), text)
        if found is None:
            raise Invalid("place_unknown", text=text)
        return fitting[found], found

    def _fitting(self, what: str, text: str) -> list[Any]:
        known = self.found[what].get(plain_name(text), ())
        return [each for each in known if getattr(each, "dissolved_on", None) is None]

    def _only(self, fitting: list[Any], text: str) -> Any:
        if len(fitting) > 1:
            where = "、".join(f"{each.name} ({each.code})" for each in fitting)
            raise Invalid("place_unclear", text=text, found=where)
        return next(iter(fitting), None)

    def anywhere(self, text: str, within: Iterable[str] = ()) -> str:
        """Code of the area of any level that `text` names or is the code of, in the townships `within` if it can be;
        Invalid if there is none, or several."""
        given = plain_name(text)
        if given in self.levels:
            return given
        found = set(self._townships.get(given, ())) | {code for code in (self.area,) if given == self.names.get(code)}
        townships = list(within) or [code for code in self.levels if len(code) == 9]
        found = found or {code for township in townships if (code := self.village(township, text))}
        if not found and within:
            return self.anywhere(text)
        if len(found) != 1:
            raise Invalid("place_unclear" if found else "place_unknown", text=text, found=self._named(found))
        return next(iter(found))

    def without_township(self, township: str, text: str) -> str:
        """`text` without the township's name at its beginning, however that is written."""
        known = sorted((name for name, codes in self._townships.items() if township in codes), key=len, reverse=True)
        given = plain_name(text)
        return next((given.removeprefix(name) for name in known if given.startswith(name)), given)

    @cached_property
    def _parameters(self) -> list[tuple]:
        rows = Parameter.objects.unscoped("rules are public").order_by("-valid_from")
        return list(rows.values_list("rule", "valid_from", "valid_to", "value"))

    def parameter(self, rule: str, day: date) -> Decimal | None:
        """What the rule says on `day`; None where it says nothing."""
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
        """The organisation of that full name, inside `township` if one is given; None if the registry has none."""
        given = plain_name(text)
        fitting = [each for each in self.found["organisation"].get(given, ()) if each.area_id.startswith(township)]
        open_ones = [each for each in fitting if each.dissolved_on is None]
        if len(open_ones) > 1:
            where = "、".join(f"{one.name} ({one.code})" for one in open_ones)
            raise Invalid("organisation_unclear", text=text, found=where)
        return next(iter(open_ones), None) or self.pending.get(("organisation", township, given))

    def unit(self, text: str, township: str = "") -> Unit | None:
        """The firm, school or office of that name, in `township` or of no area; None if there is none."""
        given = plain_name(text)
        fitting = [
            each for each in self.found["unit"].get(given, ()) if not each.area_id or each.area_id.startswith(township)
        ]
        if len(fitting) > 1:
            where = "、".join(f"{each.name} ({each.code})" for each in fitting)
            raise Invalid("unit_unclear", text=text, found=where)
        return next(iter(fitting), None) or self.pending.get(("unit", township, given))

    def places(self, model: Any, names: Iterable[str], township: str = "") -> dict[str, Any]:
        """Records of `model` by the name or code they were called by; what is unknown or unclear is Invalid."""
        given = {plain_name(name): name for name in names}
        rows = model.objects.unscoped(WHY).filter(Q(name__in=given.values()) | Q(code__in=given)).order_by("pk")
        rows = rows.filter(area__code__startswith=township) if township else rows
        found: dict[str, list] = defaultdict(list)
        for record in rows:
            for name in {plain_name(record.name), record.code} & given.keys():
                found[name].append(record)
        for name, text in given.items():
            if len(found[name]) != 1:
                where = "、".join(f"{each.name} ({each.code})" for each in found[name])
                raise Invalid("place_unclear" if found[name] else "place_unknown", text=text, found=where)
        return {text: found[name][0] for name, text in given.items()}

    def points(self, names: Iterable[str], township: str = "") -> dict[str, DemonstrationPoint]:
        return self.places(DemonstrationPoint, names, township)
