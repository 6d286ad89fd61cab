"""The figures. Each is declared once, and its value is computed from the rows it links to."""

from .base import (
    FIGURES,
    SECTIONS,
    Answer,
    Figure,
    answer_all,
    answer_scopes,
    breakdowns,
    counted_in,
    declare,
    kinds_of_figures,
    measure_groups,
)
from .yearly import YEARLY_FORMS, Coverage, YearlyForm, declare_form, with_years

__all__ = [
    "FIGURES",
    "SECTIONS",
    "YEARLY_FORMS",
    "Answer",
    "Coverage",
    "Figure",
    "YearlyForm",
    "answer_all",
    "answer_scopes",
    "breakdowns",
    "counted_in",
    "declare",
    "declare_form",
    "kinds_of_figures",
    "measure_groups",
    "with_years",
]

from . import brand, effect, guarantee, showcase  # noqa: F401  (they declare the registry's own figures)
