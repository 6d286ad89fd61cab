"""The numbers: each figure is declared once, and its value is computed from the rows it opens."""

from .base import FIGURES, Answer, Figure, answer_all, counted_in, declare

__all__ = ["FIGURES", "Answer", "Figure", "answer_all", "counted_in", "declare"]

from . import catalogue as _catalogue  # noqa: E402, F401  (declares the registry's own figures)
