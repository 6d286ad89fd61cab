"""A closed year: what was frozen stays, what differs since is named with its rows, and nobody closes unseen."""

from datetime import date
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from registry.actions.records import save_record
from registry.actions.years import close_year, confirm_closing, propose_closing, refusals_to_close
from registry.figures import FIGURES
from registry.figures.changes import rows_of
from registry.figures.frozen import amendment_of, broken_hashes, rows_of_townships, take_year
from registry.models import Area, Belt, Event, FrozenFigure, FrozenYear, Visit
from registry.text.refusals import Refused
from tests.conftest import DAQI, DISTRICT, LAST_DAY
from tests.factories import entered_in_error, refused

YEAR = LAST_DAY.year


def frozen(closing: FrozenYear, slug: str, area: str = DISTRICT) -> FrozenFigure:
    return closing.figures.get(slug=slug, area_id=area)


def changes(slug: str, scope) -> list[tuple]:
    amendment = amendment_of(FIGURES[slug].answer(scope))[1]
    return [(row.how, row.code, row.before, row.after) for row in amendment.rows(None)] if amendment else []


def test_closing_freezes_every_figure_of_the_district_and_of_the_townships(closing, scope):
    answers = {slug: figure.answer(scope) for slug, figure in FIGURES.items()}
    values = {figure.slug: figure.value for figure in closing.figures.filter(area_id=DISTRICT)}
    assert {slug: float(value) for slug, value in values.items() if value is not None} == {
        slug: float(answer.value) for slug, answer in answers.items() if answer.value is not None
    }
    assert frozen(closing, "township-organisations", DAQI).value == 19
    assert closing.figures.values("area").distinct().count() == 17


def test_a_frozen_figure_knows_its_rows(closing, scope):
    assert [code for code, _added in frozen(closing, "belts").rows] == list(
        FIGURES["belts"].rows(scope).order_by("code").values_list("code", flat=True)
    )
    assert sum(added for _code, added in frozen(closing, "visits").rows) == FIGURES["visits"].answer(scope).value


@pytest.mark.parametrize("slug", FIGURES)
def test_the_rows_of_all_townships_together_are_those_of_each(slug, sample, scope):
    together = rows_of_townships(FIGURES[slug], scope)
    if together is None:
        assert not FIGURES[slug].record_kind.has_dimension("township")
        return
    townships = Area.objects.public().townships(scope.as_of).values_list("code", flat=True)
    of_each = {code: rows_of(FIGURES[slug], scope.within(code)) for code in townships}
    assert {code: together.get(code, []) for code in townships} == of_each


def test_what_was_frozen_holds_when_a_row_is_corrected_and_the_difference_names_the_row(closing, scope, administrator):
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    before, was = visit.headcount, FIGURES["visits"].answer(scope).value
    visit.headcount += 7
    save_record(visit, by=administrator)
    frozen, amendment = amendment_of(FIGURES["visits"].answer(scope))
    assert (frozen.value, amendment.was.value, amendment.answer.value) == (was, was, was + 7)
    assert changes("visits", scope) == [("changed", visit.code, before, before + 7)]


def test_a_row_that_went_and_one_that_came_are_named_with_what_was_done(closing, scope, administrator):
    belt = FIGURES["belts"].rows(scope).order_by("code").first()
    belt.ended_on = date(YEAR, 6, 1)
    save_record(belt, by=administrator)
    visit = Visit.objects.public().order_by("code").first()
    visit.pk, visit.code, visit.version, visit._state.adding = None, "V-NEW", 1, True
    save_record(visit, by=administrator)
    assert changes("belts", scope) == [("went", belt.code, None, None)]
    assert changes("visits", scope) == [("came", "V-NEW", None, visit.headcount)]
    [row] = amendment_of(FIGURES["belts"].answer(scope))[1].rows(None)
    assert [event.verb for event in row.events] == list(
        Event.objects.filter(kind="belt", code=belt.code, at__gte=closing.closed_at).values_list("verb", flat=True)
    )


def test_another_row_of_the_same_number_is_an_amendment_too(closing, scope, administrator):
    belt = FIGURES["belts"].rows(scope).order_by("code").first()
    twin = Belt.objects.public().get(pk=belt.pk)
    belt.ended_on = date(YEAR, 6, 1)
    save_record(belt, by=administrator)
    twin.pk, twin.code, twin.name, twin.version, twin._state.adding = None, "B-NEW", "新带", 1, True
    save_record(twin, by=administrator)
    amendment = amendment_of(FIGURES["belts"].answer(scope))[1]
    assert amendment.was.value == amendment.answer.value
    assert sorted(changes("belts", scope)) == [("came", "B-NEW", None, None), ("went", belt.code, None, None)]


def test_on_other_days_nothing_frozen_is_shown(closing, scope):
    assert amendment_of(FIGURES["points"].answer(scope.at(date(YEAR, 12, 30)))) == (None, None)
    assert amendment_of(FIGURES["points"].answer(scope.at(date(YEAR - 1, 12, 31)))) == (None, None)


def test_closing_again_makes_the_next_edition_and_leaves_the_first(closing, scope, administrator):
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    visit.headcount += 7
    save_record(visit, by=administrator)
    was = frozen(closing, "visits").value
    second = close_year(YEAR, take_year, by=administrator, edition=1)
    assert (second.code, frozen(second, "visits").value, frozen(closing, "visits").value) == (
        f"FY-{YEAR}-2",
        was + 7,
        was,
    )
    assert amendment_of(FIGURES["visits"].answer(scope)) == (frozen(second, "visits"), None)
    assert [broken_hashes(frozen_year) for frozen_year in (closing, second)] == [[], []]


def test_a_year_is_closed_by_two_people(scope, administrator, reviewer, auditor):
    proposal = propose_closing(YEAR - 1, take_year, by=administrator, edition=0, reason="年终")
    assert refused(confirm_closing, proposal, take_year, by=administrator) == "own_proposal"
    assert refused(confirm_closing, proposal, take_year, by=auditor) == "not_allowed"
    closing = confirm_closing(proposal, take_year, by=reviewer)
    assert (closing.closed_by, closing.remark, broken_hashes(closing)) == (administrator, "年终", [])
    assert Event.objects.get(verb="confirm-closing").actor == reviewer
    assert refused(confirm_closing, proposal, take_year, by=reviewer) == "proposal_settled"


def test_what_changed_since_it_was_proposed_is_not_closed(closing, scope, administrator, reviewer):
    proposal = propose_closing(YEAR, take_year, by=administrator, edition=1)
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    visit.headcount += 7
    save_record(visit, by=administrator)
    assert refused(confirm_closing, proposal, take_year, by=reviewer) == "figures_changed"
    assert FrozenYear.objects.public().get() == closing


def test_who_saw_an_older_edition_closes_nothing(closing, administrator):
    with pytest.raises(Refused) as refusal:
        close_year(YEAR, take_year, by=administrator, edition=0)
    assert (refusal.value.code, FrozenYear.objects.public().count()) == ("year_closed_meanwhile", 1)


@pytest.mark.parametrize("role", ["clerk_daqi", "head_tangfang", "reviewer", "leader", "auditor"])
def test_only_an_administrator_closes_a_year(role, scope, request):
    by = request.getfixturevalue(role)
    assert [refusal.code for refusal in refusals_to_close(YEAR, by=by)] == ["not_allowed"]


def test_a_year_that_is_not_over_is_not_closed(scope, administrator):
    this = timezone.localdate().year
    assert [refusal.code for refusal in refusals_to_close(this, by=administrator)] == ["year_not_over"]
    assert list(refusals_to_close(this - 1, by=administrator)) == []


def test_closing_tells_an_event_with_the_hash(closing):
    event = Event.objects.get(verb="close-year")
    assert (event.code, event.changes) == (closing.code, {"hash": [None, closing.hash]})


@pytest.mark.parametrize(
    ("field", "value"), [("value", 1), ("part", 1), ("rows", [["B-01", None]]), ("hash", "0" * 64)]
)
def test_what_is_changed_in_a_frozen_figure_is_found(field, value, closing):
    closing.figures.filter(slug="belts", area_id=DISTRICT).update(**{field: value})
    assert broken_hashes(closing)[0] == f"belts {DISTRICT}"


def test_a_frozen_figure_taken_away_is_found(closing):
    closing.figures.filter(slug="belts", area_id=DISTRICT).delete()
    assert broken_hashes(closing) == [closing.code]


def output_of(year: int = YEAR) -> list[str]:
    out = StringIO()
    call_command("frozen", str(year), stdout=out)
    return out.getvalue().splitlines()


def test_the_command_says_that_all_is_as_written_and_what_differs_today(closing, scope, administrator):
    assert [line.split(": ")[1] for line in output_of()] == [f"ok, {closing.figures.count()} figures as written"]
    visit = FIGURES["visits"].rows(scope).order_by("code").first()
    was = FIGURES["visits"].answer(scope).value
    visit.headcount += 7
    save_record(visit, by=administrator)
    lines = [line.split(": ") for line in output_of() if line.startswith("visits ")]
    assert lines[0] == [f"visits {DISTRICT}", f"frozen {was}, today {was + 7}"]
    assert f"  changed visits {visit.code} {visit}" in output_of()


def test_the_command_fails_on_a_broken_hash_and_on_a_year_never_closed(closing):
    FrozenFigure.objects.filter(frozen=closing, slug="belts", area_id=DISTRICT).update(value=1)
    with pytest.raises(CommandError, match=f"changed after it was written: belts {DISTRICT}"):
        output_of()
    with pytest.raises(CommandError, match="2019 is not closed"):
        output_of(2019)


def test_a_record_entered_in_error_is_among_those_that_went(closing, scope, administrator):
    visit = FIGURES["visits"].rows(scope).filter(booking=None).order_by("code").first()
    entered_in_error(visit, administrator)
    [row] = amendment_of(FIGURES["visits"].answer(scope))[1].rows(None)
    assert (row.how, row.name, row.url, row.before) == (
        "went", str(visit), f"/visits/{visit.code}/", visit.headcount,
    )  # fmt: skip


def test_an_edition_stands_once_a_year(closing):
    twin = FrozenYear.objects.public().get(pk=closing.pk)
    twin.pk, twin.code, twin._state.adding = None, "FY-TWIN", True
    with override("en"), pytest.raises(ValidationError) as refusal:
        twin.full_clean()
    assert refusal.value.messages == ["The year has this edition already."]
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)
