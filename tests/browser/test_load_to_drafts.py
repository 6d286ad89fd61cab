"""The township's workbook of ten new sites, from the upload to ten submitted drafts, without a spreadsheet program.
Clicks are counted, beyond those that the file's own faults take."""

from io import BytesIO

import openpyxl
import pytest

from tests.browser.portals import environment, serve_copy
from tests.browser.screens import DESK, PHONE, Person
from tests.processes import ended, started

pytestmark = pytest.mark.browser

MOST_CLICKS = 12
TITLE = ["大齐各庄镇2026年新增党建示范点申报汇总表"]
HEADINGS = [
    "序号",
    "所属乡镇",
    "村名",
    "示范点名称",
    "党组织名称",
    "领域",
    "级别",
    "书记",
    "党员数",
    "面积",
    "主要做法",
]
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


@pytest.fixture
def file(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(TITLE)
    sheet.append(HEADINGS)
    for number, village in enumerate(VILLAGES, start=1):
        level = "区里的" if number == 4 else "区级"
        sheet.append([
            number, "大齐各庄镇", f"{village}村", f"{village}村党建示范点", f"{village}村党支部", "农村", level,
            "示例书记", 30 + number, 300, f"支部引领，{village}村网格化治理，服务群众。",
        ])  # fmt: skip
    sheet.append(["合计", "", "", "", "", "", "", "", 355])
    written = BytesIO()
    book.save(written)
    path = tmp_path / "大齐各庄镇新增示范点.xlsx"
    path.write_bytes(written.getvalue())
    return path


def test_ten_new_sites_go_from_upload_to_submitted_drafts(screen, size, worker, file):
    person = Person(screen(size, "clerk"))
    page, window = person.page, person.window
    person.tap(".desk-menu summary")
    person.tap(".desk-menu a:has-text('批量导入')")
    person.tap("a.button:has-text('上传文件')")
    page.set_input_files("input[type=file]", file)
    person.tap("main form button.primary")
    page.wait_for_selector(".load-rows")
    person.look("mend-refused")

    clicks = person.taps  # the file's own faults: a level that is none, and one that a site has not
    page.fill("[name=cell-0-6-level]", "区级")
    page.fill("[name=cell-0-12-level]", "市级")
    person.tap("button[form=edits]")
    page.wait_for_selector(".tabs a[href*=refused] b:text-is('0')")
    page.wait_for_selector("button.primary:has-text('确认入库')")
    person.look("mend-ready")
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
