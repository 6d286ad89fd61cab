"""Writing by program: each item is judged and written as a row of a spreadsheet is."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.loading.files.tables import plain_heading
from registry.loading.messages import sentence
from registry.loading.recognition import headings_of
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import CollectiveIncome, DemonstrationPoint, Draft, Event
from tests.api.sending import faults, program
from tests.conftest import DAQI, TANGFANG
from tests.factories import join, load_rows, make_belt, make_named_point, make_point
from tests.loading_examples import EXAMPLES

POINT = {
    "township": "唐坊镇",
    "name": "唐坊镇新立党建示范点",
    "organisation_name": "唐坊镇新立党支部",
    "field": "rural",
    "level": "district",
    "secretary": "示例书记",
    "member_count": 36,
}
INCOME = {"township": "唐坊镇", "village": "孔家庄", "year": 2025, "amount_yuan": 86000.5}
RESOURCES = {
    "organisation": "organisations", "belt": "belts", "zone": "zones", "whole-area": "townships",
    "income": "incomes", "consortium": "consortia", "brand": "brands", "fund": "funds", "honour": "honours",
    "donation": "donations", "teaching-site": "teaching-sites", "route": "routes", "visit": "visits",
    "project": "projects",
}  # fmt: skip


@pytest.fixture
def admin(sample, administrator):
    return program(administrator)


def as_fields(kind: str, row: dict[str, str]) -> dict[str, str]:
    """A row of a spreadsheet as the body of a request: the fields that can be written."""
    declared, fields = SHEET_TYPES[kind], headings_of(SHEET_TYPES[kind])
    body = {}
    for heading, text in row.items():
        column = declared.column(fields[plain_heading(heading)])
        if column.use.value == "store" and column.name != "code" and text:
            body[column.name] = f"{text}万元" if column.unit == "万元" and text[-1].isdigit() else text
    return body


@pytest.fixture(params=RESOURCES)
def kind(request, sample) -> str:
    EXAMPLES[request.param].before()
    return request.param


def test_a_record_of_each_kind_is_added_found_again_and_changed(kind, admin):
    address, example = f"{RESOURCES[kind]}/", EXAMPLES[kind]
    status, made = admin.post(address, as_fields(kind, example.row))
    assert (status, made["verdict"], admin.last["Location"]) == (201, "new", made["url"])
    record = admin.get(made["url"])
    assert record["code"] == made["code"]
    assert faults(admin.post(address, as_fields(kind, example.row))) == [(0, "", "exists")]
    change = as_fields(kind, {**example.row, **example.change})
    status, changed = admin.patch(made["url"], change, made["version"])
    assert (status, changed["verdict"]) == (200, "changed")
    assert admin.patch(made["url"], change, changed["version"])[1]["verdict"] == "same"


def test_a_site_that_has_no_title_yet_is_found_by_those_who_may_see_it(admin, client, clerk_daqi):
    made = admin.post("points/", POINT)[1]
    assert admin.get(made["url"])["status"] == "draft"
    assert [client.get(made["url"]).status_code, program(clerk_daqi)("GET", made["url"])[0]] == [404, 404]


def test_a_record_is_added_with_its_event_and_found_by_search(admin):
    code = admin.post("points/", POINT)[1]["code"]
    event = Event.objects.get(kind="demonstrationpoint", code=code)
    assert (event.verb, event.actor) == ("add", admin.account)


def test_the_reason_stands_in_the_event(admin):
    point = make_named_point()
    admin.patch(f"points/{point.code}/?reason=数据核对", {"highlights": "新的亮点"}, 1)
    assert Event.objects.get(kind="demonstrationpoint", code=point.code).reason == "数据核对"


def test_amounts_are_in_yuan_whatever_a_spreadsheet_counts_in(admin):
    code = admin.post("incomes/", INCOME)[1]["code"]
    assert CollectiveIncome.objects.unscoped("test").get(code=code).amount_yuan == 86000.5
    version = admin.get(f"incomes/{code}/")["version"]
    for sent, expected in (("9.5万元", 95000), (72000, 72000)):
        version = admin.patch(f"incomes/{code}/", {"amount_yuan": sent}, version)[1]["version"]
        assert CollectiveIncome.objects.unscoped("test").get(code=code).amount_yuan == expected


def test_numbers_keep_their_digits(admin):
    more = {"lng": "118.123456", "lat": 39.512345, "coordinate_system": "cgcs2000"}
    code = admin.post("points/", POINT | more)[1]["code"]
    point = DemonstrationPoint.objects.unscoped("test").get(code=code)
    assert (str(point.lng), str(point.lat)) == ("118.123456", "39.512345")


def test_bad_values_have_the_words_of_the_form_and_the_spreadsheet(admin):
    bad = POINT | {"member_count": "三十六个", "secretary": "", "level": "镇级"}
    answer = admin.post("points/", bad)
    assert answer[0] == 400
    row = {
        "所属乡镇": "唐坊镇",
        "示范点名称": POINT["name"],
        "党组织名称": POINT["organisation_name"],
        "所属领域": "农村",
    }
    row |= {"级别": "镇级", "书记": "", "党员人数": "三十六个"}
    messages = load_rows("point", row, by=admin.account).rows.get().messages
    expected = {
        (message["field"], message["code"], sentence(message)) for message in messages if message["level"] == "refused"
    }
    refusals = {
        (error["field"], error["code"], f"{error['reason']}{error['what_to_do']}") for error in answer[1]["errors"]
    }
    assert {(field, code) for field, code, _text in refusals} == {(field, code) for field, code, _text in expected}
    assert {text.replace(" ", "") for *_field, text in refusals} == {
        text.replace(" ", "") for *_field, text in expected
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("nmae", "x", "unknown"),
        ("version", None, None),
        ("six_type", "x", "read_only"),
        ("brand", "x", "read_only"),
        ("name", {"zh": "x"}, "unreadable"),
        ("name", [["x"]], "unreadable"),
        ("name", "一\u0000二三四", "unreadable"),
        ("name", "一\ud800二三四", "unreadable"),
        ("member_count", 10**30, "unreadable"),
        ("highlights", "亮" * 1001, "too_long"),
    ],
)
def test_what_cannot_be_written_is_said_at_its_field(admin, field, value, code):
    expected = [(0, field, code)] if code else None
    answer = admin.post("points/", POINT | {field: value})
    assert (faults(answer) if code else answer[0]) == (expected or 201)


@pytest.mark.parametrize(
    "number", ["1e999999999", "-1e999999999", "1e-999999", "0e999999999", "0e-999999", "1e18", "1" + "0" * 400]
)
@pytest.mark.parametrize("written", ['{{"name": {}}}', '[{{"name": {}}}]', '{{"member_count": [{}]}}'])
def test_a_number_of_too_many_digits_is_refused_at_its_field_and_not_written_out(written, number, admin):
    answer = Client().generic(
        "POST", "/api/v1/points/", written.format(number), "application/json",
        headers={"Authorization": f"Token {admin.text}"},
    )  # fmt: skip
    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} >= {
        ("member_count" if "member" in written else "name", "unreadable")
    }
    assert (answer.status_code, len(answer.content) < 5000) == (400, True)


def test_an_unknown_field_names_those_that_are_near(admin):
    [error] = admin.post("points/", POINT | {"secretery": "示例书记"})[1]["errors"]
    assert "secretary" in error["what_to_do"]


@pytest.mark.parametrize("body", [b"{", b"[1,]", b'{"name": NaN}', b"\xff", b"[" * 100_000, b'{"a":1' + b"0" * 5000])
def test_what_is_no_json_is_said_to_be_none(admin, body):
    answer = Client().generic(
        "POST", "/api/v1/points/", body, "application/json", headers={"Authorization": f"Token {admin.text}"}
    )
    assert answer.status_code == 400


def test_more_than_is_taken_at_once_is_said_to_be_too_much(admin):
    answer = Client().generic(
        "POST", "/api/v1/points/", b" " * (10 * 1024 * 1024 + 1), "application/json",
        headers={"Authorization": f"Token {admin.text}"},
    )  # fmt: skip
    assert answer.status_code == 413


def test_a_change_names_the_version_it_read(admin):
    point = make_named_point()
    address = f"points/{point.code}/"
    assert admin.patch(address, {"highlights": "新的亮点"})[0] == 428
    assert admin.patch(address, {"highlights": "新的亮点"}, 1)[1]["version"] == 2
    assert admin.last["ETag"] == '"2"'
    assert faults(admin.patch(address, {"highlights": "别的亮点"}, 1)) == [(0, "version", "stale")]
    assert admin.last.status_code == 412
    admin("GET", address)
    assert admin.patch(address, {"highlights": "别的亮点"}, admin.last["ETag"].strip('W/"'))[0] == 200


def test_null_empties_a_field_that_may_be_empty(admin):
    point = make_named_point(highlights="亮点", venue_area=120)
    assert admin.patch(f"points/{point.code}/", {"venue_area": None, "highlights": ""}, 1)[0] == 200
    point.refresh_from_db()
    assert (point.venue_area, point.highlights) == (None, "")
    refusals = faults(admin.patch(f"points/{point.code}/", {"name": None, "phone": None}, 2))
    assert refusals == [(0, "name", "required"), (0, "phone", "not_emptied")]


def test_a_fact_of_the_organisation_is_changed_where_the_site_is(admin):
    point = make_named_point()
    assert admin.patch(f"points/{point.code}/", {"member_count": 41}, 1)[1]["verdict"] == "changed"
    point.organisation.refresh_from_db()
    assert point.organisation.member_count == 41


def test_a_title_is_not_changed_by_a_plain_write(admin):
    point = make_named_point(grade="standard")
    assert faults(admin.patch(f"points/{point.code}/", {"grade": "premium"}, 1)) == [(0, "grade", "title_differs")]


def test_many_items_are_all_written_or_none(admin):
    good = [POINT | {"name": f"唐坊镇新立党建示范点{letter}"} for letter in "甲乙丙"]
    before = DemonstrationPoint.objects.unscoped("test").count()
    answer = admin.post("points/", [good[0], good[1] | {"secretary": "李"}, good[2] | {"nonsense": 1}])
    assert (answer[0], faults(answer)) == (400, [(2, "nonsense", "unknown")])
    assert faults(admin.post("points/", [good[0], good[1] | {"secretary": "李"}])) == [(1, "secretary", "too_short")]
    assert faults(admin.post("points/", [good[0], good[0]])) == [(1, "", "twice_in_file")]
    assert DemonstrationPoint.objects.unscoped("test").count() == before
    status, made = admin.post("points/", good)
    assert (status, [result["verdict"] for result in made["results"]]) == (201, ["new"] * 3)
    assert DemonstrationPoint.objects.unscoped("test").count() == before + 3


def test_many_changes_are_all_made_or_none(admin):
    points = [make_named_point() for _ in range(3)]
    items = [{"code": point.code, "version": 1, "highlights": "新的亮点"} for point in points]
    items[1] |= {"version": 7}
    items[2] |= {"code": "NO-SUCH"}
    assert faults(admin.patch("points/", items)) == [(2, "code", "code_unknown")]
    assert faults(admin.patch("points/", items[:2])) == [(1, "version", "stale")]
    assert faults(admin.patch("points/", [{"version": 1, "highlights": "x"}])) == [(0, "code", "code_missing")]
    assert faults(admin.patch("points/", [{"code": points[0].code, "highlights": "x"}])) == [
        (0, "version", "version_missing")
    ]
    items[1] |= {"version": 1}
    assert admin.patch("points/", items[:2])[0] == 200
    assert [type(point).objects.unscoped("test").get(pk=point.pk).highlights for point in points] == [
        "新的亮点", "新的亮点", "",
    ]  # fmt: skip


def test_a_thousand_items_are_taken_at_once_and_no_more(admin):
    item = {"code": "NO-SUCH", "version": 1}
    assert len(faults(admin.patch("points/", [item] * 1000))) == 1000
    assert admin.patch("points/", [item] * 1001)[0] == 413
    assert admin.post("points/", [])[0] == 400


def test_many_items_cost_as_many_queries_as_a_few(admin):
    def counted(number: int, letter: str) -> tuple[int, int]:
        items = [POINT | {"name": f"唐坊镇新立党建示范点{letter}{index}"} for index in range(number)]
        with CaptureQueriesContext(connection) as adding:
            made = admin.post("points/", items)[1]["results"]
        changes = [{"code": record["code"], "version": 1, "highlights": "新的亮点"} for record in made]
        with CaptureQueriesContext(connection) as changing:
            assert admin.patch("points/", changes)[0] == 200
        return len(adding), len(changing)

    counted(2, "预")
    assert counted(2, "甲") == counted(20, "乙")


def test_a_clerks_site_becomes_a_draft(clerk):
    status, made = clerk.post("points/", POINT)
    draft = Draft.objects.unscoped("test").get()
    assert (status, made["code"], made["draft"]) == (201, None, str(draft.key))
    assert draft.values["name"] == POINT["name"]
    assert clerk.get(made["url"])["name"] == POINT["name"]


def test_a_clerks_change_of_a_named_site_becomes_a_draft(clerk):
    point = make_named_point(highlights="亮点")
    status, changed = clerk.patch(f"points/{point.code}/", {"highlights": "新的亮点"}, 1)
    point.refresh_from_db()
    assert (status, point.highlights, changed["code"]) == (200, "亮点", point.code)
    assert Draft.objects.unscoped("test").get(key=changed["draft"]).values["highlights"] == "新的亮点"


def test_a_clerk_writes_what_a_township_keeps_in_the_own_township(clerk):
    assert clerk.post("incomes/", INCOME)[0] == 201
    other = INCOME | {"township": "大齐各庄镇", "village": "崔庄子"}
    answer = clerk.post("incomes/", other)
    assert {code for _index, _field, code in faults(answer)} <= {"outside", "village_unknown"}
    assert clerk.post("belts/", as_fields("belt", EXAMPLES["belt"].row))[0] == 403


def test_a_record_the_account_may_not_see_is_as_one_that_does_not_exist(clerk):
    hidden = make_point(area=DAQI)
    answers = [clerk.patch(f"points/{code}/", {"highlights": "x"}, 1) for code in (hidden.code, "NO-SUCH")]
    for answer, code in zip(answers, (hidden.code, "NO-SUCH"), strict=True):
        answer[1]["errors"][0]["reason"] = answer[1]["errors"][0]["reason"].replace(code, "…")
    assert answers[0] == answers[1]
    assert answers[0][0] == 404


def test_a_public_record_of_another_township_may_not_be_changed(clerk):
    point = make_named_point(area=DAQI)
    assert clerk.patch(f"points/{point.code}/", {"highlights": "x"}, 1)[0] == 403


def test_a_token_bound_to_a_township_writes_there_alone(administrator, sample):
    bound = program(administrator, area=TANGFANG)
    assert bound.post("incomes/", INCOME)[0] == 201
    assert bound.patch(f"points/{make_named_point(area=DAQI).code}/", {"highlights": "x"}, 1)[0] in (403, 404)


@pytest.mark.parametrize("role", ["reviewer", "leader", "auditor", "head_tangfang"])
def test_others_write_no_records(role, request, sample):
    account = request.getfixturevalue(role)
    sender = program(account)
    assert sender.post("points/", POINT)[0] == 403
    assert sender.patch("points/", [{"code": "x", "version": 1}])[0] == 403


def test_nobody_writes_without_saying_who(sample, client):
    for method in (client.post, client.patch):
        assert method("/api/v1/points/", "{}", content_type="application/json").status_code == 401


def test_a_session_writes_with_its_form_token_alone(sample, administrator):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(administrator)
    assert strict.post("/api/v1/points/", POINT, content_type="application/json").status_code == 403


def test_a_record_is_deleted_by_an_administrator_for_a_reason(admin, clerk):
    point = make_point()
    address = f"points/{point.code}/"
    assert clerk.delete(f"{address}?reason=重复", 1)[0] == 403
    assert admin.delete(f"{address}?reason=重复")[0] == 428
    assert admin.delete(f"{address}?reason=重复", 9)[0] == 412
    assert admin.delete(address, 1)[0] == 400
    assert admin.delete(f"{address}?reason=重复录入", 1)[0] == 204
    event = Event.objects.get(kind="demonstrationpoint", code=point.code, verb="delete")
    assert event.reason == "重复录入"
    assert admin.delete(f"{address}?reason=重复录入", 1)[0] == 404


def test_a_record_that_others_refer_to_is_not_deleted(admin):
    point = make_point()
    join(make_belt(), point)
    answer = admin.delete(f"points/{point.code}/?reason=撤销", 1)
    assert (answer[0], answer[1]["type"]) == (409, "urn:showcase:problem:referred-to")


def test_an_unknown_parameter_is_refused(admin):
    assert admin.post("points/?dry=1", POINT)[0] == 400


def test_at_the_address_of_a_record_one_item_is_changed(admin):
    point = make_named_point()
    item = {"code": point.code, "version": 1, "highlights": "x"}
    assert faults(admin.patch(f"points/{point.code}/", [item], 1)) == [(None, "", "one_item")]
    assert faults(admin.patch(f"points/{point.code}/", "x", 1)) == [(0, "", "not_an_object")]
