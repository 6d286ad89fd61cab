"""The fields of a point that a person fills in, its organisation's and its application's among them."""

from functools import cache

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.fields.base import DeclaredField, Text
from registry.models import CoordinateSystem, Level
from registry.text.validators import choice, line, number, phone, position, prose, whole

PERSONS = pgettext_lazy("unit", "persons")
SECTIONS: dict[str, Text] = {
    "place": _("Name"),
    "organisation": _("Party organisation"),
    "venue": _("Venue and highlights"),
    "position": _("Position"),
    "photos": _("Photos"),
}


class CoordinateSource(TextChoices):
    """The coordinate systems by where people get coordinates from."""

    WGS84 = CoordinateSystem.WGS84, _("This map, or a phone")
    GCJ02 = CoordinateSystem.GCJ02, _("Gaode or Tencent maps")
    BD09 = CoordinateSystem.BD09, _("Baidu maps")
    CGCS2000 = CoordinateSystem.CGCS2000, _("A survey")


FIELDS: tuple[DeclaredField, ...] = (
    DeclaredField(
        "name", _("Name of the site"), line(80, least=2), "place", "point", required=True,
        hint=_("The full name, as it should stand on the plate."),
        heading="示范点名称", also=("名称", "示范点", "点位名称", "点位", "示范点全称", "党建示范点",
            "党建示范点名称", "阵地名称", "Name"), required_in_sheet=True,
    ),
    DeclaredField(
        "organisation_name", _("Party organisation"), line(80, least=4), "organisation",
        hint=_("The full name of the organisation. Only asked where the registry holds none."),
        heading="党组织名称", also=(
            "党组织", "党组织全称", "所属党组织", "所在党组织", "基层党组织", "基层党组织名称", "党支部", "党支部名称",
            "依托党组织", "责任党组织",
        ), required_in_sheet=True,
    ),
    DeclaredField(
        "secretary", _("Secretary"), line(40, least=2), "organisation", "organisation", required=True,
        heading="党组织书记", also=("书记", "书记姓名", "支部书记", "党支部书记", "党委书记", "负责人",
            "党组织负责人"), required_in_sheet=True,
    ),
    DeclaredField(
        "phone", _("Telephone"), phone, "organisation", "organisation", widget="tel", personal=True,
        hint=_("Seen by your township only."),
        heading="联系电话", also=("电话", "联系方式", "手机", "手机号", "手机号码", "电话号码", "书记电话"),
            droppable=True,
    ),
    DeclaredField(
        "member_count", _("Party members"), whole(0, 100_000, unit=PERSONS), "organisation", "organisation",
        required=True, unit=PERSONS,
        heading="党员人数", also=("党员数", "党员总数", "党员", "党员数量", "党员总人数", "现有党员", "现有党员数"),
    ),
    DeclaredField(
        "venue_area", _("Venue area"), number("0", "9999999", unit="m²"), "venue", "point", unit="m²",
        heading="阵地面积(㎡)", also=("阵地面积", "活动场所面积", "面积", "建筑面积", "阵地建筑面积", "场所面积",
            "活动阵地面积"),
    ),
    DeclaredField(
        "highlights", _("Highlights"), prose(1000), "venue", "point", required=True, widget="textarea",
        hint=_("What others can learn here, in two or three sentences."),
        heading="特色亮点", also=(
            "亮点", "主要做法", "简介", "主要亮点做法", "亮点做法", "主要亮点", "主要特色", "特色做法", "创建特色",
            "典型做法", "做法", "特色",
        ),
    ),
    DeclaredField(
        "applied_level", _("Level applied for"), choice(Level), "venue", "application", required=True, widget="select",
        choices=Level, default=Level.DISTRICT,
    ),
    DeclaredField(
        "self_score", _("Own score"), number("0", "100", decimals=1), "venue", "application",
        unit=_("of 100"), hint=_("Leave it empty if you have not scored yourselves."),
    ),
    DeclaredField(
        "position", _("Longitude, latitude"), position, "position", required=True,
        hint=_("Set it on the map, use the position of this phone, or paste coordinates such as 118.0863, 39.5762."),
    ),
    DeclaredField(
        "coordinate_system", _("Where the coordinates are from"), choice(CoordinateSystem), "position", required=True,
        widget="select", choices=CoordinateSource, default=CoordinateSystem.CGCS2000,
    ),
)  # fmt: skip
BY_NAME: dict[str, DeclaredField] = {field.name: field for field in FIELDS}


@cache
def names_stored_on(record: str) -> tuple[str, ...]:
    """The fields that are columns of "point" or "organisation", or kept with the "application"."""
    return tuple(field.name for field in FIELDS if field.stored_on == record)


def of_section(section: str) -> list[DeclaredField]:
    return [field for field in FIELDS if field.section == section]
