"""A post is handed over: proposed by the leaving side, confirmed by the successor, and logged."""

import pytest
from django.utils import timezone

from registry.actions.accounts import switch_account
from registry.actions.drafts import draft_of
from registry.actions.posts import confirm_hand_over, propose_hand_over, successors_of
from registry.models import Event, Proposal, Role, User
from registry.overviews.post import post_of
from registry.overviews.tasks import tasks_of
from registry.text.refusals import Refused
from tests.conftest import DAQI, DISTRICT
from tests.factories import make_named_point

pytestmark = pytest.mark.django_db


def account(name: str, role: str = Role.CLERK, area: str = DAQI, **more) -> User:
    writes = area if role != Role.AUDITOR else ""
    return User.objects.create_user(
        name, password="x", role=role, display_name=name, read_prefix=area, write_prefix=writes, **more
    )


@pytest.fixture
def successor(sample):
    return account("successor")


@pytest.fixture
def draft(clerk_daqi):
    return draft_of(make_named_point(area=DAQI), by=clerk_daqi)


def refused(act, *arguments, **values) -> str:
    with pytest.raises(Refused) as refusal:
        act(*arguments, **values)
    return refusal.value.code


def test_the_successor_goes_on_with_the_drafts_and_both_stay_their_writers(successor, clerk_daqi, draft):
    proposal = propose_hand_over(clerk_daqi, successor, by=clerk_daqi)
    assert list(draft.writers.all()) == [clerk_daqi]
    confirm_hand_over(proposal, by=successor)
    assert set(draft.writers.all()) == {clerk_daqi, successor}


def test_the_successor_finds_the_same_tasks_with_the_same_days(successor, clerk_daqi, draft):
    today = timezone.localdate()
    tasks = [(task.what, task.about, task.due) for task in post_of(clerk_daqi).tasks]
    assert (draft_task := [task for task in tasks if task[1] == str(draft)])
    confirm_hand_over(propose_hand_over(clerk_daqi, successor, by=clerk_daqi), by=successor)
    assert {(task.what, task.about, task.due) for task in tasks_of(successor, today)} >= set(draft_task)


def test_the_event_names_both_and_what_was_open(successor, clerk_daqi, draft):
    confirm_hand_over(propose_hand_over(clerk_daqi, successor, reason="调离", by=clerk_daqi), by=successor)
    event = Event.objects.get(verb="hand-over")
    assert (event.actor, event.code, event.reason) == (successor, str(clerk_daqi.pk), "调离")
    assert event.changes["successor"] == [str(clerk_daqi), str(successor)]
    assert event.changes["drafts"] == [[draft.code], str(successor)]
    assert any(str(draft) in words for words in event.changes["tasks"][0])


def test_nobody_but_the_successor_confirms(successor, clerk_daqi, administrator):
    proposal = propose_hand_over(clerk_daqi, successor, by=administrator)
    assert refused(confirm_hand_over, proposal, by=clerk_daqi) == "not_allowed"
    assert refused(confirm_hand_over, proposal, by=administrator) == "not_allowed"
    confirm_hand_over(proposal, by=successor)
    assert refused(confirm_hand_over, proposal, by=successor) == "proposal_settled"


def test_only_the_account_and_those_above_it_propose(successor, clerk_daqi, clerk_tangfang):
    assert refused(propose_hand_over, clerk_daqi, successor, by=successor) == "not_allowed"
    assert refused(propose_hand_over, clerk_daqi, successor, by=clerk_tangfang) == "not_allowed"
    assert not Proposal.objects.exists()


def test_a_successor_has_the_same_role_and_the_same_or_a_wider_area(successor, clerk_daqi, clerk_tangfang):
    wider, off = account("wider", area=DISTRICT), account("off", is_active=False)
    head, village = account("other-head", Role.HEAD), account("village", area=f"{DAQI}201")
    assert set(successors_of(clerk_daqi)) == {successor, wider}
    for unfit in (clerk_tangfang, off, head, village, clerk_daqi):
        assert refused(propose_hand_over, clerk_daqi, unfit, by=clerk_daqi) == "successor_unfit"


def test_who_was_switched_off_meanwhile_takes_over_nothing(successor, clerk_daqi, administrator, draft):
    proposal = propose_hand_over(clerk_daqi, successor, by=clerk_daqi)
    switch_account(successor, on=False, by=administrator)
    assert refused(confirm_hand_over, proposal, by=successor) == "successor_unfit"
    assert list(draft.writers.all()) == [clerk_daqi]


def test_one_hand_over_at_a_time(successor, clerk_daqi):
    propose_hand_over(clerk_daqi, successor, by=clerk_daqi)
    assert refused(propose_hand_over, clerk_daqi, successor, by=clerk_daqi) == "proposed_already"


def test_the_page_leads_both_through_it(successor, clerk_daqi, administrator, draft, client):
    address = f"/desk/accounts/{clerk_daqi.pk}/hand-over/"
    client.force_login(successor)
    assert client.get(address).status_code == 404
    client.force_login(clerk_daqi)
    assert str(draft) in client.get(address).content.decode()
    assert client.post(address, {"act": "propose", "successor": successor.pk, "reason": ""}).status_code == 302
    assert client.post(address, {"act": "confirm"}).status_code == 409
    client.force_login(successor)
    assert address in client.get("/desk/").content.decode()
    assert client.post(address, {"act": "confirm"}).status_code == 302
    client.force_login(administrator)
    assert f"/desk/accounts/{clerk_daqi.pk}/switch/" in client.get(address).content.decode()


def test_a_proposal_is_withdrawn_and_made_anew(successor, clerk_daqi, client):
    address = f"/desk/accounts/{clerk_daqi.pk}/hand-over/"
    client.force_login(clerk_daqi)
    for act, status in (("propose", 302), ("withdraw", 302), ("withdraw", 409), ("propose", 302)):
        assert client.post(address, {"act": act, "successor": successor.pk}).status_code == status
    client.force_login(successor)
    assert client.post(address, {"act": "withdraw"}).status_code == 409
    assert [proposal.outcome for proposal in Proposal.objects.all()] == ["open", "withdrawn"]
