"""A draft at a village of 唐坊镇, a site that is named, and two who fill them in."""

from uuid import uuid4

import pytest

from registry.actions.drafts import start_draft
from registry.models import Area
from tests.conftest import TANGFANG
from tests.factories import HERE, make_named_point


@pytest.fixture
def village(sample):
    return Area.objects.unscoped("test").filter(code__startswith=TANGFANG, level="village").first()


@pytest.fixture
def draft(village, clerk_tangfang):
    return start_draft(village, key=uuid4(), by=clerk_tangfang)


@pytest.fixture
def named(sample):
    """A named site with facts the registry holds, far from any other."""
    point = make_named_point(name="独一无二党建示范点", highlights="亮点", venue_area="120.50", **HERE)
    point.refresh_from_db()
    return point


@pytest.fixture
def colleague(clerk_tangfang, django_user_model):
    return django_user_model.objects.create_user("colleague", role="clerk", read_prefix=TANGFANG, write_prefix=TANGFANG)
