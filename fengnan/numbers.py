"""How a figure's number is written: with its unit, its sign, its target."""

from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry.figures import Answer, Figure


def quantity(value: Any, unit: str = "", decimals: int = 2) -> tuple[str, str]:
    """A number and its unit as they are read: 1.1 亿元 for 110,000,000 yuan, 35.06 % for 35.06, 8,126 for 8126."""
    if value is None:
        return "—", ""
    if unit == "yuan":
        return _money(value)
    if isinstance(value, int):
        return f"{value:,}", "%" if unit == "%" else ""
    text = f"{Decimal(str(value)):,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text, "%" if unit == "%" else ""


def _money(yuan: Any) -> tuple[str, str]:
    if get_language() == "en":
        return f"{yuan:,.0f}" if yuan == int(yuan) else f"{yuan:,.2f}", "yuan"
    for size, unit in ((100_000_000, "亿元"), (10_000, "万元")):
        if abs(yuan) >= size:
            return f"{Decimal(str(yuan)) / size:,.4f}".rstrip("0").rstrip("."), unit
    return f"{yuan:,.2f}".rstrip("0").rstrip("."), "元"


# English words for one of a unit; a rank is read without a unit. Chinese has no plural.
ONE = {
    "belts": "belt",
    "brands": "brand",
    "communities": "community",
    "consortia": "consortium",
    "districts": "district",
    "fields": "field",
    "firms": "firm",
    "items": "item",
    "items of the standard": "item of the standard",
    "meetings": "meeting",
    "organisations": "organisation",
    "person-times": "person-time",
    "person-visits": "person-visit",
    "persons": "person",
    "points": "point",
    "problems": "problem",
    "projects": "project",
    "rank": "",
    "routes": "route",
    "sites": "site",
    "townships": "township",
    "villages": "village",
    "zones": "zone",
}


def unit_of(figure: Figure, count: Any) -> str:
    """The unit of `figure` beside the number `count`."""
    text = str(figure.unit)
    if get_language() != "en" or (count != 1 and text != "rank"):
        return text
    return ONE.get(text, text)


def written(answer: Answer, part: bool = False) -> tuple[str, str]:
    """The value of an answer and its unit, both ready to print; with `part`, what the value is a share of counts."""
    figure = answer.figure
    number = answer.part if part else answer.value
    if number is None and figure.yearly and answer.year is None:
        return _("not reported"), ""
    kind_of_unit = "%" if figure.unit == "%" and not part else "yuan" if figure.is_money else ""
    text, unit = quantity(number, kind_of_unit, figure.decimals)
    counted = figure.whole if part and figure.is_share and figure.whole else figure
    return text, unit or ("" if number is None else unit_of(counted, number))


def signed(figure: Figure, number: Any) -> str:
    """A difference of a figure's values; nothing to say is a dash."""
    if number is None:
        return "—"
    return f"+{size_of(figure, number)}" if number > 0 else f"−{size_of(figure, number)}" if number < 0 else "0"


def size_of(figure: Figure, number: Any) -> str:
    """How large a difference is, in its own unit."""
    size = abs(number or 0)
    if figure.unit == "%":
        return _("%(number)s percentage points") % {"number": quantity(size, "", figure.decimals)[0]}
    text, unit = quantity(size, "yuan" if figure.is_money else "", figure.decimals)
    return f"{text} {unit or unit_of(figure, size)}".strip()


def stated(answer: Answer, show: str) -> tuple[str, str]:
    """A figure inside a sentence, and its unit after a space that does not break: its value, the "part" of a share, or
    the "bare" number."""
    text, unit_text = written(answer, part=show == "part")
    if show == "bare" or not unit_text:
        return text, ""
    return text, unit_text if unit_text == "%" else f"\u00a0{unit_text}"


def target(answer: Answer) -> str:
    """The target of an answer in words: 35%."""
    text, unit_text = quantity(answer.target, "%" if answer.figure.unit == "%" else "", answer.figure.decimals)
    return f"{text}{unit_text}" if unit_text == "%" else f"{text} {answer.figure.unit}"


def gap_words(answer: Answer) -> str:
    """How far the value lies from its target, in words; the gap of a share is in percentage points."""
    if not answer.gap:
        return "" if answer.gap is None else _("exactly on target")
    size = f"{abs(answer.gap):,.{answer.figure.decimals}f}"
    if answer.figure.unit != "%":
        words = _("%(gap)s %(unit)s above target") if answer.gap > 0 else _("%(gap)s %(unit)s below target")
        return words % {"gap": size, "unit": answer.figure.unit}
    above, below = _("%(gap)s percentage points above target"), _("%(gap)s percentage points below target")
    return (above if answer.gap > 0 else below) % {"gap": size}
