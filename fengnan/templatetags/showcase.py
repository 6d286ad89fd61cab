"""What templates need to write a figure, a value and an address that keeps its scope."""

from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry.figures import FIGURES, Answer

register = template.Library()


def quantity(value, unit: str = "", decimals: int = 2) -> tuple[str, str]:
    """A number and its unit as they are read: 1.1 亿元 for 110,000,000 yuan, 35.06 % for 35.06, 8,126 for 8126."""
    if value is None:
        return "—", ""
    if unit == "yuan":
        return _money(value)
    if isinstance(value, int):
        return f"{value:,}", "%" if unit == "%" else ""
    text = f"{Decimal(str(value)):,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text, "%" if unit == "%" else ""


def _money(yuan) -> tuple[str, str]:
    if get_language() == "en":
        return f"{yuan:,.0f}" if yuan == int(yuan) else f"{yuan:,.2f}", "yuan"
    for size, unit in ((100_000_000, "亿元"), (10_000, "万元")):
        if abs(yuan) >= size:
            return f"{Decimal(str(yuan)) / size:,.4f}".rstrip("0").rstrip("."), unit
    return f"{yuan:,.2f}".rstrip("0").rstrip("."), "元"


def written(answer: Answer) -> tuple[str, str]:
    """The value of an answer and its unit, both ready to print."""
    figure = answer.figure
    kind_of_unit = "%" if figure.unit == "%" else "yuan" if figure.is_money else ""
    text, unit = quantity(answer.value, kind_of_unit, figure.decimals)
    return text, unit or ("" if answer.value is None else str(figure.unit))


@register.filter
def value(answer: Answer) -> str:
    return written(answer)[0]


@register.filter
def unit(answer: Answer) -> str:
    return written(answer)[1]


@register.filter
def address(answer: Answer) -> str:
    """Where the figure opens its rows, in the answer's own scope."""
    return reverse("figure", args=[answer.figure.slug]) + answer.scope.query


@register.simple_tag(takes_context=True)
def answer(context, slug: str) -> Answer:
    """The answer of the figure `slug` among the page's `answers`."""
    return context["answers"][slug]


@register.simple_tag(takes_context=True)
def number(context, slug: str) -> str:
    """A figure inside a sentence: its value and unit, linked to its rows."""
    found = context["answers"][slug]
    text, unit_text = written(found)
    gap = "" if unit_text in ("", "%") else " "
    title = f"{found.figure.label} · {found.figure.source} · {found.scope.as_of.isoformat()}"
    return format_html(
        '<a class="number" href="{}" title="{}"><b>{}</b>{}{}</a>', address(found), title, text, gap, unit_text
    )


@register.simple_tag(takes_context=True)
def scoped(context, name: str, *args, **changes) -> str:
    """The address of a page in the scope of this one; keyword arguments change or add parameters."""
    parameters = {**context["scope"].parameters, **changes}
    parameters = {key: item for key, item in parameters.items() if item not in (None, "")}
    return reverse(name, args=args) + (f"?{urlencode(parameters)}" if parameters else "")


@register.simple_tag(takes_context=True)
def with_query(context, **changes) -> str:
    """The page's own query with some parameters changed; an empty value takes one away."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    for key, item in changes.items():
        if item in (None, ""):
            query.pop(key, None)
        else:
            query[key] = item
    return f"?{query.urlencode()}" if query else "?"


@register.filter
def long_date(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else "—"


@register.filter
def figure_named(slug: str):
    return FIGURES[slug]
