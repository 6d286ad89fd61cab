"""The stage of the walk, built once for all tests of a file."""

import pytest
from django.db import transaction
from django.test import override_settings

from .walk import Stage


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    """Stands in a transaction around those of the tests; gone after the last of them."""
    with django_db_blocker.unblock(), override_settings(SECOND_FACTOR="offered"), transaction.atomic():
        yield Stage()
        transaction.set_rollback(True)
