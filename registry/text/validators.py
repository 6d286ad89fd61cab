"""Validators of typed text: plain functions from text to a value, shared by form, spreadsheet and API.

Each takes the text as typed and returns the value, None if it is empty. Raises Invalid with the reason and what to do,
in the reader's language; tests check its `code`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from registry.text.coordinates import Position

SENTENCES = {
    "required": gettext_noop("This is missing. Fill it in."),
    "control": gettext_noop("The text holds a character that cannot be shown. Type it anew instead of pasting it."),
    "too_long": gettext_noop("%(length)s characters are too many: at most %(most)s fit. Shorten it."),
    "too_short": gettext_noop("%(length)s characters are too few: write at least %(least)s."),
    "not_a_number": gettext_noop("“%(text)s” is not a number. Write digits, such as 120 or 35.5."),
    "unit_in_number": gettext_noop("“%(text)s” has a unit in it. Write the number alone, in %(unit)s."),
    "not_whole": gettext_noop("“%(text)s” is not a whole number. Write digits only."),
    "too_small": gettext_noop("%(value)s is too small: at least %(least)s."),
    "too_large": gettext_noop("%(value)s is too large: at most %(most)s."),
    "not_positive": gettext_noop("“%(text)s” is not more than 0. Look at the sign and the digits."),
    "decimals": gettext_noop("%(value)s has too many decimals: at most %(most)s."),
    "not_a_half": gettext_noop("%(value)s is not a whole or half point. Write steps of 0.5, such as 9.5."),
    "not_a_choice": gettext_noop("“%(text)s” is not one of: %(choices)s."),
    "not_a_phone": gettext_noop(
        "“%(text)s” is not a telephone number. Write a mobile number of 11 digits, or area code and number."
    ),
    "broken_phone": gettext_noop("“%(text)s” is a number that lost its digits. Type the telephone number anew."),
    "not_a_position": gettext_noop(
        "“%(text)s” is not a position. Write longitude and latitude in degrees, such as 118.0863, 39.5762."
    ),
    "not_in_china": gettext_noop("%(lng)s, %(lat)s does not lie in China. Look at the digits."),
    "area_in_mu": gettext_noop("“%(text)s” would be %(value)s m². If that is right, write the number of m²."),
    "ambiguous_month": gettext_noop(
        "“%(text)s” may be January or October: the spreadsheet dropped a zero. Write %(year)s-01 or %(year)s-10."
    ),
    "broken_code": gettext_noop("“%(text)s” is a code that lost its digits. Type all digits, as text."),
    "township_unknown": gettext_noop(
        "There is no township called “%(text)s” here. Write its name, or its code of 9 digits."
    ),
    "not_an_area_code": gettext_noop("“%(text)s” is no area code. Write 9 digits of a township, 12 of a village."),
    "area_merged": gettext_noop(
        "“%(text)s” existed until %(until)s and was merged into %(successor)s: later rows name that one."
    ),
    "area_ended": gettext_noop("“%(text)s” existed until %(until)s. Name the area it belongs to since, or its code."),
    "area_not_yet": gettext_noop("“%(text)s” exists since %(since)s. Name the area of that time, or its code."),
    "township_unclear": gettext_noop("“%(text)s” may be any of: %(found)s. Write the code."),
    "village_unclear": gettext_noop("“%(text)s” may be any of: %(found)s. Write the full name or the code."),
    "organisation_unclear": gettext_noop("Several organisations are called “%(text)s”: %(found)s. Write the code."),
    "unit_unclear": gettext_noop("There are several units called “%(text)s”: %(found)s. Write the code."),
    "place_unknown": gettext_noop(
        "“%(text)s” is not in the registry. Write the name or code it has there, or load it first."
    ),
    "place_unclear": gettext_noop("“%(text)s” may be any of: %(found)s. Write the code."),
    "not_yes_or_no": gettext_noop("“%(text)s” is neither yes nor no. Write 是 or 否."),
    "not_a_day": gettext_noop("“%(text)s” is not a day. Write year, month and day, such as 2021-12-31."),
    "not_a_file": gettext_noop("A file is missing here. Send it as a part of a form (multipart/form-data)."),
    "outline_large": gettext_noop("The outline has %(size)s KB: at most %(most)s KB. Simplify it."),
    "outline_unread": gettext_noop("This is not GeoJSON. Draw the outline on the map, or export it anew as GeoJSON."),
    "outline_kind": gettext_noop(
        "The outline is a “%(kind)s”, but a zone is an area. Give one Polygon or MultiPolygon, or draw it on the map."
    ),
    "outline_many": gettext_noop("The file holds %(count)s shapes: leave the one of this zone only."),
    "outline_vertices": gettext_noop("The outline has more than %(most)s corners. Simplify it."),
    "outline_number": gettext_noop(
        "Corner %(number)s is not a pair of numbers. Export the outline anew, longitude before latitude, in degrees."
    ),
    "outline_swapped": gettext_noop(
        "Corner %(number)s (%(lng)s, %(lat)s) has latitude and longitude the wrong way round. "
        "Write longitude first."
    ),
    "outline_degrees": gettext_noop(
        "Corner %(number)s (%(lng)s, %(lat)s) is not in degrees. Export the outline in longitude and latitude."
    ),
    "outline_far": gettext_noop(
        "Corner %(number)s (%(lng)s, %(lat)s) lies far from every site of the registry. "
        "Look at the digits and the coordinate system."
    ),
    "outline_short": gettext_noop("An area needs three corners at least; this outline has %(count)s."),
    "outline_crosses": gettext_noop("The outline crosses itself at %(lng)s, %(lat)s. Move or remove a corner there."),
    "outline_hole": gettext_noop("A hole lies outside the area, at %(lng)s, %(lat)s. Take it away or move it inside."),
    "outline_broken": gettext_noop(
        "Parts of the outline touch or overlap at %(lng)s, %(lat)s. Draw them apart, or as one."
    ),
}  # fmt: skip

SPACES = re.compile(r"[\s\u00a0\u3000]+")
INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff\u00ad]")
REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffd-\uffff]")
BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff]) (?=[\u3400-\u9fff\U00020000-\U0003ffff])")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
ABOUT = re.compile(r"^(?:大约|约|近)|(?:余|左右|多)(?=\D*$)")
SPELLINGS = {  # of a unit, as NFKC leaves them
    "m²": ("m²", "m2", "m^2", "平方米", "平米", "平方", "平"),
    "人": ("人", "名", "个"), "个": ("个", "处", "家"),
    "人次": ("人次", "人"), "小时": ("小时", "h"), "年": ("年", "年度"),
}  # fmt: skip
MU = Decimal(2000) / 3  # m² of one 亩
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
NUMBERS = re.compile(  # mobile, fixed-line with area code, identity; full-width digits too
    r"(?<!\d)(?:[1\uff11][3-9\uff13-\uff19]\d(?:[ -]?\d{4}){2}|[0\uff10]\d{2,3}[ -]?\d{7,8}|\d{17}[\dXx])(?!\d)"
)
Reader = Callable[[str], Any]


class Invalid(ValueError):
    """An invalid value: a code, and the details of its sentence. `value` is what the text probably means, if a person
    confirms it."""

    value: Any = None

    def __init__(self, code: str, **details: Any):
        super().__init__(code)
        self.code, self.details = code, details

    def __str__(self) -> str:
        return _(SENTENCES[self.code]) % self.details


def storable(text: str) -> str:
    """`text` in a form that every database can store, valid or not: normalised line ends, and a replacement for
    forbidden characters, which `clean` refuses."""
    return UNSTORABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def legible(text: str) -> str:
    """`text` for a document or a sheet; unsupported characters are replaced."""
    return REFUSED.sub("\ufffd", text)


def clean(text: str) -> str:
    """`text` without invisible characters, composed. Raises Invalid for control and direction characters."""
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if not text.isprintable() or "\ufffd" in text:  # rare
        text = INVISIBLE.sub("", text)
        if REFUSED.search(text):
            raise Invalid("control")
    return text.strip(" \t\n\u00a0\u3000")


def line(most: int, least: int = 0) -> Reader:
    """One line of text: white space becomes a single space, and is removed between Chinese characters."""

    def read(text: str) -> str:
        value = SPACES.sub(" ", clean(text))
        return _measured(BETWEEN_CHINESE.sub("", value) if " " in value else value, most, least)

    return read


def prose(most: int, least: int = 0) -> Reader:
    """Text with several lines, unchanged."""
    return lambda text: _measured(clean(text), most, least)


def lines(most: int, most_each: int) -> Callable[[str], list[str]]:
    """Up to `most` characters, as the non-empty lines of up to `most_each` characters."""
    read_all, read_one = prose(most), line(most_each)
    return lambda text: [value for row in read_all(text).splitlines() if (value := read_one(row))]


def _measured(value: str, most: int, least: int) -> str:
    if len(value) > most:
        raise Invalid("too_long", length=len(value), most=most)
    if value and len(value) < least:
        raise Invalid("too_short", length=len(value), least=least)
    return value


def plain(text: str) -> str:
    """For numbers, codes and telephones: full-width characters become half-width, white space is removed."""
    cleaned = clean(text)
    return SPACES.sub("", cleaned if cleaned.isascii() else unicodedata.normalize("NFKC", cleaned))


def plain_number(text: str) -> int | None:
    """The whole number in a URL or a hidden field, of at most 18 digits; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def number(least: str, most: str, decimals: int = 2, unit: str | Promise = "") -> Reader:
    """A decimal number between `least` and `most`, both included, with or without its unit, 约 or marks of thousands.
    万 and other units are refused with a hint. An area in 亩 is Invalid with its value in m²."""
    low, high = Decimal(least), Decimal(most)

    def read(text: str) -> Decimal | None:
        digits = without_unit(ABOUT.sub("", plain(text)), unit)
        if THOUSANDS.fullmatch(digits):
            digits = digits.replace(",", "")
        if not digits:
            return None
        if not NUMBER.fullmatch(digits):
            if str(unit) == "m²" and NUMBER.fullmatch(digits.removesuffix("亩")):
                raise _in_mu(text.strip(), Decimal(digits.removesuffix("亩")))
            if unit and re.match(r"约?\d[\d.,]*[^\d.,]", digits):
                raise Invalid("unit_in_number", text=text.strip(), unit=unit)
            raise Invalid("not_a_number", text=text.strip())
        try:
            value = Decimal(digits)
        except InvalidOperation as error:
            raise Invalid("not_a_number", text=text.strip()) from error
        if value < low:
            raise Invalid("too_small", value=digits, least=least)
        if value > high:
            raise Invalid("too_large", value=digits, most=most)
        if "." in digits and -value.normalize().as_tuple().exponent > decimals:  # type: ignore[operator]
            raise Invalid("decimals", value=digits, most=decimals)
        return value

    read.keyboard = "decimal"  # type: ignore[attr-defined]
    return read


def keyboard_of(read: Reader) -> str:
    """The keyboard (`inputmode`) a phone shows where a text is typed for `read`; empty for the usual one."""
    return getattr(read, "keyboard", "")


def without_unit(digits: str, unit: str | Promise) -> str:
    """A number without the unit that it counts in, however that is spelled."""
    spellings = (str(unit), *SPELLINGS.get(str(unit), SPELLINGS["人"] if str(unit) == "persons" else ()))
    return next((digits.removesuffix(word) for word in spellings if word and digits.endswith(word)), digits)


def _in_mu(text: str, mu: Decimal) -> Invalid:
    value = round(mu * MU, 2)
    invalid = Invalid("area_in_mu", text=text, value=f"{value:f}".rstrip("0").rstrip("."))
    invalid.value = value
    return invalid


def whole(least: int, most: int, unit: str | Promise = "") -> Reader:
    """A whole number between `least` and `most`, both included."""
    decimal = number(str(least), str(most), decimals=6, unit=unit)

    def read(text: str) -> int | None:
        value = decimal(text)
        if value is not None and value != int(value):
            raise Invalid("not_whole", text=text.strip())
        return None if value is None else int(value)

    read.keyboard = "numeric" if least >= 0 else "decimal"  # type: ignore[attr-defined]
    return read


def choice(choices: Any, also: dict[str, str] | None = None) -> Reader:
    """A value of a TextChoices, given as the value, its label in any language, or one of the other words `also`."""

    values = frozenset(choices.values)

    def read(text: str) -> str:
        word = plain(text)
        if not word or word in values:
            return word
        if also and word in also:
            return also[word]
        words = _labels(choices)
        if word in words:
            return words[word]
        for language, _name in settings.LANGUAGES:
            with override(language):
                if word in (others := _labels(choices)):
                    return others[word]
        raise Invalid("not_a_choice", text=word, choices="、".join(words))

    return read


def _labels(choices: Any) -> dict[str, str]:
    """The values by their labels, in the language of the moment."""
    return {plain(str(label)): value for value, label in choices.choices}


MULTIPLES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
MONEY = re.compile(r"(?:人民币|RMB|¥)?(.*?)(千万|百万|千|万|亿)?(元)?(?:整|人民币)?")


def money(unit: str) -> Reader:
    """An amount in yuan of at most 16 digits; a bare number counts in `unit`, 元 or 万元."""
    amount, yuan = number("0", "99999999999999", decimals=8), number("0", "99999999999999")

    def read(text: str) -> Decimal | None:
        digits, multiple, unit_text = MONEY.fullmatch(ABOUT.sub("", plain(text))).groups()  # type: ignore[union-attr]
        value = amount(digits)
        if value is None:
            return None
        times = MULTIPLES.get(multiple or ("" if unit_text else unit.removesuffix("元")), 1)
        return yuan(f"{value * times:f}")

    return read


YES, NO = frozenset("是有√✓✔☑yY1"), frozenset("否无×✗✘☒nN0")


def yes_no(text: str) -> bool | None:
    """是, 有, √ or 否, 无, ×; None if empty: a blank means unknown, not no."""
    word = plain(text)
    if not word:
        return None
    if word in YES or word.lower() in ("yes", "true"):
        return True
    if word in NO or word.lower() in ("no", "false"):
        return False
    raise Invalid("not_yes_or_no", text=text.strip())


@dataclass(frozen=True)
class Dated:
    """A day with its `precision` (day, month or year); `day` is the first possible one."""

    day: date
    precision: str = "day"

    @property
    def last(self) -> date:
        """The last possible day: a deadline "2021-12" is its last day."""
        following = {
            "day": self.day + timedelta(days=1),
            "month": (self.day.replace(day=28) + timedelta(days=4)).replace(day=1),
            "year": date(self.day.year + 1, 1, 1),
        }
        return following[self.precision] - timedelta(days=1)


DAYS = re.compile(r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})[日号]?|月)?|年)?(?:[T ]?\d{1,2}:\d\d.*)?")
DASHES = re.compile(r"[—–―‐‑−]+|--")


def dated(text: str) -> Dated | None:
    """A day, a month or a year: 2021-07-01, 2021.7.1, 2021年7月, 20210701, 2021, or a spreadsheet's serial number."""
    typed = DASHES.sub("-", plain(text)).rstrip(".")
    if not typed:
        return None
    if re.fullmatch(r"[2-6]\d{4}", typed):
        return Dated(date(1899, 12, 30) + timedelta(days=int(typed)))
    typed = re.sub(r"^(\d{4})(\d\d)(\d\d)?$", lambda m: "-".join(part for part in m.groups() if part), typed)
    match = DAYS.fullmatch(typed)
    try:
        year, month, day = (int(part) if part else 0 for part in match.groups()) if match else (0, 0, 0)
        value = date(year, month or 1, day or 1)
    except ValueError:
        value = date.min
    if not 1900 <= value.year <= 2200:
        raise Invalid("not_a_day", text=text.strip())
    return Dated(value, "day" if day else "month" if month else "year")


def refuse_short_month(text: str) -> None:
    """Raises Invalid for a month that came as a number: 2021.10 kept as a number is 2021.1 too."""
    if re.fullmatch(r"\d{4}\.1", text):
        raise Invalid("ambiguous_month", text=text, year=text[:4])


def listing(text: str) -> list[str]:
    """The names in one cell, separated by 、 or a comma, semicolon or line end."""
    parts = re.split(r"[、,，;；\n]+", clean(text))
    return [name for part in parts if (name := SPACES.sub("", part))]


def phone(text: str) -> str:
    """A mobile or fixed-line number as digits, with a hyphen after the area code of a fixed line."""
    digits = re.sub(r"[()\-–—]", "", plain(text))
    if not digits:
        return ""
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", digits):
        raise Invalid("broken_phone", text=text.strip())
    digits = digits.removeprefix("+86")
    if re.fullmatch(r"1[3-9]\d{9}", digits) or re.fullmatch(r"\d{7,8}", digits):
        return digits
    fixed = re.fullmatch(r"(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})", digits)
    if not fixed:
        raise Invalid("not_a_phone", text=text.strip())
    return f"{fixed[1]}-{fixed[2]}"


def masked(number: str) -> str:
    """A telephone number with its middle masked: 138****5678."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 8 else "****" if number else ""


def without_numbers(text: str) -> str:
    """`text` with telephone and identity numbers masked."""
    return NUMBERS.sub("****", text)


def position(text: str) -> Position | None:
    """Longitude and latitude in degrees, in either order (in China they cannot be confused); degrees, minutes and
    seconds are accepted."""
    typed = unicodedata.normalize("NFKC", clean(text))
    if not typed:
        return None
    numbers = [_degrees(part) for part in re.findall(r"-?\d+(?:\.\d+)?(?:[°度][^,;，；\s]*)?", typed)]
    if len(numbers) != 2:
        raise Invalid("not_a_position", text=text.strip())
    lng, lat = numbers if numbers[0] > numbers[1] else reversed(numbers)
    if not (73 <= lng <= 136 and 3 <= lat <= 54):
        raise Invalid("not_in_china", lng=lng, lat=lat)
    return round(lng, 6), round(lat, 6)


def degrees(text: str) -> Decimal | None:
    """A longitude or a latitude: 118.1, 118°6′0″, 东经118.1°. Which of the two it is, its size says."""
    typed = re.sub(r"^[东北]经?纬?|[EN]$", "", plain(text).upper())
    if not typed:
        return None
    if not re.fullmatch(
        r"\d+(?:\.\d+)?(?:[°度](?:\d+(?:\.\d+)?['′’分](?:\d+(?:\.\d+)?(?:[\"″”秒]|''|′′)?)?)?)?", typed
    ):
        raise Invalid("not_a_position", text=text.strip())
    value = round(Decimal(str(_degrees(typed))), 8)
    if not 3 <= value <= 136:
        raise Invalid("not_a_position", text=text.strip())
    return value


def _degrees(text: str) -> float:
    parts = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", text)]
    return sum(part / 60**place for place, part in enumerate(parts[:3]))
