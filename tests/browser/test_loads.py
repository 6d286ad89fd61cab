"""A clerk loads a ledger in Chromium: sent, read by a worker, explained, applied, taken back; on a desk and a phone."""

from contextlib import ExitStack

import pytest

from tests.browser.portals import environment
from tests.browser.screens import DESK, PHONE, Screen
from tests.processes import ended, started

pytestmark = pytest.mark.browser

LEDGER = """大齐各庄镇示范点台账
所属乡镇,示范点名称,党组织名称,所属领域,示范点级别,等级,书记,联系电话,党员人数,备注栏,手机2
大齐各庄镇,大齐各庄镇商贸街党建引领基层治理精细化服务示范点甲,大齐各庄镇商贸街党支部,农村,区级,精品,示例书记,13911110000,36,,13922220000
大齐各庄镇,大齐各庄镇新立党建示范点乙,大齐各庄镇新立党支部,农村,区级,最好,示例书记,13911110000,约30人,,
唐坊镇,唐坊镇新立党建示范点,唐坊镇新立党支部,农村,区级,示范,示例书记,139111,三十六,,
"""


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here a ledger is loaded."""
    return own_portal


@pytest.fixture
def start_worker(portal):
    """Starts the worker: until then a load waits and its page says so."""
    with ExitStack() as stack:
        yield lambda: stack.callback(ended, started(environment(portal.folder), "manage.py", "runjobs"))


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "大齐各庄镇2021年党建示范点命名台账(第三次汇总修改稿).csv"
    file.write_bytes(LEDGER.encode("gb18030"))
    return file


def look(window: Screen, name: str) -> None:
    """The page as it is now, at a desk and on a phone."""
    broken = []
    for size in (DESK, PHONE):
        window.resize(size)
        window.shoot(f"loads-{name}")
        broken += [f"at {size[0]} pixels: {rule}" for rule in window.broken_rules()]
    assert (name, broken) == (name, [])


def test_a_ledger_goes_in_and_is_taken_back(screen, ledger, start_worker):
    window = screen(PHONE, "clerk")
    page = window.open("/desk/")
    page.click(".desk-menu summary")
    page.get_by_role("link", name="批量导入").click()
    look(window, "list")
    page.get_by_role("link", name="上传文件").click()
    look(window, "new")
    page.set_input_files("input[type=file]", ledger)
    page.click("main form button.primary")
    page.wait_for_selector(".progress")
    look(window, "working")
    start_worker()
    page.wait_for_selector(".load-rows")
    look(window, "refused")
    page.get_by_role("link", name="新增").click()
    page.wait_for_selector(".tabs a[aria-current]:has-text('新增')")
    page.locator("main details:has(tr:has-text('备注栏'))").evaluate("(folded) => { folded.open = true }")
    look(window, "new-rows")
    page.select_option("tr:has-text('备注栏') select", "remark")
    page.get_by_role("button", name="重新读取").click()
    page.wait_for_selector(".load-rows")
    assert page.locator("tr:has-text('备注栏') select").input_value() == "remark"
    page.get_by_role("button", name="确认入库").click()
    page.wait_for_selector(".verdict.met")
    look(window, "applied")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载未通过的行").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("button", name="撤销导入").click()
    page.wait_for_selector(".verdict:has-text('已撤销')")
    assert page.locator(".tabs").inner_text().count("未能撤销") == 0
    look(window, "undone")
    page.get_by_role("link", name="批量导入").click()
    look(window, "list-after")
