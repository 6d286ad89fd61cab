"""The records kept at the desk: the forms of all kinds come from the columns of their sheets."""

import json
import re
from datetime import date

import pytest
from django.utils.translation import override

from registry.loading.desk_kinds import desk_kinds
from registry.loading.record_form import RecordForm
from registry.loading.sheet_types import SHEET_TYPES
from registry.models import (
    CollectiveIncome,
    CommunityAttainment,
    Donation,
    Event,
    Fund,
    Honour,
    PartyOrganisation,
    Unit,
)
from tests.loading_examples import EXAMPLES, TANGFANG

KINDS = sorted(kind.slug for kind in desk_kinds())
UNIT = {"name": "示例五金厂", "kind": "企业", "township": TANGFANG}


def opened(page) -> dict[str, str]:
    """The form of a page as a browser would send it back."""
    form = page.context["form"]
    return {field.name: field.value() or "" for field in form}


def typed(slug: str) -> dict[str, str]:
    """The example of the kind as it is typed into the form, where the township is chosen by its code."""
    kind = SHEET_TYPES[slug]
    names = {heading: column.name for column in kind.columns for heading in column.headings}
    row = {names[heading]: text for heading, text in EXAMPLES[slug].row.items() if heading in names}
    towns = {"唐坊镇": TANGFANG, "青年路街道": "130207001"}
    return {name: towns.get(text, text) if name == "township" else text for name, text in row.items()}


@pytest.mark.parametrize("slug", KINDS)
def test_each_kind_has_a_list_and_a_form_that_writes_nothing_unless_something_is_typed(
    slug, sample, administrator, client
):
    client.force_login(administrator)
    page = client.get(f"/desk/records/{slug}/")
    assert page.status_code == 200
    for row in page.context["table"].rows[:2]:
        one = client.get(row.url)
        answer = client.post(row.url, opened(one) | {"change_reason": "试一试"})
        assert answer.status_code == 302, answer.context["form"].errors
        assert client.get(row.url).context["form"].initial["change_version"] == opened(one)["change_version"]


@pytest.mark.parametrize("slug", KINDS)
def test_a_record_of_each_kind_is_added_by_its_form(slug, sample, administrator, client):
    EXAMPLES[slug].before()
    client.force_login(administrator)
    rows = SHEET_TYPES[slug].model._base_manager
    count = rows.count()
    answer = client.post(f"/desk/records/{slug}/new/", typed(slug))
    assert answer.status_code == 302, answer.context["form"].errors
    assert rows.count() == count + 1
    page = client.get(answer.url)
    shown = {name: text for name, text in opened(page).items() if not name.startswith("change_")}
    missing = {column.name for column in SHEET_TYPES[slug].required if not shown.get(column.name)}
    assert (page.status_code, missing) == (200, set())


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_says_what_it_is_for(slug):
    assert str(SHEET_TYPES[slug].about).endswith((".", "。"))


def test_a_clerk_keeps_the_kinds_of_townships_and_the_township_is_chosen_already(sample, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    kinds = {kind.slug for kind, _count, _may_write in client.get("/desk/records/").context["kinds"]}
    assert kinds == {slug for slug in KINDS if SHEET_TYPES[slug].by_clerks}
    assert opened(client.get("/desk/records/unit/new/"))["township"] == TANGFANG
    assert client.get("/desk/records/brand/new/").status_code == 404


def test_a_clerk_adds_a_row_of_the_own_township_and_of_no_other(sample, clerk_tangfang, client):
    client.force_login(clerk_tangfang)
    assert client.post("/desk/records/unit/new/", UNIT).status_code == 302
    unit = Unit.objects.public().get(name="示例五金厂")
    assert (unit.area_id, Event.objects.get(code=unit.code).actor) == (TANGFANG, clerk_tangfang)
    answer = client.post("/desk/records/unit/new/", UNIT | {"township": "130207114"})
    assert (answer.status_code, [error.code for error in answer.context["form"].errors.as_data()["township"]]) == (
        400, ["outside"],
    )  # fmt: skip
    foreign = Unit.objects.public().in_area("130207114").first()
    assert client.get(f"/desk/records/unit/{foreign.code}/").status_code == 404


def test_a_refusal_stands_at_its_field_in_the_words_of_the_sheet_and_keeps_what_was_typed(
    sample, administrator, client
):
    client.force_login(administrator)
    sent = typed("fund") | {"amount_yuan": "十二块", "level": "省", "arrived_on": "2021-13-40", "purpose": "示例用途"}
    answer = client.post("/desk/records/fund/new/", sent)
    form = answer.context["form"]
    codes = {name: [error.code for error in errors] for name, errors in form.errors.as_data().items()}
    assert (answer.status_code, codes) == (
        400, {"amount_yuan": ["not_a_number"], "level": ["not_a_choice"], "arrived_on": ["not_a_day"]},
    )  # fmt: skip
    assert {name: form[name].value() for name in sent} == sent
    body = answer.content.decode()
    assert all(text in body for text in ("十二块", "2021-13-40", "示例用途", '<option value="省" selected>'))


def test_what_is_public_changes_with_a_reason_and_the_event_has_it_and_the_paper(sample, administrator, client):
    client.force_login(administrator)
    honour = Honour.objects.public().first()
    address = f"/desk/records/honour/{honour.code}/"
    sent = opened(client.get(address)) | {"issuer": "另一单位"}
    refused = client.post(address, sent)
    assert (refused.status_code, [*refused.context["form"].errors]) == (400, ["change_reason"])
    sent |= {"change_reason": "更正", "change_paper": "丰组〔2026〕1号"}
    assert client.post(address, sent).status_code == 302
    event = Event.objects.get(code=honour.code)
    assert (event.reason, event.document_no, [*event.changes]) == ("更正", "丰组〔2026〕1号", ["issuer"])


def test_a_stale_form_says_so_keeps_what_was_typed_and_shows_what_the_other_wrote(sample, administrator, client):
    client.force_login(administrator)
    donation = Donation.objects.public().filter(kind="cash").first()
    address = f"/desk/records/donation/{donation.code}/"
    sent = opened(client.get(address)) | {"purpose": "我的事由", "change_reason": "更正"}
    other = opened(client.get(address)) | {"purpose": "先写的事由", "recipient": "另一受赠方", "change_reason": "先改"}
    assert client.post(address, other).status_code == 302
    answer = client.post(address, sent)
    form = answer.context["form"]
    assert (answer.status_code, [error.code for error in form.non_field_errors().as_data()]) == (400, ["stale"])
    assert "先写的事由" in form.errors["purpose"][0]
    again = opened(answer)
    assert (again["purpose"], again["recipient"], again["change_reason"]) == ("我的事由", "另一受赠方", "更正")
    assert client.post(address, again).status_code == 302
    donation.refresh_from_db()
    assert (donation.purpose, donation.recipient) == ("我的事由", "另一受赠方")


def test_what_nobody_touched_is_not_written_even_where_it_names_what_is_gone(sample, administrator, client):
    """The village of an old income may have merged since: another value is changed all the same."""
    income = CollectiveIncome.objects.public().select_related("area").first()
    income.area.valid_to = date(2026, 1, 1)
    income.area.save()
    client.force_login(administrator)
    address = f"/desk/records/income/{income.code}/"
    sent = opened(client.get(address)) | {"source": "光伏", "change_reason": "补录"}
    assert client.post(address, sent).status_code == 302
    income.refresh_from_db()
    assert income.source == "光伏"


def test_an_amount_that_leaps_a_hundredfold_is_taken_once_somebody_looked_at_it(sample, administrator, client):
    client.force_login(administrator)
    fund = Fund.objects.public().first()
    address = f"/desk/records/fund/{fund.code}/"
    sent = opened(client.get(address)) | {"amount_yuan": f"{fund.amount_yuan * 200}元", "change_reason": "更正"}
    doubted = client.post(address, sent)
    assert (doubted.status_code, "change_confirmed" in doubted.context["form"].fields) == (400, True)
    assert client.post(address, sent | {"change_confirmed": "on"}).status_code == 302


def test_a_reference_is_changed_by_its_name_alone_and_with_its_kind(sample, administrator, client):
    """What says something only together is read together: the recipient with the kind of recipient that is stored."""
    client.force_login(administrator)
    honour = Honour.objects.public().exclude(organisation=None).first()
    other = PartyOrganisation.objects.public().get(code=f"O-{TANGFANG}")
    address = f"/desk/records/honour/{honour.code}/"
    sent = opened(client.get(address)) | {"target": other.code, "change_reason": "更正"}
    assert client.post(address, sent).status_code == 302
    honour.refresh_from_db()
    assert honour.organisation == other


def test_a_record_ends_by_its_form(sample, administrator, client):
    client.force_login(administrator)
    honour = Honour.objects.public().first()
    address = f"/desk/records/honour/{honour.code}/"
    sent = opened(client.get(address)) | {"revoked_on": honour.granted_on.isoformat(), "change_reason": "撤销"}
    assert "revoked_on" in client.post(address, sent).context["form"].errors
    assert client.post(address, sent | {"revoked_on": "2022-01-01"}).status_code == 302
    honour.refresh_from_db()
    assert honour.revoked_on == date(2022, 1, 1)


def test_a_new_verdict_on_a_community_ends_the_one_before(sample, administrator, client):
    client.force_login(administrator)
    assert client.post("/desk/records/community/new/", typed("community")).status_code == 302
    verdicts = CommunityAttainment.objects.public().filter(area="130207001001").order_by("valid_from")
    ends = list(verdicts.values_list("valid_to", flat=True))
    begins = list(verdicts.values_list("valid_from", flat=True))
    assert ends == [*begins[1:], None]
    bad = client.post(
        "/desk/records/community/new/", typed("community") | {"attained": "否", "valid_from": "2022-01-01"}
    )
    assert "grade" in bad.context["form"].errors


@pytest.mark.parametrize("name", ["leader", "auditor", "reviewer", "head_tangfang"])
def test_others_read_only(name, sample, request, client):
    client.force_login(request.getfixturevalue(name))
    assert not any(may_write for _kind, _count, may_write in client.get("/desk/records/").context["kinds"])
    unit = Unit.objects.public().in_area(TANGFANG).first()
    address = f"/desk/records/unit/{unit.code}/"
    page = client.get(address)
    assert (page.status_code, page.context["may_write"], b"stack-form" in page.content) == (200, False, False)
    assert client.post(address, opened(page)).status_code == 404
    assert client.post("/desk/records/unit/new/", UNIT).status_code == 404


def test_a_list_is_searched_by_what_a_record_refers_to(sample, administrator, client):
    client.force_login(administrator)
    donation = Donation.objects.public().select_related("donor").first()
    rows = client.get("/desk/records/donation/", {"q": donation.donor.name}).context["table"].rows
    assert rows and donation.code in {row.code for row in rows}
    assert client.get("/desk/records/donation/", {"q": "没有这样的"}).context["table"].rows == []


def test_a_field_offers_the_names_it_may_hold(sample, clerk_tangfang, administrator, client):
    client.force_login(administrator)
    found = client.get("/desk/records/brand/options/organisation/", {"organisation": "唐坊镇"}).content.decode()
    assert f"O-{TANGFANG}" in found
    client.force_login(clerk_tangfang)
    options = client.get("/desk/records/visit/new/").context["form"].lists["list-place"]
    places = {more.partition(" · ")[0] for _name, more in options}
    assert places and not places & set(Unit.objects.public().in_area("130207114").values_list("code", flat=True))
    assert client.get("/desk/records/visit/options/headcount/").status_code == 404


def test_choices_and_labels_are_in_the_language_of_the_reader(sample, administrator):
    with override("en"):
        form = RecordForm(SHEET_TYPES["fund"], by=administrator)
        assert form["amount_yuan"].label == "Amount (10,000 yuan)"
        assert ("创建资金", "Creation fund") in form.fields["category"].widget.choices
    form = RecordForm(SHEET_TYPES["fund"], by=administrator)
    assert form["amount_yuan"].label == "金额（万元）"


@pytest.mark.parametrize("hidden", ["", "null", "[1]", "[" * 100_000, json.dumps({"name": 1})])
def test_a_form_with_broken_hidden_fields_is_refused_or_taken_but_never_an_error(hidden, sample, administrator, client):
    client.force_login(administrator)
    unit = Unit.objects.public().first()
    address = f"/desk/records/unit/{unit.code}/"
    sent = opened(client.get(address)) | {"change_opened": hidden, "change_version": "没有", "change_reason": "试"}
    assert client.post(address, sent).status_code == 400


def test_a_count_of_a_record_is_typed_on_the_keyboard_of_numbers(client, administrator, sample):
    client.force_login(administrator)
    page = client.get("/desk/records/visit/new/").content.decode()
    boxes = {name: box for box, name in re.findall(r'(<input[^>]*name="(\w+)"[^>]*>)', page)}
    assert 'inputmode="numeric"' in boxes["headcount"]
    assert "inputmode" not in boxes["visitor"]


def test_who_may_only_read_a_record_reads_names_not_codes(sample, head_tangfang, client):
    Unit.objects.create(code="U-1", name="示例五金厂", kind="enterprise", area_id=TANGFANG)
    client.force_login(head_tangfang)
    page = client.get("/desk/records/unit/U-1/").content.decode()
    assert "唐坊镇" in page.partition("<dl")[2].partition("</dl>")[0]
    assert TANGFANG not in page
