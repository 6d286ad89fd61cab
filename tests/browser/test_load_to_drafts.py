"""The township's workbook of ten new sites, from the upload to ten submitted drafts, without a spreadsheet program.
Clicks are counted, beyond those that the file's own faults take."""

import pytest

from tests.browser.portals import environment, serve_copy
from tests.browser.screens import DESK, PHONE, Person
from tests.processes import ROOT, ended, started

pytestmark = pytest.mark.browser

CASES = ROOT / "tests" / "cases"
MOST_CLICKS = 12
FILE = CASES / "ten_new_sites_of_a_township.xlsx"
VILLAGES = ["小史马", "大长春", "井屯", "高各庄", "安各庄", "林屯", "大田港", "鲁家庄", "小王庄", "大齐各庄"]


@pytest.fixture(scope="module", params=[DESK, PHONE], ids=["desk", "phone"])
def size(request):
    return request.param


@pytest.fixture(scope="module")
def portal(prepared, size, tmp_path_factory):
    """Each size has a portal of its own: the sites are submitted once."""
    yield from serve_copy(prepared, tmp_path_factory.mktemp("portal"))


@pytest.fixture
def worker(portal):
    process = started(environment(portal.folder), "manage.py", "runjobs")
    yield process
    ended(process)


def test_ten_new_sites_go_from_upload_to_submitted_drafts(screen, size, worker):
    person = Person(screen(size, "clerk"))
    page, window = person.page, person.window
    person.choose("/desk/loads/")
    person.tap("a.button:has-text('上传文件')")
    page.set_input_files("input[type=file]", FILE)
    person.tap("main form button.primary")
    page.wait_for_selector(".load-rows")
    person.look("mend-preview")

    assert page.locator(".load-rows").inner_text().count("1.2亩") == 1
    clicks = person.taps  # the file's own fault: an area in mu, mended on the page
    page.fill("[name=cell-0-6-venue_area]", "800")
    person.tap("button[form=edits]")
    page.wait_for_selector(".load-rows:not(:has-text('1.2亩'))")
    person.taps = clicks
    person.tap("button.primary:has-text('确认入库')")
    page.wait_for_selector("a[href*='/desk/drafts/?load=']")
    person.look("mend-applied")
    person.tap("a[href*='/desk/drafts/?load=']")
    window.wait_until_drawn()
    page.wait_for_selector("#pick-map.leaflet-container")
    person.look("mend-drafts")
    positions = [f"{village}村\t118.{number}\t39.{400 + 5 * number}" for number, village in enumerate(VILLAGES, 11)]
    page.fill("#positions", "\n".join(positions))
    person.tap("button[value=submit]")
    if page.locator("[name=confirmed]").count():
        person.tap("[name=confirmed]")
    for reason in page.locator("[name^=reason-]").all():
        reason.fill("已逐一核对，照片随后补")
    person.look("mend-doubts")
    person.tap("button[value=submit]")
    page.wait_for_selector(".empty")
    assert "已提交 10 个示范点" in page.inner_text("main")
    assert person.taps <= MOST_CLICKS, person.taps
