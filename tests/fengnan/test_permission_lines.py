"""Every line that says who may do what is shown by the walk: with the line taken away or loosened, an address answers
otherwise than access.txt says. These are tests of the walk: `make test-deep` tries every line, the suite a few."""

from collections.abc import Iterable, Iterator

import pytest
from django.urls import reverse

from assessment.models.standards import VersionQuerySet
from registry.access import permissions
from registry.access.permissions import MANAGES, TABLE, may
from registry.actions.accounts import refusals_to_give
from registry.models import Role, User
from registry.models.base import ScopedQuerySet
from registry.views.access import asks_for

from .walk import OWN, ROLES, Stage, addresses, cases, matrix, methods, walked

pytestmark = [pytest.mark.access, pytest.mark.deep]
IN_THE_SUITE = 2  # of each kind of line


def lines(parameters: Iterable) -> list:
    """The cases of a test; the first few are tried in the suite as well."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=[pytest.mark.always] if number < IN_THE_SUITE else [],
        )
        for number, case in enumerate(parameters)
    ]


SHOWN_BY = {  # rights that no address asks for by itself
    "record.view": ["history"],
    "attention.view": ["attention-rows"],
    "record.add": ["admin:registry_belt_add"],
    "record.change": ["admin:registry_belt_change", "admin:assessment_accountabilityaction_change"],
    "record.delete": ["api-points"],
    "record.void": ["record-void"],
    "event.view": ["admin:registry_event_changelist"],
    "job.view": ["admin:registry_job_changelist"],
    "internal.view": ["admin:assessment_accountabilityaction_changelist"],
}
ON_NO_ADDRESS = {  # whoever sees the page sees the same; the acts refuse, and tests/registry/test_years.py shows it
    "year.close",
    "year.confirm",
}
RIGHTS = sorted(TABLE.keys() - ON_NO_ADDRESS)
ON_THE_INDEX = {"internal.view": {Role.ADMIN}}  # who may change a record finds its page; the index alone lacks it
BEHIND = {  # a second door: what stands there is not found by who lacks the right
    "account-change": ("registry.actions.accounts.accounts_below", lambda by: User.objects.all()),
    "desk-remark": ("registry.models.remarks.RemarkQuerySet.in_area", lambda rows, code: rows),
    "project-check": ("assessment.models.projects.ProjectQuerySet.in_area", lambda rows, code: rows),
    "finding": (
        "assessment.models.supervision.FindingQuerySet.visible_to",
        lambda rows, viewer: rows.unscoped("no second door"),
    ),
    "desk-record-new": ("registry.loading.desk_kinds.may_write", lambda user, kind: True),
    "point-pack": ("registry.models.points.PointQuerySet.in_area", lambda rows, code: rows),
    "notice-desk": ("assessment.models.reviews.NoticeQuerySet.in_area", lambda rows, code: rows),
}

SCOPES = {  # where rows that are not public are looked for, by the name of their queryset
    "PointQuerySet": "history",
    "DraftQuerySet": "review-draft",
    "EvidenceQuerySet": "evidence",
    "RemarkQuerySet": "desk-remark",
    "NoticeQuerySet": "notices/<str:code>/",
    "ReviewQuerySet": "review",
    "ProjectQuerySet": "projects/<str:code>/",
    "ProblemQuerySet": "record",
    "AccountabilityQuerySet": "admin:assessment_accountabilityaction_history",
    "FindingQuerySet": "admin:assessment_supervisionfinding_history",
    "BookingQuerySet": "booking",
    "PackQuerySet": "pack-revoke",
    "LoadQuerySet": "load",
    "SchemeQuerySet": "schemes/<str:code>/",
    "ResultQuerySet": "results/<str:code>/",
}
ALIKE = {VersionQuerySet}  # drafts of standards are on pages of the district alone, which ask for a right
AREA_BEHIND = {
    "DraftQuerySet",
    "PackQuerySet",
    "RemarkQuerySet",
    "ReviewQuerySet",
}  # their pages ask for the area written as well


@pytest.fixture(scope="module")
def expected():
    return matrix()


def guards() -> dict[str, tuple[str, ...]]:
    """The rights, any of which lets somebody in, by address."""
    rights_by_name = {
        name: getattr(pattern.callback, "access", None) for name, (pattern, _route) in addresses().items()
    }
    return {name: rights for name, rights in rights_by_name.items() if rights is not None}


def addresses_of(action: str) -> list[str]:
    return [name for name, rights in guards().items() if action in rights] + SHOWN_BY.get(action, [])


def differs(stage: Stage, expected: dict, names: Iterable[str], roles: Iterable[str] = ROLES) -> bool:
    """Whether some address answers one of `roles` otherwise than the matrix says."""
    return any(
        _cell(stage, role, method, address) != expected[f"{name} | {kind} | {method}"][role]
        for name in names
        for kind, address in cases(stage, name)
        for method in methods(name)
        for role in roles
    )


def _cell(stage: Stage, role: str, method: str, address: str) -> str:
    try:
        return stage.ask(role, method, address)
    except (Exception, AssertionError) as error:  # a page that falls over without its guard, or shows a secret
        return type(error).__name__


def scopes(kind: type[ScopedQuerySet] = ScopedQuerySet) -> Iterator[type[ScopedQuerySet]]:
    """The querysets of records that are not all public and that show more to some than to others."""
    for subclass in kind.__subclasses__():
        if "public_rows" in vars(subclass) and subclass not in ALIKE:
            yield subclass
        yield from scopes(subclass)


@pytest.mark.parametrize("action", lines(RIGHTS))
def test_each_role_of_a_right_is_shown_by_an_address(action, stage, expected, db, monkeypatch):
    unseen = set()
    for role in TABLE[action]:
        monkeypatch.setitem(permissions.TABLE, action, TABLE[action] - {role})
        if not differs(stage, expected, addresses_of(action), [role]):
            unseen.add(role)
    assert unseen == ON_THE_INDEX.get(action, set())


def test_that_administrators_see_what_is_internal_is_shown_by_the_index(stage, db, client, monkeypatch):
    client.force_login(stage.cast[Role.ADMIN])
    link = reverse(*SHOWN_BY["internal.view"])
    assert link in client.get(reverse("admin:index")).content.decode()
    monkeypatch.setitem(permissions.TABLE, "internal.view", TABLE["internal.view"] - {Role.ADMIN})
    assert link not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("action", lines(RIGHTS))
def test_a_role_more_for_a_right_is_shown_by_an_address(action, stage, expected, db, monkeypatch):
    """Of a right to write, nothing is shown by roles whose accounts are given no area to write in."""
    unseen = set()
    for role in set(Role.values) - TABLE[action]:
        monkeypatch.setitem(permissions.TABLE, action, TABLE[action] | {role})
        if may(stage.cast[role], action) and not differs(stage, expected, addresses_of(action), [role]):
            unseen.add(role)
    assert unseen == set()


@pytest.mark.parametrize("action", lines(sorted(permissions.OF_DISTRICT - ON_NO_ADDRESS)))
def test_that_a_right_is_one_of_the_whole_district_is_shown_by_an_address(action, stage, expected, db, monkeypatch):
    monkeypatch.setattr(permissions, "OF_DISTRICT", permissions.OF_DISTRICT - {action})
    assert differs(stage, expected, addresses_of(action), ["own-admin"])


@pytest.mark.parametrize(
    ("boss", "role"), lines((boss, role) for boss, roles in MANAGES.items() for role in sorted(roles))
)
def test_each_role_somebody_looks_after_is_shown_by_an_address(boss, role, stage, expected, db, monkeypatch):
    monkeypatch.setitem(permissions.MANAGES, boss, MANAGES[boss] - {role})
    assert differs(stage, expected, ["account-change"], [boss])


@pytest.mark.parametrize("boss", lines(MANAGES))
def test_a_role_more_to_look_after_is_shown_by_the_act(boss, stage, db, monkeypatch):
    """No address shows it: above the clerks, the walk has one account a role. The act that adds an account does."""
    by = stage.cast[boss]
    for role in set(Role.values) - MANAGES[boss]:
        refusals = [refusal.code for refusal in refusals_to_give(role, by.write_prefix, by=by)]
        with monkeypatch.context() as loosened:
            loosened.setitem(permissions.MANAGES, boss, MANAGES[boss] | {role})
            left = [refusal.code for refusal in refusals_to_give(role, by.write_prefix, by=by)]
        assert (role, refusals) == (role, ["role_above", *left])


@pytest.mark.parametrize("name", lines(guards()))
def test_the_sign_in_of_each_guarded_address_is_shown(name, stage, expected, db, monkeypatch):
    pattern, _route = addresses()[name]
    monkeypatch.setattr(pattern, "callback", pattern.callback.__wrapped__)
    assert differs(stage, expected, [name], ["public"])


@pytest.mark.parametrize("name", lines(name for name, rights in guards().items() if rights))
def test_the_right_asked_for_by_each_guarded_address_is_shown(name, stage, expected, db, monkeypatch):
    pattern, _route = addresses()[name]
    monkeypatch.setattr(pattern, "callback", asks_for()(pattern.callback.__wrapped__))
    if name in BEHIND:
        assert not differs(stage, expected, [name])
        monkeypatch.setattr(*BEHIND[name])
    assert differs(stage, expected, [name])


@pytest.mark.parametrize("rows", lines(scopes()), ids=lambda rows: rows.__name__)
def test_whose_rows_a_queryset_shows_is_shown_by_an_address(rows, stage, db, monkeypatch):
    """The reviewer is one of a single township here: else no account would be kept from a round of review."""
    User.objects.filter(pk=stage.cast[Role.REVIEWER].pk).update(read_prefix=OWN, write_prefix=OWN)
    shown_by = [SCOPES[rows.__name__]]
    expected = walked(stage, shown_by)
    monkeypatch.setattr(rows, "visible_to", lambda self, viewer: self.unscoped("loosened"))
    if rows.__name__ in AREA_BEHIND:
        assert not differs(stage, expected, shown_by)
        monkeypatch.setattr(rows, "in_area", lambda self, code: self)
    assert differs(stage, expected, shown_by)


def test_the_area_of_an_account_is_shown_by_an_address(stage, expected, db, monkeypatch):
    monkeypatch.setattr(permissions, "_inside", lambda record, prefix: True)
    assert differs(stage, expected, ["history"], [Role.CLERK])
