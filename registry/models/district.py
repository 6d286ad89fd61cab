"""The district whose registry this is: its names, the prefix of its codes, its sources, its contact."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.validators import RegexValidator
from django.db import OperationalError, models
from django.db.models import Exists, Q
from django.db.models.signals import post_save
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registry.text import area_codes

from .areas import Area
from .base import Record

prefix_validator = RegexValidator(r"^[A-Z]{1,6}$", _("A prefix has one to six capital letters, such as FN."))


class District(Record):
    """The names of the registry's district, read by pages, plates, mails, documents and the API. There is one row; its
    area may be a district or a larger area, such as a city of several districts."""

    area = models.OneToOneField(Area, models.PROTECT, verbose_name=_("area"))
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("English name"), max_length=60, blank=True)
    title = models.CharField(_("title of the registry"), max_length=60)
    title_en = models.CharField(_("English title of the registry"), max_length=80, blank=True)
    plate_title = models.CharField(_("words on a plate"), max_length=40)
    plate_title_en = models.CharField(_("English words on a plate"), max_length=80, blank=True)
    code_prefix = models.CharField(_("prefix of the codes of points"), max_length=6, validators=[prefix_validator])
    sources = models.CharField(_("sources of the data"), max_length=300, blank=True)
    sources_en = models.CharField(_("sources of the data in English"), max_length=400, blank=True)
    contact = models.CharField(_("contact"), max_length=120, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("district of the registry")
        verbose_name_plural = _("districts of the registry")

    @property
    def title_text(self) -> str:
        return self._in_language(self.title, self.title_en)

    @property
    def plate_text(self) -> str:
        return self._in_language(self.plate_title, self.plate_title_en)

    @property
    def sources_text(self) -> str:
        return self._in_language(self.sources, self.sources_en)

    @staticmethod
    def _in_language(chinese: str, english: str) -> str:
        return english if english and get_language() == "en" else chinese


class Known(NamedTuple):
    """Something that a process read of the database, `until` when it counts, and how often it had been forgotten."""

    value: Any
    until: float
    times_forgotten: int


@dataclass
class Memory:
    """What every page needs and hardly ever changes is read once in some seconds. What was read before it was last
    forgotten does not count, also where it arrives later."""

    SECONDS: ClassVar[int] = 10
    read: Callable[[], Any]
    known: Known | None = None
    times_forgotten: int = 0

    def value(self) -> Any:
        known, times = self.known, self.times_forgotten
        if known is None or known.times_forgotten != times or time.monotonic() >= known.until:
            until = float("inf") if settings.TESTING else time.monotonic() + self.SECONDS
            self.known = known = Known(self.read(), until, times)
        return known.value


def _read_district() -> District | None:
    return District.objects.unscoped("its names are public").select_related("area").first()


memory = Memory(_read_district)


def current_district() -> District | None:
    """The district of the registry; None where none was set up."""
    return memory.value()


def district_area() -> str:
    """The code of the registry's area: `DISTRICT_AREA` where it is set, else that of its district; empty where none was
    set up."""
    if settings.DISTRICT_AREA:
        return settings.DISTRICT_AREA
    district = current_district()
    return district.area_id if district else ""


def is_larger_area() -> bool:
    """Whether the registry is that of a city or a province, whose pages compare districts or cities."""
    return 0 < len(district_area()) < area_codes.DISTRICT


def _unit_name() -> str:
    try:
        is_larger = is_larger_area()
    except OperationalError:  # the settings are checked, and the API described, without a database
        is_larger = False
    return str(_("Area") if is_larger else _("Township"))


unit_name = lazy(_unit_name, str)  # what the areas that pages compare are called: a city has districts and townships


def registry_title() -> str:
    """The title of the registry in the active language."""
    district = current_district()
    return district.title_text if district else str(_("Showcase registry"))


def code_prefix() -> str:
    """What the codes of points begin with."""
    district = current_district()
    return f"{district.code_prefix}-" if district else "P-"


def holds_illustrative() -> bool:
    """Whether any row is marked illustrative: then every page says so."""
    return marks.value()


def forget_district(**_signal: Any) -> None:
    """Reads the district anew when it is asked for next."""
    memory.times_forgotten += 1


for _sender in (District, Area):
    post_save.connect(forget_district, sender=_sender)


def _holds_illustrative() -> bool:
    found = Q()
    for model in apps.get_models():
        if issubclass(model, Record) or model is Area:
            found |= Q(Exists(model._base_manager.filter(illustrative=True)))
    rows = Area._base_manager.annotate(found=models.ExpressionWrapper(found, models.BooleanField()))
    return bool(rows.values_list("found", flat=True).first())


marks = Memory(_holds_illustrative)  # it looks through all tables, so that no act makes it look again
