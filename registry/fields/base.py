"""A field as it is declared once: the form, the sheet and the API all read it alike."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from registry.text.validators import Reader, keyboard_of

Text = str | Promise


@dataclass(frozen=True)
class DeclaredField:
    """A value that a person fills in: how it is called, how its text is read, and how it is shown.

    `section` is where the form asks for it. `stored_on` is the record with a column of that name: "point" or
    "organisation", "application" for what is kept with the application; empty for what becomes something else.
    `heading` stands above its column in a sheet of points, `also` are other headings it is known by; an empty heading
    means that sheets have no such column. A bad cell of a `droppable` one is left out and the row stays. `personal`
    values are shown to the own township only; the phone forgets them with the window.
    """

    name: str
    label: Text
    read: Reader
    section: str
    stored_on: str = ""
    hint: Text = ""
    required: bool = False
    widget: str = "text"
    choices: Any = None
    unit: Text = ""
    personal: bool = False
    default: str = ""
    heading: str = ""
    also: tuple[str, ...] = ()
    required_in_sheet: bool = False
    droppable: bool = False

    @property
    def keyboard(self) -> str:
        return keyboard_of(self.read)

    def text(self, value: Any) -> str:
        """`value` as it would be typed."""
        return "" if value is None else f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)

    def words(self, text: str) -> str:
        """A typed text as a reader sees it: choices in words."""
        return str(dict(self.choices.choices).get(text, text)) if self.choices else text
