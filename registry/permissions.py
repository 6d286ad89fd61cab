"""Who may do what: one table. Templates, views, admin, acts and API ask `may(user, action, record)`."""

from typing import Any

from registry.models import Role, User

# Inside the account's own area. A reviewer decides but does not write; nobody manages their own account.
TABLE: dict[str, frozenset[str]] = {
    "record.view": frozenset({Role.CLERK, Role.HEAD, Role.REVIEWER, Role.ADMIN, Role.LEADER, Role.AUDITOR}),
    "record.add": frozenset({Role.ADMIN}),
    "record.change": frozenset({Role.ADMIN}),
    "record.delete": frozenset({Role.ADMIN}),
    "point.decide": frozenset({Role.REVIEWER, Role.ADMIN}),
    "account.manage": frozenset({Role.ADMIN}),
    "event.view": frozenset({Role.ADMIN, Role.AUDITOR}),
    "internal.view": frozenset({Role.ADMIN, Role.REVIEWER, Role.AUDITOR}),
}
READING = frozenset({"record.view", "event.view", "internal.view"})


def may(user: Any, action: str, record: Any = None) -> bool:
    """Whether `user` may do `action`, to `record` if one is given: by role, and inside the area of the account.

    Raises KeyError for an action the table does not know.
    """
    roles = TABLE[action]
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return not (action == "account.manage" and record == user)
    if user.role not in roles or (isinstance(record, User) and record == user):
        return False
    prefix = user.read_prefix if action in READING else user.write_prefix
    return bool(prefix) and (record is None or _inside(record, prefix))


def _inside(record: Any, prefix: str) -> bool:
    """Whether the record's area lies below `prefix`; a record of no area belongs to the whole district."""
    if isinstance(record, User):
        return record.read_prefix.startswith(prefix)
    area = getattr(record, "area_id", None) or (record.pk if record._meta.model_name == "area" else None)
    return area.startswith(prefix) if area else len(prefix) <= 6
