"""Pages of a list whose cost does not grow with its rows: counts stop at a bound, deep pages are read from the end."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

from registry.text.validators import plain_number

PAGE_SIZE = 50
COUNTED = 10_000  # rows are counted up to here; beyond, a list has “more than” that many


class RowPage(Page):
    """A page of rows. A negative number counts from the end, for lists with more rows than are counted. `parameter` is
    where an address has the number."""

    paginator: "RowPaginator"
    parameter = "page"

    def has_next(self) -> bool:
        return self.number not in (self.paginator.num_pages, -1)

    def has_previous(self) -> bool:
        return self.number not in (1, -self.paginator.num_pages)

    def next_page_number(self) -> int:
        return self.number + 1

    def previous_page_number(self) -> int:
        return self.number - 1


class RowPaginator(Paginator):
    """Pages of a query in a fixed order. Rows are counted once, up to COUNTED, and not at all if the first page holds
    them all or `ask_count()` gives their number. Where there are more, pages are numbered from both ends and the middle
    is reached by filters."""

    object_list: QuerySet

    def __init__(
        self, rows: QuerySet, per_page: int = PAGE_SIZE, ask_count: Callable[[], int | None] = lambda: None
    ) -> None:
        super().__init__(rows, per_page)
        self._ask_count = ask_count

    @cached_property
    def count(self) -> int:
        """The number of rows; COUNTED if there are more."""
        return min(self._counted, COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > COUNTED

    @cached_property
    def _counted(self) -> int:
        count = self._ask_count()
        return self.object_list.order_by()[: COUNTED + 1].count() if count is None else min(count, COUNTED + 1)

    def get_page(self, number: Any) -> RowPage:
        """The page with this number, or the nearest one; the first for anything but a number."""
        wanted = _number(number)
        if wanted == 1:
            return self.first_page(list(self.object_list[: self.per_page + 1]))
        last = self.num_pages
        wanted = max(-last, min(wanted, last))
        if wanted < 0 and not self.is_capped:
            wanted += last + 1
        return RowPage(self._rows_of(wanted), wanted, self)

    def first_page(self, rows: list) -> RowPage:
        """The first page, of its rows and one more if there are more."""
        if len(rows) <= self.per_page:
            self.__dict__["_counted"] = len(rows)
        return RowPage(rows[: self.per_page], 1, self)

    def _rows_of(self, number: int) -> Sequence[Any]:
        """The rows of a page, read from the nearer end."""
        first = (number - 1) * self.per_page
        if number < 0:
            return self._from_end((-number - 1) * self.per_page, self.per_page)
        if self.is_capped or first < self.count / 2:
            return list(self.object_list[first : first + self.per_page])
        size = min(self.per_page, self.count - first)
        return self._from_end(self.count - first - size, size)

    def _from_end(self, behind: int, size: int) -> Sequence[Any]:
        return list(self.object_list.reverse()[behind : behind + size])[::-1]


def page_within(rows: Any, parameters: Any, name: str = "page", per_page: int = PAGE_SIZE) -> Page:
    """A page of `rows`, a query or a list, that is a part of another page; `parameters` (an address's query) has its
    number as `name`."""
    paginator = RowPaginator(rows, per_page) if isinstance(rows, QuerySet) else Paginator(rows, per_page)
    page = paginator.get_page(parameters.get(name))
    page.parameter = name  # type: ignore[attr-defined]  # what Django's own pages have not
    return page


def _number(text: Any) -> int:
    """The number of a page as an address has it."""
    text = str(text or "")
    number = plain_number(text.removeprefix("-"))
    return (-number if text.startswith("-") else number) or 1 if number else 1
