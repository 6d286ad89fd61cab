"""Who gets what at every address: the answers stand in access.txt. `RECORD=1` writes that file anew; the difference is
part of the review."""

import os
from itertools import groupby

import pytest
from django.contrib import admin

from .walk import ROLES, addresses, cases, matrix, methods, record, walked

pytestmark = pytest.mark.access


def group_of(name: str) -> str:
    """What is walked together: the administration of a model, the addresses that begin alike."""
    _pattern, route = addresses()[name]
    return name.rsplit("_", 1)[0] if name.startswith("admin:") else "/".join(route.split("<")[0].split("/")[:3]) or "-"


def groups() -> dict[str, list[str]]:
    return {group: list(names) for group, names in groupby(sorted(addresses(), key=group_of), group_of)}


@pytest.fixture(scope="module", autouse=True)
def recorded(stage):
    if os.environ.get("RECORD"):
        record(walked(stage, addresses()))


@pytest.mark.parametrize("group", groups())
def test_every_address_answers_each_account_as_the_matrix_says(group, stage, db):
    expected, rows = matrix(), walked(stage, groups()[group])
    assert {row: cells for row, cells in rows.items() if expected.get(row) != cells} == {}


def test_the_matrix_has_a_row_for_every_address_and_no_other(stage, db):
    rows = {
        f"{name} | {kind} | {method}"
        for name in addresses()
        for kind, _where in cases(stage, name)
        for method in methods(name)
    }
    print(f"\n{len(rows) * len(ROLES)} checks of {len(addresses())} addresses, {len(ROLES)} accounts")
    assert matrix().keys() == rows


def test_the_matrix_lets_an_administrator_list_and_open_every_kind_of_record():
    rows = {row: cells["admin"].rstrip("+") for row, cells in matrix().items()}
    for model in admin.site._registry:
        kind = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert (kind, rows[f"{kind}_changelist | - | GET"]) == (kind, "200")
        assert (kind, rows.get(f"{kind}_change | - | GET", "200")) == (kind, "200")
