"""The stage of the walk, built once for all tests of a file."""

import pytest
from django.test import override_settings

from tests.conftest import shared_by_tests

from .walk import Stage


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """Stands in a transaction around those of the tests; gone after the last of them."""
    offered = override_settings(SECOND_FACTOR="offered")
    with shared_by_tests(django_db_blocker), offered, pytest.MonkeyPatch.context() as patch:
        for name in ("pdf_of", "pdf_of_brief"):  # who may have it hangs on no font
            patch.setattr(f"fengnan.report.views.{name}", lambda report: b"%PDF")
        yield Stage()
