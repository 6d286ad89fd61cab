"""A field is declared once: form, sheet and API follow, and few files name it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from registry.fields.base import DeclaredField
from registry.fields.points import BY_NAME
from registry.figures import FIGURES
from registry.forms import Typed
from registry.loading.kinds.shared import PLACES
from registry.loading.sheet_types import SHEET_TYPES, Use
from registry.models import DemonstrationPoint, PartyOrganisation
from registry.models.honours import HONOUR_TARGETS
from registry.text.validators import line, number, whole

FORM, SHEET, API = "form", "sheet", "API"
NOT_ASKED = {  # column of a point or its organisation: where it is not asked for, and why
    "area": ({FORM, SHEET, API}, "follows from the place that was chosen; sheets and programs name the township"),
    "unit": ({FORM, SHEET, API}, "is the place that was chosen; sheets and programs name it"),
    "organisation": ({FORM, SHEET, API}, "is found by its name"),
    "field": ({FORM}, "follows from the place"),
    "lng": ({FORM}, "is half of the position"),
    "lat": ({FORM}, "is half of the position"),
    "position_illustrative": ({FORM, SHEET, API}, "marks sample data"),
    "illustrative": ({FORM, SHEET, API}, "marks sample data"),
    "code": ({FORM, API}, "is given once, by the registry; a sheet names records by it"),
    "remark": ({FORM}, "is the district's own note"),
}
NOT_IN_SHEETS = {  # column of any other record, or of one type: why no sheet and no body of the API gives it
    "illustrative": "marks sample data",
    "code": "names the record; a new one gets the next",
    "area": "follows from the township, the village or the organisation that is named",
    "ended_on": "an end is decided on the page of the record",
    "closed_on": "an end is decided on the page of the record",
    "revoked_on": "an end is decided on the page of the record",
    "area parent": "follows from the code",
    "area valid_to": "an end is decided on the page of the area",
    "area successor": "a merger is decided on the page of the area",
    "area map_column": "a township places itself on the map",
    "area map_row": "a township places itself on the map",
    "organisation dissolved_on": "an end is decided on the page of the record",
    "organisation kind": "follows from the field and the place",
    "organisation unit": "is named as village_or_unit",
    "wage-rule valid_from": "is the first day of the year",
    "wage-rule valid_to": "is the day a later rule begins",
    "community valid_to": "is the day of the next verdict",
    "term field": "is set where the list is one of fields",
    "project opened_precision": "is read with the day of the opening",
    "fund out_of": "is named by its code, out_of_code",
    "event kind": "is called event_kind in sheets and bodies",
    "booking visit": "is made when the group was received",
    "route start_time": "is set in the form of the route",
    "consortium zone": "is set in the form of the consortium",
    "zone outline": "is drawn, or comes as a file of its own",
    "zone organisation": "is not in the district's template",
    "zone within": "is not in the district's template",
    "zone theme": "is not in the district's template",
    "zone highlights": "is not in the district's template",
    "belt highlights": "is not in the district's template",
    "honour batch": "is not in the district's template",
    **{f"honour {target}": "is named as target" for target in HONOUR_TARGETS},
    **{f"{kind} {place}": "is named as place" for kind in ("teaching-site", "visit") for place in PLACES.split()},
}
SCORES = {"review-score", "scheme-score"}  # parts of a round or a card, which a row names
NOT_A_POINTS_OWN = {  # columns of the organisation that a point says nothing of
    "area", "unit", "field", "illustrative", "code", "remark", "name", "form", "kind", "parent", "branch_count",
    "founded_on", "dissolved_on", "election_due_on", "is_combined_post",
}  # fmt: skip


def editable(model) -> Iterator[str]:
    return (field.name for field in model._meta.concrete_fields if field.editable and not field.primary_key)


def test_every_column_of_a_point_is_in_form_sheet_and_api_or_said_not_to_be():
    sheet = SHEET_TYPES["point"]
    names_by_place = {
        FORM: BY_NAME.keys(),
        SHEET: {column.name for column in sheet.columns if column.use is Use.STORE},
        API: sheet.writable.keys(),
    }
    for name in editable(DemonstrationPoint):
        missing = {place for place, names in names_by_place.items() if name not in names}
        assert missing == NOT_ASKED.get(name, (set(), ""))[0], name


def test_every_column_of_the_organisation_that_a_point_asks_for_is_in_form_sheet_and_api():
    sheet = SHEET_TYPES["point"]
    for name in set(editable(PartyOrganisation)) - NOT_A_POINTS_OWN:
        assert name in BY_NAME and name in sheet.writable, name


@pytest.mark.parametrize("slug", sorted(SHEET_TYPES.keys() - SCORES - {"point"}))
def test_every_column_of_another_record_is_in_its_sheet_and_body_or_said_not_to_be(slug):
    sheet = SHEET_TYPES[slug]
    code = sheet.column("code")
    given = {
        column.name for column in sheet.columns if column.use is Use.STORE and (column is not code or code.required)
    }
    assert given == sheet.writable.keys()
    left_out = set(editable(sheet.model)) - given
    assert {name for name in left_out if not {name, f"{slug} {name}"} & NOT_IN_SHEETS.keys()} == set()


def test_what_no_sheet_gives_is_said_of_columns_there_are():
    columns = {slug: set(editable(sheet.model)) for slug, sheet in SHEET_TYPES.items() if slug != "point"}
    for key in NOT_IN_SHEETS:
        slug, _space, name = key.rpartition(" ")
        assert name in (columns[slug] if slug else set().union(*columns.values())), key


def files_that_name(pattern: str) -> set[str]:
    """The code files, without tests, tools, sample data and migrations, in which the pattern is found."""
    root = Path(settings.BASE_DIR)
    code = [file for app in ("registry", "assessment", "fengnan") for file in (root / app).rglob("*.py")]
    files = {str(file.relative_to(root)) for file in code if re.search(pattern, file.read_text("utf-8"))}
    return {name for name in files if "/migrations/" not in name and "/demonstration/" not in name}


def test_a_new_field_of_a_point_touches_three_code_files_and_its_migration():
    """The venue's area is a number with a unit, asked in the form, loaded, written by programs and shown to all."""
    keeps_the_order_of_the_template = "registry/loading/kinds/points.py"
    assert files_that_name(r"\bvenue_area\b") - {keeps_the_order_of_the_template} == {
        "registry/models/points.py", "registry/fields/points.py", "registry/kinds/showcase.py",
    }  # fmt: skip


def test_a_new_field_of_another_record_touches_its_model_its_kind_and_one_line_of_its_sheet():
    """The unit of donated goods; the admin screen lists it only because it helps to find a row."""
    sheet = "registry/loading/kinds/honours.py"
    assert files_that_name(r"\bgoods_unit\b") - {"registry/admin/honours.py"} == {
        "registry/models/honours.py", "registry/kinds/effect.py", sheet,
    }  # fmt: skip
    assert (Path(settings.BASE_DIR) / sheet).read_text("utf-8").count("goods_unit") == 1
    assert "goods_unit" in SHEET_TYPES["donation"].as_typed


def test_a_new_figure_touches_the_file_that_declares_it():
    assert "township-organisations" in FIGURES
    assert files_that_name('"township-organisations"') == {"registry/figures/showcase.py"}


@pytest.mark.parametrize(
    ("read", "keyboard"),
    [(whole(0, 9), "numeric"), (whole(-9, 9), "decimal"), (number("0", "9"), "decimal"), (line(9), "")],
)
def test_a_number_is_typed_on_the_keyboard_of_numbers(read, keyboard):
    assert Typed(read).widget.attrs.get("inputmode", "") == keyboard
    assert DeclaredField("name", "label", read, "venue").keyboard == keyboard
