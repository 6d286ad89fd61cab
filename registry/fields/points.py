"""What a person fills in for a site: one declaration of each field, read alike by the form, the load and the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models import CoordinateSystem, Level
from registry.text.validators import Reader, choice, line, number, phone, position, prose, whole

Text = str | Promise


@dataclass(frozen=True)
class Input:
    """A field: how it is called, in which section it is asked, how its text is read, and how it is shown.

    `personal` values are shown to the own township only; the phone forgets them with the window.
    """

    name: str
    label: Text
    section: str
    read: Reader
    hint: Text = ""
    required: bool = False
    widget: str = "text"
    choices: Any = None
    unit: Text = ""
    personal: bool = False
    default: str = ""

    def text(self, value: Any) -> str:
        """`value` as it would be typed."""
        return "" if value is None else f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)

    def words(self, text: str) -> str:
        """A typed text as a reader sees it: choices in words."""
        return str(dict(self.choices.choices).get(text, text)) if self.choices else text


PERSONS = pgettext_lazy("unit", "persons")
SECTIONS: dict[str, Text] = {
    "place": _("Name"),
    "organisation": _("Party organisation"),
    "venue": _("Venue and highlights"),
    "position": _("Position"),
    "photos": _("Photos"),
}
INPUTS: tuple[Input, ...] = (
    Input(
        "name", _("Name of the site"), "place", line(80, least=4), required=True,
        hint=_("The full name, as it should stand on the plate."),
    ),
    Input(
        "organisation_name", _("Party organisation"), "organisation", line(80, least=4),
        hint=_("The full name of the organisation. Only asked where the registry holds none."),
    ),
    Input("secretary", _("Secretary"), "organisation", line(40, least=2), required=True),
    Input(
        "phone", _("Telephone"), "organisation", phone, widget="tel", personal=True,
        hint=_("Seen by your township only."),
    ),
    Input(
        "member_count", _("Party members"), "organisation", whole(0, 100_000, unit=PERSONS), widget="number",
        unit=PERSONS, required=True,
    ),
    Input(
        "venue_area", _("Venue area"), "venue", number("0", "9999999", unit="m²"), widget="number", unit="m²",
    ),
    Input(
        "highlights", _("Highlights"), "venue", prose(1000), widget="textarea", required=True,
        hint=_("What others can learn here, in two or three sentences."),
    ),
    Input(
        "applied_level", _("Level applied for"), "venue", choice(Level), widget="select", choices=Level, required=True,
        default=Level.DISTRICT,
    ),
    Input(
        "self_score", _("Own score"), "venue", number("0", "100", decimals=1), widget="number", unit=_("of 100"),
        hint=_("Leave it empty if you have not scored yourselves."),
    ),
    Input(
        "position", _("Longitude, latitude"), "position", position, required=True,
        hint=_("Tap the map, use the position of this phone, or paste coordinates such as 118.0863, 39.5762."),
    ),
    Input(
        "coordinate_system", _("Coordinate system"), "position", choice(CoordinateSystem), widget="select",
        choices=CoordinateSystem, required=True, default=CoordinateSystem.CGCS2000,
        hint=_("Coordinates copied from Gaode or Tencent maps are GCJ-02, from Baidu maps BD-09."),
    ),
)  # fmt: skip
BY_NAME: dict[str, Input] = {each.name: each for each in INPUTS}
ORGANISATION = ("secretary", "phone", "member_count")
APPLICATION = ("applied_level", "self_score")  # of the application, not of the site


def of_section(section: str, keep: Callable[[Input], bool] = lambda each: True) -> list[Input]:
    return [each for each in INPUTS if each.section == section and keep(each)]
