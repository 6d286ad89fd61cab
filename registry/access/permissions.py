"""The permission table. Templates, views, admin, actions and API call `may(user, action, record)`."""

from typing import Any

from registry.models import Role, User, district_area

# Inside the account's own area. Authors do not decide on their own records; nobody manages their own account.
STAFF = frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMIN, Role.LEADER, Role.AUDITOR})
TABLE: dict[str, frozenset[str]] = {
    "record.view": STAFF - {Role.LEADER},
    "record.add": frozenset({Role.ADMIN}),
    "record.change": frozenset({Role.ADMIN}),
    "record.delete": frozenset({Role.ADMIN}),
    "record.void": frozenset({Role.ADMIN}),
    "report.write": frozenset({Role.ADMIN}),
    "draft.write": frozenset({Role.CLERK}),
    "point.confirm": frozenset({Role.CLERK, Role.HEAD}),
    "point.check": frozenset({Role.HEAD}),
    "point.review": frozenset({Role.REVIEWER}),
    "point.notice": frozenset({Role.REVIEWER, Role.ADMIN}),
    "point.decide": frozenset({Role.ADMIN}),
    "project.write": frozenset({Role.CLERK}),
    "project.check": frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMIN}),
    "project.sign": frozenset({Role.REVIEWER, Role.ADMIN}),
    "project.board": STAFF,
    "attention.view": STAFF,
    "scheme.write": frozenset({Role.ADMIN}),
    "scheme.own": frozenset({Role.CLERK, Role.HEAD}),
    "scheme.score": frozenset({Role.REVIEWER}),
    "scheme.appeal": frozenset({Role.CLERK, Role.HEAD}),
    "scheme.settle": frozenset({Role.ADMIN}),
    "scheme.view": STAFF,
    "supervision.inspect": frozenset({Role.REVIEWER, Role.ADMIN}),
    "supervision.rectify": frozenset({Role.CLERK, Role.HEAD}),
    "supervision.talk": frozenset({Role.ADMIN}),
    "pack.make": frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMIN}),
    "remark.answer": frozenset({Role.CLERK, Role.HEAD, Role.ADMIN}),
    "booking.manage": frozenset({Role.CLERK, Role.HEAD, Role.ADMIN}),
    "year.view": frozenset({Role.REVIEWER, Role.ADMIN}),
    "year.close": frozenset({Role.ADMIN}),
    "year.confirm": frozenset({Role.REVIEWER, Role.ADMIN}),
    "registry.set_up": frozenset({Role.ADMIN}),
    "rule.change": frozenset({Role.ADMIN}),
    "area.keep": frozenset({Role.ADMIN}),
    "grouping.build": frozenset({Role.ADMIN}),
    "ledger.take_over": frozenset({Role.ADMIN}),
    "load.send": frozenset({Role.CLERK, Role.REVIEWER, Role.ADMIN}),
    "account.manage": frozenset({Role.HEAD, Role.ADMIN}),
    "hook.manage": frozenset({Role.ADMIN}),
    "event.view": frozenset({Role.ADMIN, Role.AUDITOR}),
    "job.view": frozenset({Role.ADMIN, Role.AUDITOR}),
    "internal.view": frozenset({Role.ADMIN, Role.REVIEWER, Role.AUDITOR}),
}
DECIDES = frozenset({Role.REVIEWER, Role.ADMIN})  # roles that need a second factor
WRITES = frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMIN})  # roles with an area to write in
# Actions on the whole district, for any record: only for accounts whose area contains the district.
OF_DISTRICT = frozenset(
    {
        "area.keep",
        "hook.manage",
        "job.view",
        "ledger.take_over",
        "report.write",
        "year.view",
        "year.close",
        "year.confirm",
        "registry.set_up",
        "rule.change",
    }
)
READING = frozenset(
    {"record.view", "event.view", "job.view", "internal.view", "project.board", "scheme.view", "attention.view"}
)
MANAGES: dict[str, frozenset[str]] = {  # the lower roles that a role manages
    Role.HEAD: frozenset({Role.CLERK}),
    Role.ADMIN: frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.LEADER, Role.AUDITOR, Role.API}),
}


def may(user: Any, action: str, record: Any = None) -> bool:
    """Whether `user` may do `action`, to `record` if one is given: by role, and inside the area of the account. An
    action on the district needs an area that contains the district.

    Raises KeyError for an unknown action.
    """
    roles = TABLE[action]
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if isinstance(record, User) and (record == user or record.is_superuser):
        return False
    if user.is_superuser:
        return True
    if user.role not in roles or (isinstance(record, User) and not _ranks_above(user, record)):
        return False
    prefix = user.read_prefix if action in READING else user.write_prefix
    if not prefix or (action in OF_DISTRICT and not contains_district(prefix)):
        return False
    return record is None or _inside(record, prefix)


def role_of(user: Any) -> str:
    """The role of the account for an event; empty without an account."""
    return "" if user is None else "superuser" if user.is_superuser else user.role


def roles_below(user: Any) -> frozenset[str]:
    """The roles of the accounts that `user` manages; for a superuser all."""
    return MANAGES[Role.ADMIN] | {Role.ADMIN} if user.is_superuser else MANAGES.get(user.role, frozenset())


def decides(user: Any) -> bool:
    return user.is_superuser or user.role in DECIDES


def _ranks_above(user: User, account: User) -> bool:
    return account.role in roles_below(user) and not account.reads_all_areas


def may_read_event(viewer: Any, event: Any) -> bool:
    """Whether `viewer` reads this event. Of a deleted record only events are left, for readers of its area."""
    return may(viewer, "event.view") and (viewer.reads_everything or may(viewer, "event.view", event))


def _inside(record: Any, prefix: str) -> bool:
    """Whether the record's area is below `prefix`. A record without an area belongs to the whole district."""
    if isinstance(record, User):
        return record.read_prefix.startswith(prefix) and (record.write_prefix or prefix).startswith(prefix)
    area = area_of(record)
    return area.startswith(prefix) if area else contains_district(prefix)


def contains_district(prefix: str) -> bool:
    """Whether the area `prefix` is or contains the district, to which records without an area belong."""
    return bool(prefix) and district_area().startswith(prefix)


def area_of(record: Any) -> str:
    """The code of the record's area, its own or its point's; empty if it has none."""
    if record._meta.model_name == "event":
        return record.area
    of = record if hasattr(record, "area_id") else getattr(record, "point", None)
    return getattr(of, "area_id", None) or (record.pk if record._meta.model_name == "area" else "")
