"""The places chosen so far on a builder's page, as typed, before anything is saved."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_date

from registry.models import Belt, DemonstrationPoint, Grade, SearchEntry, Unit, Zone
from registry.text.validators import Invalid, whole

MODELS: dict[str, Any] = {"point": DemonstrationPoint, "belt": Belt, "zone": Zone, "unit": Unit}
LISTS = {"point": "points", "belt": "belts", "zone": "zones", "unit": "units"}  # their record kinds, as searched
MOST_ROWS = 200
MOST_FOUND = 10
COLUMNS = ("since", "until", "minutes", "travel")
minutes_of = whole(0, 1440)


@dataclass
class SelectedPoint:
    """A chosen place. `typed` holds its columns as typed, `stored_pk` the key of its stored row, if any, and `problem`
    its error."""

    number: int
    kind: str
    place: Any
    typed: dict[str, str]
    stored_pk: int | None = None
    problem: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.place.code}"

    def day(self, column: str) -> date | None:
        """A typed day; None if empty. Raises Invalid."""
        text = self.typed[column].strip()
        try:
            day = parse_date(text) if text else None
        except ValueError:
            day = None
        if text and day is None:
            raise Invalid("not_a_day", text=text)
        return day

    def minutes(self, column: str) -> int | None:
        """Typed minutes; None if empty. Raises Invalid."""
        return minutes_of(self.typed[column])

    def is_on(self, today: date) -> bool:
        """Whether its days, as far as they are valid, include `today`."""
        try:
            since, until = self.day("since"), self.day("until")
        except Invalid:
            return True
        return (since is None or since <= today) and (until is None or until > today)


@dataclass
class MemberSelection:
    """The rows in order. Places that do not exist, or that `viewer` may not see, are left out."""

    kinds: tuple[str, ...]
    viewer: Any
    rows: list[SelectedPoint] = field(default_factory=list)

    @classmethod
    def typed_in(cls, data: Any, kinds: tuple[str, ...], viewer: Any) -> "MemberSelection":
        """Reads the form data: `row` numbers in order, and for each number its place, stored key and columns."""
        selection = cls(kinds, viewer)
        numbers = [text for text in data.getlist("row") if re.fullmatch(r"[0-9]{1,6}", text)][:MOST_ROWS]
        places = selection.places([data.get(f"place-{number}", "") for number in dict.fromkeys(numbers)])
        for number in dict.fromkeys(numbers):
            key, stored_text = data.get(f"place-{number}", ""), data.get(f"held-{number}", "")
            if key in places:
                typed = {column: data.get(f"{column}-{number}", "")[:40] for column in COLUMNS}
                stored_pk = int(stored_text) if re.fullmatch(r"[0-9]{1,18}", stored_text) else None
                selection.rows.append(SelectedPoint(int(number), key.partition(":")[0], places[key], typed, stored_pk))
        return selection

    def places(self, keys: Iterable[str]) -> dict[str, Any]:
        """The records of keys such as `point:FN-0001`."""
        codes: dict[str, list[str]] = {}
        for key in keys:
            kind, _colon, code = key.partition(":")
            if kind in self.kinds:
                codes.setdefault(kind, []).append(code)
        places: dict[str, Any] = {}
        for kind, codes_of_kind in codes.items():
            rows = MODELS[kind].objects.visible_to(self.viewer).select_related("area").filter(code__in=codes_of_kind)
            places |= {f"{kind}:{place.code}": place for place in rows}
        return places

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MOST_ROWS

    @property
    def has_problem(self) -> bool:
        return any(row.problem for row in self.rows)

    def add(self, place: Any, **typed: str) -> None:
        if not self.is_full:
            number = max((row.number for row in self.rows), default=0) + 1
            columns = {column: typed.get(column, "") for column in COLUMNS}
            self.rows.append(SelectedPoint(number, place._meta.model_name.replace("demonstration", ""), place, columns))

    def act(self, command: str, today: date) -> None:
        """Applies a button of the page: `add-point:FN-0001`, `up-3`, `down-3`, `out-3`, `back-3`."""
        verb, _hyphen, what = command.partition("-")
        row = next((row for row in self.rows if str(row.number) == what), None)
        if verb == "add":
            self.take([what], today)
        elif row and verb in ("up", "down"):
            self._move(row, -1 if verb == "up" else 1)
        elif row and verb == "out":
            self._take_out(row, today)
        elif row and verb == "back":
            row.typed["until"] = ""

    def take(self, keys: Iterable[str], today: date) -> None:
        """Adds places, members since today. A route may pass a place twice; a belt or zone has it once, and a
        membership that was ending continues."""
        keys = list(keys)
        standing = {} if "unit" in self.kinds else {row.key: row for row in self.rows}
        places = self.places(key for key in keys if key not in standing)
        for key in keys:
            if key in standing:
                standing[key].typed["until"] = ""
            elif key in places:
                self.add(places[key], since=today.isoformat())

    def _move(self, row: SelectedPoint, step: int) -> None:
        at = self.rows.index(row)
        to = min(max(at + step, 0), len(self.rows) - 1)
        self.rows.insert(to, self.rows.pop(at))

    def _take_out(self, row: SelectedPoint, today: date) -> None:
        """Ends a stored row, on a day that can be changed; drops a row that was only chosen."""
        if row.stored_pk is None or "unit" in self.kinds:
            self.rows.remove(row)
            return
        since = parse_date(row.typed["since"]) if re.fullmatch(r"\d{4}-\d\d-\d\d", row.typed["since"]) else None
        row.typed["until"] = max(today, since + timedelta(days=1) if since else today).isoformat()

    def on(self, today: date) -> Iterator[SelectedPoint]:
        return (row for row in self.rows if row.is_on(today))

    def keys(self, today: date) -> set[str]:
        return {row.key for row in self.on(today)}


@dataclass(frozen=True)
class Search:
    """The filter of places to choose: by name, pinyin or initials, of one kind, in one township, premium points
    only."""

    kind: str
    text: str = ""
    township: str = ""
    premium: bool = False

    @classmethod
    def typed_in(cls, data: Any, kinds: tuple[str, ...]) -> "Search":
        kind = data.get("look-kind", "")
        township = data.get("look-township", "")
        return cls(
            kind if kind in kinds else kinds[0],
            data.get("look", "").strip()[:60],
            township if re.fullmatch(r"[0-9]{9}", township) else "",
            bool(data.get("look-premium")),
        )

    def matches(self, viewer: Any, today: date) -> tuple[list[Any], int]:
        """The first matching places, and their number."""
        if self.kind == "point":
            rows = DemonstrationPoint.objects.named(today, **({"grade": Grade.PREMIUM} if self.premium else {}))
        else:
            rows = MODELS[self.kind].objects.visible_to(viewer)
        if self.kind in ("belt", "zone"):
            rows = rows.filter(Q(ended_on=None) | Q(ended_on__gt=today))
        if self.township:
            rows = rows.in_area(self.township)
        if self.text:
            entries = SearchEntry.objects.matching(self.text).filter(kind=LISTS[self.kind])
            rows = rows.filter(Q(name__contains=self.text) | Q(code__in=entries.values("code")))
        return list(rows.select_related("area").order_by("code")[:MOST_FOUND]), rows.count()
