"""Results given by external bodies, such as the rank of the district in its city (F04)."""

from django.utils.translation import gettext_lazy as _

from registry.loading.context import Context
from registry.loading.sheet_types import CODE, REMARK, ROW_NUMBER, SheetColumn, SheetRow, SheetType, register
from registry.models import ExternalResult, Level
from registry.text.validators import choice, line, whole

from .shared import LEVEL_WORDS, YEAR, day_column, take_day

SCOPE_WORDS = {"全国": "national", "全省": "provincial", "全市": "municipal", **LEVEL_WORDS}
COLUMNS = (
    ROW_NUMBER,
    CODE,
    SheetColumn("item", "考核事项", line(80), required=True, also=("考评事项", "排名事项")),
    SheetColumn("issuer", "发布单位", line(80), required=True, also=("考核单位", "考评单位")),
    SheetColumn(
        "scope", "排名范围", choice(Level, SCOPE_WORDS), required=True, words=("全国", "全省", "全市"),
    ),
    YEAR,
    SheetColumn("rank", "位次", whole(1, 10_000), required=True, also=("名次", "排名"), numeric=True),
    day_column("announced_on", "公布时间", "公布日期", "通报时间", required=True),
    REMARK,
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    """A result is identified by its item, issuer, scope and year. It is about the district."""
    row.attributes["area_id"] = context.area
    take_day(row, "announced_on", context, happened=True)


register(
    SheetType(
        "external-result", _("External results"), ExternalResult, COLUMNS,
        ("item", "issuer", "scope", "year", "area_id"), resolve,
        prefix=lambda row: f"ER-{row.attributes['year']}-", digits=2, naming=("item", "rank"),
        called=("位次", "排名"), codes="ER-",
        about=_("Ranks given by others, such as that of the district in its city."),
    )
)  # fmt: skip
