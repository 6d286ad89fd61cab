"""The pictures of the handbook. `RECORD=1` takes them anew, from a portal where two townships have everything."""

import os

import pytest
from PIL import Image

from tests.browser.portals import call_in_portal
from tests.handbook import pictures

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def portal(own_portal):
    call_in_portal(own_portal.folder, "staff_pages")
    return own_portal


def test_each_picture_of_the_handbook_is_of_a_page_that_fits(screen):
    for picture in pictures():
        size = (picture.width, 844 if picture.width < 600 else 800)
        window = screen(size, picture.account)
        page = window.open(picture.address)
        assert window.fits(), picture.address
        if os.environ.get("RECORD"):
            page.screenshot(path=picture.file)
            Image.open(picture.file).quantize(128).save(picture.file, optimize=True)
