"""Who gets what at every address: the answers stand in access.txt. `RECORD=1` writes that file anew; the difference is
part of the review."""

import os
from itertools import groupby

import pytest

from .walk import METHODS, ROLES, addresses, cases, matrix, record, walked


def group_of(name: str) -> str:
    """What is walked together: the administration of a model, the addresses that begin alike."""
    _pattern, route = addresses()[name]
    return name.rsplit("_", 1)[0] if name.startswith("admin:") else "/".join(route.split("<")[0].split("/")[:2]) or "-"


def groups() -> dict[str, list[str]]:
    return {group: list(names) for group, names in groupby(sorted(addresses(), key=group_of), group_of)}


@pytest.fixture(scope="module", autouse=True)
def recorded(stage):
    if os.environ.get("RECORD"):
        record(walked(stage, addresses()))


@pytest.mark.parametrize("group", groups())
def test_every_address_answers_each_account_as_the_matrix_says(group, stage, db):
    held, rows = matrix(), walked(stage, groups()[group])
    assert {row: cells for row, cells in rows.items() if held.get(row) != cells} == {}


def test_the_matrix_has_a_row_for_every_address_and_no_other(stage, db):
    asked = {
        f"{name} | {kind} | {method}"
        for name in addresses()
        for kind, _where in cases(stage, name)
        for method in METHODS
    }
    print(f"\n{len(asked) * len(ROLES)} checks of {len(addresses())} addresses, {len(ROLES)} accounts")
    assert matrix().keys() == asked
