"""What the rows of a load are validated with: the sender, the day, and what is read once a load."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import QuerySet

from registry.access.permissions import may
from registry.loading.lookups import Areas, AreasByDay, Records
from registry.loading.sheet_types import plain_name
from registry.models import Area, Parameter, Term, district_area
from registry.models.base import valid_on
from registry.text.area_codes import district_of

T = TypeVar("T")
Rows = TypeVar("Rows", bound=QuerySet)


class Context:
    """`by` is the sender; `today` the day of validation; `writing` says whether the records are going to be changed,
    and so are locked. `cells` caches the values of cells by column."""

    def __init__(self, by: Any, today: date, *, writing: bool = False):
        self.by, self.today, self.writing = by, today, writing
        self.area = district_of(by.write_prefix or district_area())
        self.areas_by_day, self.records = AreasByDay(self.area), Records()
        self.cells: dict[str, dict[str, Any]] = defaultdict(dict)
        self._reached: dict[str, bool] = {}
        self._numbers: dict[Any, int] = {}
        self._once: dict[Callable, Any] = {}

    @property
    def areas(self) -> Areas:
        """The areas of today. A row of another day is judged by those of its own, `row.areas`."""
        return self.areas_by_day.on(self.today)

    @cached_property
    def decides(self) -> bool:
        """Whether the sender's rows become records, not drafts."""
        return may(self.by, "record.add")

    def reaches(self, area: str) -> bool:
        """Whether the sender may write in that area."""
        if area not in self._reached:
            self._reached[area] = may(self.by, "load.send", Area(code=area))
        return self._reached[area]

    def locked(self, records: Rows) -> Rows:
        return records.select_for_update(of=("self",)) if self.writing else records

    def once(self, read: "Callable[[Context], T]") -> T:
        """`read(context)`, called once a load."""
        if read not in self._once:
            self._once[read] = read(self)
        return self._once[read]

    def next_number(self, key: Any, last: Callable[[], int]) -> int:
        """The number after the last one with that key; `last()` is called once a load."""
        self._numbers[key] = (self._numbers[key] if key in self._numbers else last()) + 1
        return self._numbers[key]

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
