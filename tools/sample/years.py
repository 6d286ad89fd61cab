"""Which yearly forms the district declared complete, and for which years."""

from .store import Store

FIRST = {  # the first year of which the sample holds rows
    "incomes": 2017,
    "communities": 2018,
    "district-budget": 2017,
    "creation-funds": 2017,
    "city-rank": 2020,
    "projects": 2019,
    "accountability": 2020,
}
LAST = 2021


def make_years(store: Store) -> None:
    for form, first in FIRST.items():
        for year in range(first, LAST + 1):
            store.add(
                "years", "registry.yeardeclaration", code=f"YD-{form}-{year}", area=["130207"], form=form, year=year,
                declared_on=f"{year}-12-31", declared_by="区委组织部（示例）", illustrative=True,
            )  # fmt: skip
