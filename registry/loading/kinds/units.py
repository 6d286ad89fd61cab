"""Units: firms, schools, hospitals, offices and associations."""

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.models import Industry, Unit, UnitKind
from registry.text.validators import choice, line

from .shared import look_up, place, township

KIND_WORDS = {
    "企业": "enterprise", "公司": "enterprise", "非公企业": "enterprise", "学校": "school", "医院": "hospital",
    "卫生院": "hospital", "机关": "office", "机关事业单位": "office", "社会组织": "association", "商会": "association",
    "协会": "association",
}  # fmt: skip
INDUSTRY_WORDS = {
    "钢铁": "steel", "卫浴": "sanitary_ware", "陶瓷": "sanitary_ware", "能源": "energy", "管业": "pipes",
    "其他": "other",
}  # fmt: skip
COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("name", "单位全称", line(80, least=2), required=True, also=("单位名称", "企业名称", "学校名称")),
    SheetColumn(
        "kind", "单位类别", choice(UnitKind, KIND_WORDS), required=True, also=("单位类型", "单位性质"),
        words=("企业", "学校", "医院", "机关", "社会组织"),
    ),
    SheetColumn(
        "industry", "所属行业", choice(Industry, INDUSTRY_WORDS), also=("行业",),
        words=("钢铁", "卫浴", "能源", "管业", "其他"),
    ),
    township("所属乡镇(街道)"),
    SheetColumn("zone", "所在片区", line(80), also=("所在开发区", "所在园区"), names="zone"),
    REMARK,
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    """A unit is identified by its name in its township."""
    row.attributes["area_id"] = place(row, context)
    look_up(row, context, "zone", "zone")


register(
    SheetType(
        "unit",
        _("Units"),
        Unit,
        COLUMNS,
        ("name", "area_id"),
        resolve,
        prefix=lambda row: "U-N",
        digits=4,
        by_clerks=True,
        called=("单位名录", "企业名录", "单位"),
        codes="U-",
        about=_("Firms, schools, hospitals, offices and associations, which other records refer to."),
    )
)
