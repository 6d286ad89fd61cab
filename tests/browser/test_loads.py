"""A clerk loads a ledger in Chromium: sent, read by a worker, explained, applied, taken back; on a desk and a phone."""

import pytest

from tests.browser.conftest import SHOTS, Screen, environment, portal, sign_in
from tests.processes import ended, started

pytestmark = pytest.mark.browser

LEDGER = """大齐各庄镇示范点台账
所属乡镇,示范点名称,党组织名称,所属领域,示范点级别,等级,书记,联系电话,党员人数,备注栏,手机2
大齐各庄镇,大齐各庄镇商贸街党建引领基层治理精细化服务示范点甲,大齐各庄镇商贸街党支部,农村,区级,精品,示例书记,13911110000,36,,13922220000
大齐各庄镇,大齐各庄镇新立党建示范点乙,大齐各庄镇新立党支部,农村,区级,最好,示例书记,13911110000,约30人,,
唐坊镇,唐坊镇新立党建示范点,唐坊镇新立党支部,农村,区级,示范,示例书记,139111,三十六,,
"""


@pytest.fixture(scope="module")
def own_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loads")
    for address in portal(folder):
        worker = started(environment(folder), "manage.py", "runjobs")
        yield address
        ended(worker)


def seen(window: Screen, name: str) -> tuple:
    if SHOTS:
        window.page.screenshot(path=SHOTS / f"loads-{name}-{window.page.viewport_size['width']}.png", full_page=True)
    return name, window.fits(), window.faults()


@pytest.mark.parametrize("width", [1440, 390])
def test_a_ledger_goes_in_and_is_taken_back(width, own_site, chromium, tmp_path):
    window = Screen(chromium, own_site, width)
    page = window.page
    sign_in(window.open("/accounts/login/?next=/desk/"), "clerk")
    page.get_by_role("link", name="批量导入").click()
    looked_at = [seen(window, "list")]
    page.get_by_role("link", name="上传文件").click()
    looked_at.append(seen(window, "new"))
    file = tmp_path / f"大齐各庄镇2021年党建示范点命名台账(第三次汇总修改稿){width}.csv"
    file.write_bytes(LEDGER.encode("gb18030"))
    page.set_input_files("input[type=file]", file)
    page.click("main form button.primary")
    page.wait_for_selector(".progress")
    looked_at.append(seen(window, "working"))
    page.wait_for_selector(".load-rows", timeout=30_000)
    looked_at.append(seen(window, "refused"))
    page.get_by_role("link", name="新增").click()
    page.wait_for_selector(".tabs a[aria-current]:has-text('新增')")
    page.locator("details summary").click()
    looked_at.append(seen(window, "new-rows"))
    page.select_option("tr:has-text('备注栏') select", "remark")
    page.get_by_role("button", name="重新读取").click()
    page.wait_for_selector(".load-rows", timeout=30_000)
    assert page.locator("tr:has-text('备注栏') select").input_value() == "remark"
    page.get_by_role("button", name="确认入库").click()
    page.wait_for_selector(".verdict.met", timeout=30_000)
    looked_at.append(seen(window, "applied"))
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.get_by_role("button", name="撤销导入").click()
    page.wait_for_selector(".verdict:has-text('已撤销')", timeout=30_000)
    assert page.locator(".tabs").inner_text().count("未能撤销") == 0
    looked_at.append(seen(window, "undone"))
    page.get_by_role("link", name="批量导入").click()
    looked_at.append(seen(window, "list-after"))
    assert [each for each in looked_at if each[1:] != (True, [])] == []
    assert window.complaints == []
    page.close()
