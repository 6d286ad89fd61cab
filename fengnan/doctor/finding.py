"""One line of the doctor's report."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    GOOD = "✓"
    DOUBTFUL = "!"
    WRONG = "✗"


@dataclass(frozen=True)
class Finding:
    """`text` says what was found, `todo` what to do about it."""

    state: State
    text: str
    todo: str = ""

    def __str__(self) -> str:
        return f"{self.state} {self.text}" + (f" — {self.todo}" if self.todo else "")


def good(text: str) -> Finding:
    return Finding(State.GOOD, text)


def doubtful(text: str, todo: str) -> Finding:
    return Finding(State.DOUBTFUL, text, todo)


def wrong(text: str, todo: str) -> Finding:
    return Finding(State.WRONG, text, todo)
