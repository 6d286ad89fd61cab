"""How the report writes sentences: pieces of text, some of which state a figure."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registry.figures import Answer


@dataclass(frozen=True)
class Piece:
    """A stretch of a sentence. Where it states a figure, `answer` is that of the figure."""

    text: str
    answer: Answer | None = None


Sentence = list[Piece]


def clauses(opening: str, pieces: list[Piece]) -> Sentence:
    """“opening one, two, three.”; nothing where there are no pieces."""
    between = pgettext("between clauses", "; ")
    return [Piece(opening), *_joined(pieces, between), Piece(_("."))] if pieces else []


def enumeration_of(pieces: list[Piece]) -> Sentence:
    """“one, two, three”"""
    return _joined(pieces, pgettext("between names", ", "))


def enumeration(words: Iterable[str]) -> str:
    return pgettext("between names", ", ").join(words)


def _joined(pieces: list[Piece], between: str) -> Sentence:
    parts = [part for piece in pieces for part in (Piece(between), piece)]
    return parts[1:]
