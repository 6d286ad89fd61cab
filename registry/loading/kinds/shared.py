"""Columns and look-ups that several kinds of load share."""

from contextlib import contextmanager

from registry.loading.columns import Column, Row
from registry.loading.world import World
from registry.models import Field, Level
from registry.validators import Invalid, choice, line

LEVEL_WORDS = {
    "国家": "national", "省": "provincial", "市": "municipal", "区": "district", "国家级": "national",
    "省级": "provincial", "市级": "municipal", "区级": "district", "县级": "district", "区县级": "district",
    "区(县)级": "district",
}  # fmt: skip
FIELD_WORDS = {
    "农村": "rural", "村": "rural", "城市社区": "community", "社区": "community", "机关": "government",
    "事业单位": "public_institution", "非公企业": "nonpublic_enterprise", "非公有制企业": "nonpublic_enterprise",
    "两新组织": "nonpublic_enterprise", "社会组织": "social_organisation",
}  # fmt: skip
TOWNSHIP = Column(
    "township", "所属乡镇(街道)", line(60), required=True,
    also=("所属乡镇", "乡镇(街道)", "乡镇", "街道", "镇街", "所在乡镇", "所属街道", "Township"),
)  # fmt: skip
LEVEL = Column(
    "level", "级别", choice(Level, LEVEL_WORDS), required=True, also=("Level",),
    words=("国家级", "省级", "市级", "区级"),
)  # fmt: skip
FIELD = Column(
    "field", "所属领域", choice(Field, FIELD_WORDS), required=True, also=("领域", "Field"),
    words=("农村", "城市社区", "机关", "事业单位", "非公企业", "社会组织"),
)  # fmt: skip


@contextmanager
def at(row: Row, name: str):
    """What cannot be looked up is the fault of the field `name`."""
    try:
        yield
    except Invalid as error:
        row.refuse(name, error.code, **error.details)


def place(row: Row, world: World) -> str:
    """Code of the row's township; empty, with the reason said, if it cannot be told."""
    if row.has("township"):
        with at(row, "township"):
            return world.township(row.values["township"])
    return ""
