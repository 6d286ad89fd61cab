"""Columns and dimensions that several record kinds share."""

from django.db.models import CharField, F, QuerySet
from django.db.models.functions import Cast, ExtractYear, Substr
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.access.scope import Scope
from registry.models.areas import township_name
from registry.models.district import unit_name
from registry.text.area_codes import unit_length

from .base import Column, Dimension


def with_township(rows: QuerySet, scope: Scope) -> QuerySet:
    return rows.annotate(township_name=township_name())


CODE = Column("code", _("Code"))
NAME = Column("name", _("Name"))
AREA = Column("area_name", _("Area"), "area__name")
TOWNSHIP_NAME = Column("township_name", _("Township"), order="area_id")
LEVEL = Column("level", _("Level"), choices=m.Level)
FIELD = Column("field", _("Field"), choices=m.Field)
GRADE = Column("grade", _("Grade"), choices=m.Grade)
ORGANISATION = Column("organisation_name", _("Party organisation"), "organisation__name")


def by_unit(path: str, name: str = "township") -> Dimension:
    """The township of the area code in `path`; on pages of a city, the district."""
    return Dimension(name, unit_name(), lambda scope: Substr(path, 1, unit_length(scope.area)), area_path=path)


BY_TOWNSHIP = by_unit("area_id")
BY_LEVEL = Dimension("level", _("Level"), F("level"), m.Level)
BY_FIELD = Dimension("field", _("Field"), F("field"), m.Field)


def by_year(path: str) -> Dimension:
    return Dimension("year", _("Year"), Cast(ExtractYear(path), CharField()))


BY_YEAR_COLUMN = Dimension("year", _("Year"), Cast("year", CharField()))
