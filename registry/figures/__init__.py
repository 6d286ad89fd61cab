"""The figures. Each is declared once, and its value is computed from the rows it links to."""

from .base import FIGURES, SECTIONS, Answer, Figure, answer_all, counted_in, declare

__all__ = ["FIGURES", "SECTIONS", "Answer", "Figure", "answer_all", "counted_in", "declare"]

from . import brand, effect, guarantee, showcase  # noqa: F401  (they declare the registry's own figures)
