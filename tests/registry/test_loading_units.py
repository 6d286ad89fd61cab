"""What an amount counts in is never guessed in silence, and money that leaps is written only once somebody means it."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from registry.actions.jobs import run_one
from registry.actions.records import save_record
from registry.loading import lifecycle
from registry.loading.messages import sentence, state_of
from registry.loading.money_units import money_unit, unit_of_sheet
from registry.loading.preview import rows_shown
from registry.models import CollectiveIncome, User
from registry.text.refusals import Refused
from tests.api.sending import Program, problem, program
from tests.registry.sheets import read_in_this_process

from .test_loading_files import applied, checked, undone, workbook

AMOUNT = 1_085_000  # yuan, of the village below in 2021
AGAIN = ["胥各庄镇", "四王庄村", 2021]
NEW = ["唐坊镇", "孔家庄", 2025]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    read_in_this_process(monkeypatch)


def ledger(heading: str, *rows: list, above: tuple = (), name: str = "农村") -> bytes:
    """A ledger of incomes, its amounts under `heading`."""
    content = [*([line] for line in above), ["乡镇", "村名", "年度", heading], *rows]
    return workbook([], sheets={name: content}) if name != "农村" else workbook(*content)


def read(by, *arguments, **options):
    return checked(ledger(*arguments, **options), by, kind="income")


def amount_of(load, row: int = -1) -> int | None:
    rows = list(load.rows.order_by("row"))
    both = rows[row].changes.get("amount_yuan")
    return int(float(both[1])) if both else None


def messages_of(load, level: str = "warning") -> list[tuple[int, str, str]]:
    return [
        (row.row, message["column"], message["code"])
        for row in load.rows.order_by("row")
        for message in row.messages
        if message["level"] == level
    ]


def income() -> CollectiveIncome:
    return CollectiveIncome.objects.unscoped("test").get(code="CI-130207100201-2021")


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("收入(万元)", "万元"), ("收入（单位：元）", "元"), ("收入 (万 元)", "万元"), ("收入(万元)/金额", "万元"),
        ("收入(亿元)", "亿元"), ("收入(人民币元)", "元"), ("实发工资(元/月)", "元"), ("amount_yuan", "元"),
        ("收入万元", "万元"), ("收入", ""), ("收入(美元)", ""), ("收入(2021年)", ""), ("年收入(含补贴)", ""),
    ],
)  # fmt: skip
def test_a_heading_names_its_unit_or_none(heading, unit):
    assert money_unit(heading) == unit


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["单位：万元"], "万元"), (["台账", "金额单位: 元 填报时间:2021"], "元"), (["2021年台账（万元）"], "万元"),
        (["填报单位：元通公司"], ""), (["单位：唐坊镇"], ""), ([], ""), (["单位：元", "单位：万元"], "万元"),
    ],
)  # fmt: skip
def test_a_line_above_the_headings_names_the_unit_or_none(texts, unit):
    assert unit_of_sheet(texts) == unit


@pytest.mark.parametrize(
    ("heading", "cell", "above", "amount"),
    [
        ("集体经济年收入(元)", 86000, (), 86_000),
        ("集体经济年收入(元)", "8.6万元", (), 86_000),
        ("集体经济年收入(万元)", 8.6, ("单位：元",), 86_000),
        ("集体经济年收入", "8.6万", ("单位：元",), 86_000),
        ("集体经济年收入", 86000, ("单位：元",), 86_000),
        ("集体经济年收入", 8.6, ("2025年台账（单位：万元）",), 86_000),
        ("集体经济年收入(千元)", 86, (), 86_000),
        ("集体经济年收入(元)", "约86000余", (), 86_000),
        ("集体经济年收入(元)", "86,000", (), 86_000),
        ("amount_yuan", 86000, (), 86_000),
    ],
)  # fmt: skip
def test_a_unit_that_is_said_is_taken_without_a_word(heading, cell, above, amount, sample, administrator):
    load = applied(read(administrator, heading, [*NEW, cell], above=above))
    made = CollectiveIncome.objects.unscoped("test").get(area__name__startswith="孔家庄", year=2025)
    assert made.amount_yuan == amount
    assert [code for _row, _column, code in messages_of(load) if code != "about"] == []


def test_where_nothing_says_the_unit_the_first_amount_is_told_as_it_was_understood_once(sample, administrator):
    rows = [[*NEW, "12万元"], ["唐坊镇", "唐坊桥村", 2025, 8.6], ["唐坊镇", "莲花泊", 2025, 9]]
    load = read(administrator, "集体经济年收入", *rows)
    assert (load.new, messages_of(load)) == (3, [(3, "D", "unit_assumed")])
    message = load.rows.get(row=3).messages[0]
    assert message["details"] == {"text": "8.6", "unit": "万元", "value": "86,000"}
    assert "86,000 元" in sentence(message)


def test_of_a_unit_that_nobody_knows_here_the_amount_is_told_too(sample, administrator):
    assert messages_of(read(administrator, "集体经济年收入(美元)", [*NEW, 8.6])) == [(2, "D", "unit_assumed")]


def test_the_first_amount_is_told_once_though_the_rows_come_in_chunks(sample, administrator, monkeypatch):
    monkeypatch.setattr("registry.loading.job_steps.CHUNK", 1)
    load = applied(read(administrator, "集体经济年收入", [*NEW, 8.6], ["唐坊镇", "唐坊桥村", 2025, 9]))
    assert (load.new, messages_of(load)) == (2, [(2, "D", "unit_assumed")])


def test_the_units_of_two_sheets_are_two(sample, administrator):
    headings = ["乡镇", "村名", "年度"]
    sheets = {"乙": [[*headings, "收入(元)"], ["唐坊镇", "唐坊桥村", 2025, 50]]}
    load = applied(
        checked(workbook([*headings, "收入(万元)"], [*NEW, 50], sheets=sheets), administrator, kind="income")
    )
    made = CollectiveIncome.objects.unscoped("test").filter(year=2025, code__in=load.rows.values("code"))
    assert sorted(map(int, made.values_list("amount_yuan", flat=True))) == [50, 500_000]


# Money that leaps


@pytest.mark.parametrize(
    ("amount", "doubtful"),
    [
        (AMOUNT * 100, True),
        (AMOUNT / 100, True),
        (0, True),
        (AMOUNT * 99, False),
        (AMOUNT / 99, False),
        (AMOUNT, False),
    ],
)
def test_an_amount_that_changes_a_hundredfold_is_doubtful(amount, doubtful, sample, administrator):
    load = read(administrator, "集体经济年收入(元)", [*AGAIN, round(amount, 2)])
    assert messages_of(load, "doubt") == ([(2, "D", "amount_leaps")] if doubtful else [])
    codes = [refusal.code for refusal in lifecycle.refusals_to_apply(load)]
    assert ("load_doubtful" in codes, bool(load.doubts)) == (doubtful, doubtful)


def leaping(by):
    """Yuan, as an export had them once, under the heading of a ledger that counts in ten thousands."""
    return read(by, "集体经济年收入(万元)", [*AGAIN, AMOUNT])


def test_a_doubtful_load_is_applied_only_once_somebody_confirmed_it(sample, administrator):
    load = leaping(administrator)
    with pytest.raises(Refused) as refused:
        lifecycle.apply_load(load, by=administrator)
    assert refused.value.code == "load_doubtful"
    assert ("1,085,000" in str(refused.value), "10,850,000,000" in str(refused.value)) == (True, True)
    assert (income().amount_yuan, state_of(load)["message"]) == (AMOUNT, str(refused.value))
    load = lifecycle.apply_load(load, by=administrator, confirmed=True)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, income().amount_yuan, state_of(load)["message"]) == ("applied", AMOUNT * 10_000, "")
    assert (undone(load).state, income().amount_yuan) == ("undone", AMOUNT)


def test_the_preview_shows_amounts_in_yuan_under_headings_without_a_unit(sample, administrator):
    load = leaping(administrator)
    [row] = rows_shown(load, load.rows.all())
    assert [(change.label, change.before, change.after) for change in row.changes] == [
        ("集体经济年收入", "1,085,000 元", "10,850,000,000 元")
    ]


def test_a_row_that_became_doubtful_after_the_look_is_held_back(sample, administrator):
    load = read(administrator, "集体经济年收入(元)", [*AGAIN, AMOUNT * 50], [*NEW, 86000])
    record = income()
    record.amount_yuan = AMOUNT / 50
    save_record(record, by=administrator)
    load = applied(load)
    assert (load.state, load.new, messages_of(load, "refused")) == ("applied", 1, [(2, "", "not_confirmed")])
    assert income().amount_yuan == AMOUNT / 50


def test_a_file_that_is_read_anew_is_confirmed_anew(sample, administrator):
    load = leaping(administrator)
    load.confirmed = True
    load.save()
    load = lifecycle.correct(load, {}, by=administrator)
    run_one(load.job_id)
    load.refresh_from_db()
    assert [refusal.code for refusal in lifecycle.refusals_to_apply(load)] == ["load_doubtful"]


def test_the_page_asks_for_a_tick_before_it_applies_doubtful_rows(sample, client, administrator):
    load = leaping(administrator)
    client.force_login(administrator)
    page = client.get(load.get_absolute_url()).content.decode()
    assert 'name="confirmed"' in page and "已核对以上内容，确实如此" in page
    assert "由 1,085,000 元变为 10,850,000,000 元" in page
    answer = client.post(reverse("load-apply", args=[load.key]))
    assert (answer.status_code, "请核对单位" in answer.content.decode()) == (409, True)
    assert client.post(reverse("load-apply", args=[load.key]), {"confirmed": "1"}).status_code == 302
    run_one()
    assert income().amount_yuan == AMOUNT * 10_000


def test_a_page_without_doubts_asks_for_no_tick(sample, client, administrator):
    client.force_login(administrator)
    load = read(administrator, "集体经济年收入(万元)", [*NEW, 8.6])
    assert 'name="confirmed"' not in client.get(load.get_absolute_url()).content.decode()


def sent(sender: Program, **fields: str) -> dict:
    text = f"乡镇,村名,年度,集体经济年收入(万元)\n胥各庄镇,四王庄村,2021,{AMOUNT}\n唐坊镇,孔家庄,2025,8.6\n"
    file = {"file": SimpleUploadedFile("收入.csv", text.encode())}
    answer = Client().post(
        "/api/v1/loads/", {"kind": "incomes", **fields, **file}, headers={"Authorization": f"Token {sender.text}"}
    )
    assert answer.status_code == 202, answer.content
    while run_one():
        pass
    return sender.get(answer.json()["url"])


def test_a_program_is_refused_until_it_confirms(sample, administrator):
    sender = program(administrator)
    load = sent(sender, dry_run="true")
    assert (load["state"], "10,850,000,000" in load["message"]) == ("ready", True)
    address = f"{load['url']}apply/"
    assert problem(sender.post(address)) == (409, "load-doubtful")
    assert problem(sender.post(address, {"confirm": False})) == (409, "load-doubtful")
    assert sender.post(address, {"confirm": "perhaps"})[0] == sender.post(address, {"confrim": True})[0] == 400
    assert sender.post(address, {"confirm": True})[0] == 202
    run_one()
    assert (sender.get(load["url"])["state"], income().amount_yuan) == ("applied", AMOUNT * 10_000)


def test_a_file_that_is_to_be_applied_at_once_waits_if_it_is_doubtful_and_nothing_of_it_is_written(
    sample, administrator
):
    sender = program(administrator)
    load = sent(sender)
    assert (load["state"], load["is_working"], load["applied_at"]) == ("ready", False, None)
    assert "请确认" in load["message"] or "confirm" in load["message"]
    assert not CollectiveIncome.objects.unscoped("test").filter(year=2025, area__name__startswith="孔家庄").exists()
    assert income().amount_yuan == AMOUNT
    load = sent(sender, confirm="true")
    assert (load["state"], load["new"], load["changed"], income().amount_yuan) == ("applied", 1, 1, AMOUNT * 10_000)


def test_money_that_leaps_nowhere_is_applied_at_once_after_a_look(sample, administrator):
    data = ledger("集体经济年收入(元)", [*AGAIN, AMOUNT * 2], [*NEW, 86000])
    load = lifecycle.send_load("收入.xlsx", data, kind="income", key=uuid4(), by=administrator, at_once=True)
    run_one(load.job_id)
    load.refresh_from_db()
    assert (load.state, load.new, load.changed, income().amount_yuan) == ("applied", 1, 1, AMOUNT * 2)


def test_the_command_ends_with_1_until_it_is_told_to_confirm(sample, tmp_path):
    User.objects.create_superuser("root", password="a long enough password")
    path = tmp_path / "收入.xlsx"
    path.write_bytes(ledger("集体经济年收入(万元)", [*AGAIN, AMOUNT]))
    output = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("load", str(path), "--kind", "income", stdout=output)
    assert (ended.value.code, income().amount_yuan, "10,850,000,000" in output.getvalue()) == (1, AMOUNT, True)
    output = StringIO()
    call_command("load", str(path), "--kind", "income", "--confirm", "--json", stdout=output)
    assert (json.loads(output.getvalue())["state"], income().amount_yuan) == ("applied", AMOUNT * 10_000)
