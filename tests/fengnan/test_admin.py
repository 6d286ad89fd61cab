"""The admin screens: all there, for those who may, and nothing written past the acts."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment.actions.packs import make_pack
from assessment.models import InspectionPack, SupervisionFinding, SupervisionStep
from registry.actions.records import ChangeSet
from registry.admin.base import LookedAtAdmin
from registry.models import ApiToken, Belt, Event, FrozenYear, HookHost, Parameter, User, WebHook
from registry.models.base import PlainText
from registry.text.validators import Invalid
from tests.conftest import DAQI
from tests.factories import make_named_point, make_point


def address(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_a_clerk_has_no_admin_screens(sample, client, clerk_daqi):
    client.force_login(clerk_daqi)
    answers = {model: client.get(address(model, "changelist")).status_code for model in admin.site._registry}
    assert {model for model, status in answers.items() if status != 302} == set()


def _form_of(client, record, **changes) -> dict:
    """What the change page would send back, with some fields changed."""
    page = client.get(address(type(record), "change", record.pk))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= {f"{formset.prefix}-{name}": value for name, value in formset.management_form.initial.items()}
        for part in formset.forms:
            data |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {
        name: value for name, value in {**data, **changes}.items() if value not in (None, "") and value is not False
    }


def test_saving_a_record_leaves_an_event_with_both_values(sample, client, administrator):
    belt = Belt._base_manager.get(code="B-02")
    client.force_login(administrator)
    answer = client.post(
        address(Belt, "change", belt.pk), _form_of(client, belt, name="改名后的示范带", change_reason="更名")
    )
    assert answer.status_code == 302
    event = Event.objects.get(kind="belt", code="B-02", verb="change")
    assert event.changes == {"name": ["煤河沿线党建示范带", "改名后的示范带"]}
    assert (event.actor, event.reason) == (administrator, "更名")


@pytest.mark.parametrize("sign", ["\x01", "\x7f", "\u202e", "\u2066", "\ufffd", "\uffff"])
def test_what_no_page_or_document_can_show_is_refused_at_its_field(sign, sample, client, administrator):
    belt = Belt._base_manager.get(code="B-02")
    client.force_login(administrator)
    form = _form_of(client, belt, name=f"煤河{sign}示范带", change_reason="更名")
    answer = client.post(address(Belt, "change", belt.pk), form)
    assert answer.context["adminform"].form.errors["name"] == [str(Invalid("control"))]


def test_every_model_whose_texts_people_type_refuses_such_signs():
    typed = {User, ApiToken, HookHost, WebHook}
    for screen in admin.site._registry.values():
        if not isinstance(screen, LookedAtAdmin):
            typed |= {screen.model, *(inline.model for inline in screen.inlines)}
    assert {model for model in typed if not issubclass(model, PlainText)} == set()


@pytest.mark.parametrize("chosen", ["x", "9" * 30, "-1", "1e5", "\uffff"])
def test_what_is_no_choice_of_a_field_is_said_at_the_field(chosen, sample, client, administrator):
    belt = Belt._base_manager.get(code="B-02")
    client.force_login(administrator)
    form = _form_of(client, belt, organisation=chosen, townships=[chosen], change_reason="更名")
    answer = client.post(address(Belt, "change", belt.pk), form)
    assert {"organisation", "townships"} <= answer.context["adminform"].form.errors.keys()


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.model_name)
def test_every_list_can_be_searched(model, sample, client, administrator):
    client.force_login(administrator)
    assert client.get(address(model, "changelist"), {"q": "示范"}).status_code == 200


def test_a_second_writer_is_told_and_loses_nothing_typed(sample, client, administrator):
    belt = Belt._base_manager.get(code="B-02")
    client.force_login(administrator)
    typed = _form_of(client, belt, name="第二个人写的名称")
    Belt._base_manager.filter(pk=belt.pk).update(version=belt.version + 1, name="第一个人写的名称")
    answer = client.post(address(Belt, "change", belt.pk), typed)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "第二个人写的名称" in page and "第一个人写的名称" in page
    assert Belt._base_manager.get(pk=belt.pk).name == "第一个人写的名称"


def test_links_to_proof_are_looked_at_and_revoked_once(sample, client, administrator):
    pack = make_pack(make_named_point(), by=administrator)
    client.force_login(administrator)
    assert client.get(address(InspectionPack, "add")).status_code == 403
    chosen = {"action": "revoke", "_selected_action": [pack.pk]}
    pages = [client.post(address(InspectionPack, "changelist"), chosen, follow=True).content.decode() for _ in range(2)]
    assert InspectionPack.objects.unscoped("test").get(pk=pack.pk).revoked_at is not None
    assert ("已撤销" in pages[0], "该链接已经撤销" in pages[1]) == (True, True)
    assert Event.objects.filter(kind="inspectionpack", code=pack.code, verb="change").count() == 1


def test_the_steps_of_a_finding_are_shown_and_not_changed(sample, client, administrator):
    finding = SupervisionFinding.objects.unscoped("test").first()
    SupervisionStep.objects.create(finding=finding, act="rectify", on=finding.inspected_on, text="已补齐示例记录")
    client.force_login(administrator)
    page = client.get(address(SupervisionFinding, "change", finding.pk))
    assert "已补齐示例记录" in page.content.decode()
    [formset] = page.context["inline_admin_formsets"]
    assert (formset.has_add_permission, formset.has_change_permission, formset.has_delete_permission) == (
        False, False, False,
    )  # fmt: skip


def test_the_index_groups_the_screens_by_what_they_are_about(sample, client, administrator):
    client.force_login(administrator)
    groups = {group["app_label"]: group["models"] for group in client.get(reverse("admin:index")).context["app_list"]}
    assert list(groups) == ["records", "assessment", "system"]
    shown = {row["model"]: name for name, rows in groups.items() for row in rows}
    assert (shown[Belt], shown[SupervisionFinding], shown[Event]) == ("records", "assessment", "system")
    assert len(shown) == len(admin.site._registry)


def test_numbers_have_no_needless_zeros(sample, client, administrator):
    parameter = Parameter.objects.unscoped("test").get(rule="income-threshold")
    client.force_login(administrator)
    listed = client.get(address(Parameter, "changelist")).content.decode()
    assert ">50000<" in listed and "50000.0" not in listed
    form = client.get(address(Parameter, "change", parameter.pk)).context["adminform"].form
    assert form["value"].value() == "50000"


def test_a_public_record_does_not_change_without_a_reason(sample, client, administrator):
    belt = Belt._base_manager.get(code="B-02")
    client.force_login(administrator)
    answer = client.post(address(Belt, "change", belt.pk), _form_of(client, belt, name="改名后的示范带"))
    assert "change_reason" in answer.context["adminform"].form.errors
    assert Belt._base_manager.get(pk=belt.pk).name == belt.name


def test_the_figures_of_a_closed_year_are_looked_at_without_needless_zeros(closing, client, administrator):
    client.force_login(administrator)
    page = client.get(address(FrozenYear, "change", closing.pk)).content.decode()
    assert closing.figures.first().hash in page
    assert "445.0000" not in page and ">445<" in page


def test_events_are_filtered_by_act_and_kind_without_reading_all_of_them(sample, client, administrator):
    client.force_login(administrator)
    point = make_point(area=DAQI)
    ChangeSet(administrator).log("photo", point, {})
    ChangeSet(administrator).log("change", point, {})
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/registry/event/?verb=photo&kind=demonstrationpoint")
    shown = list(page.context["cl"].result_list)
    assert {(event.verb, event.kind) for event in shown} == {("photo", "demonstrationpoint")}
    assert not [query for query in queries if "DISTINCT" in query["sql"]]
