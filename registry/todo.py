"""What somebody has to do: each module says it of its own records, and the work home lists it all by due date."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True)
class Task:
    """Something to do: what, about which record, at which address, what the button says, and by when (or None)."""

    what: str | Promise
    about: str
    url: str
    button: str | Promise
    due: date | None = None

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today


SOURCES: list[Callable[[Any, date], Iterable[Task]]] = []


def to_do(source: Callable[[Any, date], Iterable[Task]]) -> Callable[[Any, date], Iterable[Task]]:
    """Declares a function of (user, today) as a source of tasks."""
    SOURCES.append(source)
    return source


def tasks_of(user: Any, today: date) -> list[Task]:
    """All that `user` has to do, the most urgent first; what has no date comes last."""
    tasks = [task for source in SOURCES for task in source(user, today)]
    return sorted(tasks, key=lambda task: (task.due is None, task.due or today, task.about))
