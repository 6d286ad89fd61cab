"""Bulk loading as a person meets it: sending, looking, explaining, applying, taking back, mending what was refused."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from registry.loading.files.tables import plain_heading
from registry.loading.matching import letter
from registry.models import Area, Job, KnownHeading, Load, LoadRow
from registry.overviews.tasks import tasks_of
from tests.factories import load_rows

NEW = {
    "所属乡镇(街道)*": "唐坊镇", "示范点名称": "唐坊镇新立党建示范点", "党组织名称": "唐坊镇新立党支部",
    "所属领域": "农村", "级别": "区级", "等次": "精品", "书记": "示例书记", "联系电话": "13911110000",
    "党员人数": "36", "命名时间": "2021年7月", "命名文号": "丰组字〔2021〕示1号",
}  # fmt: skip
HEADINGS = {"所属乡镇(街道)": "township", "示范点名称": "name", "等级": "", "联系电话": "phone"}


def sheet(**more) -> dict:
    """What was understood of a sheet with these headings in its second row."""
    columns = [
        {
            "at": at,
            "letter": letter(at),
            "heading": heading,
            "plain": plain_heading(heading),
            "unit": "",
            "field": field,
        }
        for at, (heading, field) in enumerate(HEADINGS.items())
    ]
    return {
        "index": 0, "name": "台账", "kind": "point", "skipped": "", "header": [2, 2], "first": 3, "rows": 40,
        "encoding": "", "format": "xlsx", "columns": columns, "sums": {}, "totals": [],
    } | more  # fmt: skip


def make_load(by, state: str = "ready", **more) -> Load:
    more = {"kind": "point", "file_name": "台账.xlsx", "sheets": [sheet()], "key": uuid4(), **more}
    area = Area.objects.unscoped("test").get(code=by.write_prefix)
    return Load.objects.create(by=by, area=area, state=state, **more)


def add_row(load: Load, number: int, verdict: str = "new", **more) -> LoadRow:
    return load.rows.create(sheet=0, row=number, verdict=verdict, name=f"第{number}行", **more)


@pytest.fixture
def desk(client, clerk_tangfang):
    client.force_login(clerk_tangfang)
    return client


def text_of(answer) -> str:
    """The words of a page, without tags and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.content.decode()))


def rows_of(answer) -> list[str]:
    """The table of rows, a text a row."""
    body = answer.content.decode().split('class="data load-rows"')[1].split("</table>")[0].split("<tbody>")[1]
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row)).strip() for row in body.split("</tr>")[:-1]]


def test_a_file_that_is_sent_becomes_a_load_and_a_second_click_none(sample, desk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    key = uuid4()
    answers = [
        desk.post(reverse("load-new"), {"key": key, "kind": "", "file": _file("台账.csv", b"a,b\n")})
        for _click in (1, 2)
    ]
    [load] = Load.objects.unscoped("test")
    assert [answer.url for answer in answers] == [load.get_absolute_url()] * 2
    assert (load.file_name, load.size, load.state) == ("台账.csv", 4, "reading")


def _file(name: str, content: bytes):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("sent", "kind", "message"),
    [
        (None, "", "请先选择文件。"),
        (("空.xlsx", b""), "", "“空.xlsx”是空文件"),
        (("台账.xlsx", b"x"), "no-such-kind", "“no-such-kind”"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_form(sample, desk, sent, kind, message):
    answer = desk.post(reverse("load-new"), {"kind": kind, **({"file": _file(*sent)} if sent else {})})
    assert answer.status_code == 400
    assert message in text_of(answer)
    assert not Load.objects.unscoped("test").exists()


def test_a_clerk_sees_no_load_of_others_and_an_administrator_sees_all_of_the_area(
    sample, client, clerk_tangfang, clerk_daqi, administrator
):
    load = make_load(clerk_tangfang)
    statuses = {}
    for who in (clerk_tangfang, clerk_daqi, administrator):
        client.force_login(who)
        listed = load.get_absolute_url() in client.get(reverse("loads")).content.decode()
        statuses[who.username] = (client.get(load.get_absolute_url()).status_code, listed)
    assert statuses == {
        "clerk of Tangfang": (200, True), "clerk of Daqi": (404, False), "administrator": (200, True)
    }  # fmt: skip


def test_while_a_file_is_read_the_page_asks_again_and_at_the_end_it_stops(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, "reading", job=Job.objects.create(kind="load-read", done=500, total=2000))
    polled = desk.get(load.get_absolute_url(), headers={"HX-Request": "true", "HX-Target": "load"}).content.decode()
    assert 'hx-trigger="every 1s"' in polled and "<html" not in polled
    assert '<progress id="progress" max="2000" value="500">' in " ".join(polled.split())
    assert f'<a href="{load.get_absolute_url()}">再看一次</a>' in polled, "the way without a script"
    Load.objects.unscoped("test").update(state="ready")
    polled = desk.get(load.get_absolute_url(), headers={"HX-Request": "true", "HX-Target": "load"}).content.decode()
    assert "hx-trigger" not in polled


def test_the_tabs_count_the_rows_and_a_page_holds_fifty(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, new=60, same=1, refused=1)
    for number in range(60):
        add_row(load, number + 3)
    add_row(load, 70, "same", messages=[{"field": "", "column": "", "level": "warning", "code": "unit_new",
                                         "details": {"text": "新单位"}}])  # fmt: skip
    add_row(load, 71, "refused", messages=[_refusal("name", "B", "required")])
    page = desk.get(load.get_absolute_url())
    assert [row.split()[0] for row in rows_of(page)] == ["71"], "what was refused is shown first"
    assert re.findall(r">([^<>]+) <b>(\d+)</b></a></li>", page.content.decode()) == [
        ("新增", "60"), ("变更", "0"), ("未变", "1"), ("未通过", "1"), ("有提示", "1")
    ]  # fmt: skip
    first, second = (rows_of(desk.get(load.get_absolute_url(), {"show": "new", "page": page})) for page in (1, 2))
    assert (len(first), len(second), second[0].split()[0]) == (50, 10, "53")


def _refusal(field: str, column: str, code: str, **details) -> dict:
    return {"field": field, "column": column, "level": "refused", "code": code, "details": details}


def test_a_row_says_in_words_what_it_changes_and_which_cell_is_wrong(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, changed=1, refused=1)
    village = Area.objects.unscoped("test").filter(code__startswith="130207108", level="village").first()
    changes = {
        "grade": ["standard", "premium"], "area": [None, village.code], "phone": ["13911110000", "13922221111"],
        "member_count": [36, 37],
    }  # fmt: skip
    add_row(load, 3, "changed", changes=changes)
    add_row(load, 4, "refused", messages=[_refusal("phone", "D", "not_a_phone", text="139111100001")])
    [row] = rows_of(desk.get(load.get_absolute_url(), {"show": "changed"}))
    assert row == (
        f"3 第3行 等次 达标 → 精品 联系电话 139****0000 → 139****1111 党员人数 36 → 37 所属区划 {village.name} —"
    )
    [row] = rows_of(desk.get(load.get_absolute_url(), {"show": "refused"}))
    assert row.startswith("4 第4行 — D4 联系电话 “139****0001”")


def test_the_page_says_what_was_left_out_missing_and_added_up_otherwise(sample, desk, clerk_tangfang):
    totals = [{"cell": "C9", "field": "member_count", "said": "100", "sum": "98"}]
    sheets = [sheet(totals=totals), sheet(index=1, name="说明", skipped="explanation")]
    text = text_of(desk.get(make_load(clerk_tangfang, sheets=sheets).get_absolute_url()))
    assert [sentence for sentence in (
        "工作表“说明”未读取：该表是填表说明。",
        "C9：合计行的“党员人数”为 100，上方各行相加为 98。",
        "缺少新记录必填的列。请为全部行选择同一个值", "全部行：示范点级别",
        "未导入的列（尚未指定对应字段）：等级。",
    ) if sentence not in text] == []  # fmt: skip


def test_a_clerk_is_handed_the_templates_of_the_own_township_only(sample, desk):
    address = reverse("load-template", args=["point"])
    statuses = {code: desk.get(address, {"township": code}).status_code for code in ("", "130207108", "130207114", "x")}
    assert statuses == {"": 200, "130207108": 200, "130207114": 404, "x": 404}
    assert desk.get(reverse("load-template", args=["brand"])).status_code == 404, "a kind of the district's"


def test_a_column_that_is_explained_is_read_anew_and_remembered_and_the_others_are_not(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang)
    form = {"kind": "", "header-0": "2", "field-0-0": "township", "field-0-1": "name", "field-0-2": "grade",
            "field-0-3": "phone"}  # fmt: skip
    desk.post(reverse("load-read", args=[load.key]), form)
    load = Load.objects.unscoped("test").get()
    assert (load.state, load.corrections) == ("reading", {"0": {"columns": {"2": "grade"}}})
    assert list(KnownHeading.objects.values_list("heading", "field")) == [("等级", "grade")]


def test_a_row_of_headings_that_is_none_is_refused_on_the_page(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang)
    answer = desk.post(reverse("load-read", args=[load.key]), {"header-0": "41"})
    assert (answer.status_code, Load.objects.unscoped("test").get().state) == (409, "ready")
    assert "“41”不是这张表的行号" in text_of(answer)


def test_a_clerk_cannot_turn_a_file_into_a_kind_that_is_the_districts(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang)
    answer = desk.post(reverse("load-read", args=[load.key]), {"kind": "no-such-kind"})
    assert (answer.status_code, Load.objects.unscoped("test").get().kind) == (409, "point")


def test_what_says_nothing_new_cannot_be_applied_and_the_page_says_why(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, same=3)
    page = desk.get(load.get_absolute_url()).content.decode()
    assert re.search(r"<button[^>]*disabled[^>]*>确认入库", page)
    assert "没有新增或变更" in page
    assert desk.post(reverse("load-apply", args=[load.key])).status_code == 409


def test_applying_twice_is_applying_once(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, new=1)
    for _click in (1, 2):
        answer = desk.post(reverse("load-apply", args=[load.key]))
        assert (answer.status_code, answer.url) == (302, load.get_absolute_url())
    assert list(Job.objects.values_list("kind", flat=True)) == ["load-apply"]


def test_after_applying_the_rows_lead_to_their_records(sample, client, administrator, old_ledgers):
    load = load_rows("point", NEW, by=administrator)
    client.force_login(administrator)
    page = client.get(load.get_absolute_url()).content.decode()
    code = load.rows.get().code
    assert f'<a href="/points/{code}/">{NEW["示范点名称"]}</a>' in page
    assert "13911110000" not in page


def test_rows_that_could_not_be_undone_are_listed_with_the_reason(sample, desk, clerk_tangfang):
    load = make_load(clerk_tangfang, "undone", new=2)
    add_row(load, 3)
    add_row(load, 4, left=True, messages=[_refusal("", "", "touched") | {"level": "left"}])
    [row] = rows_of(desk.get(load.get_absolute_url()))
    assert row == "4 第4行 新记录 导入后已有人修改，保留现状。"
    present = [
        sentence in text_of(desk.get(load.get_absolute_url()))
        for sentence in ("保持原样，并在下方列出原因", "已全部撤回")
    ]
    assert present == [True, False]
    load.rows.update(left=False)
    present = [
        sentence in text_of(desk.get(load.get_absolute_url()))
        for sentence in ("保持原样，并在下方列出原因", "已全部撤回")
    ]
    assert present == [False, True]


def test_work_that_broke_off_is_begun_anew_by_a_button(sample, desk, clerk_tangfang):
    job = Job.objects.create(kind="load-read", state="failed")
    refusal = {"code": "read_failed", "details": {"job": job.pk}}
    load = make_load(clerk_tangfang, "failed", job=job, refusal=refusal)
    page = desk.get(load.get_absolute_url()).content.decode()
    assert reverse("load-retry", args=[load.key]) in page and "hx-trigger" not in page
    desk.post(reverse("load-retry", args=[load.key]))
    load = Load.objects.unscoped("test").get()
    assert (load.state, load.job.state) == ("reading", "queued")


def test_the_refused_rows_are_handed_to_their_sender_alone(sample, client, clerk_tangfang, administrator):
    load = make_load(clerk_tangfang, refused=1)
    client.force_login(administrator)
    assert client.get(reverse("load-refused", args=[load.key])).status_code == 404


def test_the_to_do_list_of_the_sender_holds_what_is_ready_and_what_broke_off(
    sample, clerk_tangfang, administrator, scope
):
    make_load(clerk_tangfang, file_name="看.xlsx")
    make_load(clerk_tangfang, "failed", file_name="断.xlsx")
    make_load(clerk_tangfang, "applying", file_name="忙.xlsx", job=Job.objects.create(kind="load-apply"))
    make_load(clerk_tangfang, "applied", file_name="完.xlsx")
    about = lambda user: sorted(task.about for task in tasks_of(user, scope.as_of) if "/loads/" in task.url)  # noqa: E731
    assert (about(clerk_tangfang), about(administrator)) == (["断.xlsx", "看.xlsx"], [])


def test_the_desk_leads_to_loading_for_those_who_may(sample, client, clerk_tangfang, head_tangfang):
    links = {}
    for who in (clerk_tangfang, head_tangfang):
        client.force_login(who)
        links[who.role] = "批量导入" in client.get(reverse("desk")).content.decode()
    assert links == {"clerk": True, "head": False}
