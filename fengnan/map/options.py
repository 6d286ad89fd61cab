"""What the reader of the map may choose: which points, what colours mean, which layers; and the legend offering it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.access.scope import Scope
from registry.models import Field, Grade, Level

CHOICES = {"field": Field, "level": Level, "grade": Grade}
THEMES = ("field", "level", "rate")
LAYERS = ("belts", "zones")
VIEWS = ("schematic", "coordinates")


@dataclass(frozen=True)
class Choices:
    """What the reader asked for: filters of points, what the colours mean, layers, what to light up, the view."""

    field: str = ""
    level: str = ""
    grade: str = ""
    theme: str = "field"
    layers: tuple[str, ...] = LAYERS
    show: str = ""
    view: str = VIEWS[0]

    @property
    def parameters(self) -> dict[str, str | list[str]]:
        chosen = {name: value for name in (*CHOICES, "show") if (value := getattr(self, name))}
        if self.theme != THEMES[0]:
            chosen["theme"] = self.theme
        if self.layers != LAYERS:
            chosen["layer"] = ["points", *self.layers]
        if self.view != VIEWS[0]:
            chosen["view"] = self.view
        return chosen

    @property
    def narrowed(self) -> bool:
        return replace(self, view=VIEWS[0]) != Choices()

    @property
    def filters(self) -> dict[str, str]:
        return {name: value for name in CHOICES if (value := getattr(self, name))}


NO_CHOICES = Choices()


class Cell(NamedTuple):
    """So many points of a township with the same field, level and grade; with `code` and `name`, one point."""

    township: str
    field: str
    level: str
    grade: str
    count: int = 1  # type: ignore[assignment]  # a tuple has a method of that name, which nobody asks here
    code: str = ""
    name: str = ""


def keeps(filters: Mapping[str, str], cell: Cell, but: str = "") -> bool:
    """Whether the filters keep a cell; `but` names one that is not asked."""
    return all(name == but or getattr(cell, name) == value for name, value in filters.items())


def choice_words() -> dict[str, dict[str, str]]:
    """The values of field, level and grade in the reader's language."""
    return {name: {value: str(label) for value, label in choice.choices} for name, choice in CHOICES.items()}


def map_address(scope: Scope, choices: Choices, **changes: str | list[str]) -> str:
    """The page of the map with some of its parameters changed; an empty value takes one away."""
    parameters = {**scope.parameters, **choices.parameters, **changes}
    query = urlencode({name: value for name, value in parameters.items() if value}, doseq=True)
    return reverse("map") + (f"?{query}" if query else "")


def legend(cells: Sequence[Cell], scope: Scope, choices: Choices) -> list[dict]:
    """What the dots mean, each entry with its count and the address that shows it alone, or all again."""
    entries, filters = [], choices.filters
    for name in ("grade", *({"field", "level"} & {choices.theme})):
        counts: Counter = Counter()
        for cell in cells:
            if not filters or keeps(filters, cell, but=name):
                counts[getattr(cell, name)] += cell.count
        for value, label in CHOICES[name].choices:
            if name == "grade" and value != Grade.PREMIUM:
                continue
            active = getattr(choices, name) == value
            url = map_address(scope, choices, **{name: "" if active else value})
            entry = {"dimension": name, "key": value, "label": label, "active": active, "url": url}
            entries.append(entry | {"count": counts[value]})
    return entries


def layer_entries(scope: Scope, choices: Choices) -> list[dict]:
    """The layers of lines and tints, each with the address that switches it."""
    labels = {"belts": _("Belts"), "zones": _("Zones")}
    entries = []
    for name in LAYERS:
        active = name in choices.layers
        left = [layer for layer in LAYERS if (layer in choices.layers) != (layer == name)]
        url = map_address(scope, choices, layer=[] if left == list(LAYERS) else ["points", *left])
        entries.append({"key": name, "label": labels[name], "active": active, "url": url})
    return entries
