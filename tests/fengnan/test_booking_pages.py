"""The desk of bookings: what a form does, what comes back when it may not, and who is still to be called."""

import pytest
from django.utils import timezone

from registry.models import Booking, TeachingSite, Visit

TODAY = timezone.localdate()


@pytest.fixture
def desk(client, sample, clerk_daqi):
    client.force_login(clerk_daqi)
    return client


@pytest.fixture
def site(sample) -> TeachingSite:
    return TeachingSite.objects.public().get(code="TS-07")


def book(desk, site, people: str = "60", on=TODAY):
    key = desk.get("/desk/bookings/").context["form"]["key"].value()
    return desk.post(
        "/desk/bookings/",
        {"site": site.pk, "booked_for": on, "visitor": "某市委组织部", "headcount": people, "phone": "13911112222"}
        | {"contact": "张三", "key": key},
    )


def send(desk, page: str, then: str, **typed) -> int:
    return desk.post(page, {"then": then, **typed}).status_code


def test_a_booking_is_entered_confirmed_and_held_on_its_page(desk, site):
    page = book(desk, site)["Location"]
    assert [send(desk, page, "confirm"), send(desk, page, "hold", headcount="58")] == [302, 302]
    assert Visit.objects.public().get(booking__code=page.split("/")[-2]).headcount == 58


def test_what_cannot_be_done_comes_back_with_its_reason(desk, site):
    page, other = book(desk, site)["Location"], book(desk, site, "30")["Location"]
    assert send(desk, page, "confirm") == 302
    answer = desk.post(other, {"then": "confirm"})
    assert (answer.status_code, answer.context["refusal"].details["left"]) == (409, 20)
    assert [refusal.code for refusal in desk.get(other).context["why_not"]] == ["booking_full"]


@pytest.mark.parametrize(("people", "field"), [("0", "headcount"), ("很多", "headcount"), ("", "headcount")])
def test_what_cannot_be_read_comes_back_with_the_field(people, field, desk, site):
    answer = book(desk, site, people)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])


def test_only_sites_of_the_own_township_are_offered_and_taken(desk, site):
    offered = desk.get("/desk/bookings/").context["form"].fields["site"].queryset
    assert list(offered) == [site]
    other = TeachingSite.objects.public().get(code="TS-01")
    assert list(book(desk, other).context["form"].errors) == ["site"]


def test_whom_to_call_is_shown_while_there_is_a_reason_to(desk, site):
    page = book(desk, site)["Location"]
    assert desk.get(page).context["contact"] == "张三 13911112222"
    send(desk, page, "refuse", reason="当月检修")
    assert desk.get(page).context["contact"] == "张三 139****2222"


def test_the_balance_shows_the_year_asked_for(desk, client, administrator):
    client.force_login(administrator)
    context = desk.get("/desk/bookings/?year=2021").context
    assert (context["year"], context["years"]) == (2021, [TODAY.year, 2021])
    assert [(month.site.code, f"{month.first:%m}", month.received) for month in context["months"]][:3] == [
        ("TS-01", "03", 268), ("TS-01", "06", 264), ("TS-01", "09", 146)
    ]  # fmt: skip


def test_the_public_reads_free_places_and_no_group(client, desk, site):
    send(desk, book(desk, site)["Location"], "confirm")
    client.logout()
    answer = client.get("/teaching-sites/TS-07/")
    assert (answer.context["free"][0].left, "某市委组织部" in answer.content.decode()) == (20, False)
    assert client.get("/teaching-sites/TS-03/").context["free"] == []  # nobody said how many it takes


def test_an_act_that_there_is_not_is_not_found(desk, site):
    page = book(desk, site)["Location"]
    assert (send(desk, page, "burn"), Booking.objects.unscoped("test").get(code=page.split("/")[-2]).state) == (
        404,
        "asked",
    )
