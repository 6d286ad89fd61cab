"""Events as text for people: the words of each verb, the labels and values of changed fields."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from registry.fields.points import BY_NAME
from registry.kinds.field_visibility import Visibility, visibility_of
from registry.models import Confirmation, Event, EvidenceKind, Remark, ScopedQuerySet, StatusPeriod
from registry.models.base import VoidableManager

Text = str | Promise
VERBS: dict[str, Text] = {
    "add": gettext_lazy("Entered"),
    "change": gettext_lazy("Changed"),
    "delete": gettext_lazy("Deleted"),
    "void": gettext_lazy("Marked as entered in error"),
    "restore": gettext_lazy("No longer marked as entered in error"),
    "standing": gettext_lazy("Status, level or grade changed"),
    "correct": gettext_lazy("Title corrected"),
    "submit": gettext_lazy("Submitted"),
    "return": gettext_lazy("Returned"),
    "open": gettext_lazy("Submission opened for the check"),
    "take-back": gettext_lazy("Submission taken back"),
    "score": gettext_lazy("Scores entered"),
    "scored": gettext_lazy("Scored"),
    "recheck": gettext_lazy("Checked again"),
    "confirm": gettext_lazy("Confirmed for the year"),
    "unconfirm": gettext_lazy("Confirmation for the year taken back"),
    "sign-off": gettext_lazy("Signed off"),
    "rectify": pgettext_lazy("what happened", "Put right"),
    "freeze": gettext_lazy("Promise frozen"),
    "appeal": gettext_lazy("Appealed against"),
    "appeal-settled": gettext_lazy("Appeal answered"),
    "appeal-withdrawn": gettext_lazy("Appeal taken back"),
    "announce": gettext_lazy("Ranking announced"),
    "photo": gettext_lazy("Photo or document added or taken off"),
    "parts": gettext_lazy("Parts changed"),
    "close-year": gettext_lazy("Year closed"),
    "confirm-closing": gettext_lazy("Closing of the year confirmed"),
    "propose": gettext_lazy("Proposed to a second person"),
    "withdraw-proposal": gettext_lazy("Proposal withdrawn"),
    "hand-over": gettext_lazy("Post handed over"),
    "take-over": gettext_lazy("Entered from an old ledger"),
    "open-take-over": gettext_lazy("Term for old ledgers opened"),
    "close-take-over": gettext_lazy("Term for old ledgers closed"),
    "add_account": gettext_lazy("Account added"),
    "change_account": gettext_lazy("Account changed"),
    "switch_account": gettext_lazy("Account switched on or off"),
    "end_sessions": gettext_lazy("All sessions ended"),
    "reset_password": gettext_lazy("Password reset"),
    "choose_password": gettext_lazy("New password chosen"),
    "add_second_factor": gettext_lazy("Second factor added"),
    "remove_second_factor": gettext_lazy("Second factor taken away"),
    "renew_recovery_codes": gettext_lazy("Recovery codes renewed"),
    "use_recovery_code": gettext_lazy("Signed in with a recovery code"),
    "add_token": gettext_lazy("Token made"),
    "revoke_token": gettext_lazy("Token revoked"),
    "add_hook": gettext_lazy("Web hook added"),
    "switch_hook": gettext_lazy("Web hook switched on or off"),
    "allow_host": gettext_lazy("Host of web hooks allowed"),
    "forbid_host": gettext_lazy("Host of web hooks taken off the list"),
    "open-pack": gettext_lazy("Opened by its link"),
    "read": gettext_lazy("Personal data read"),
    "refused": gettext_lazy("Attempt refused"),
    "correct-value": gettext_lazy("Value corrected"),
    "merge-area": gettext_lazy("Merged"),
    "move": gettext_lazy("Moved with the merger of its area"),
    "remark-left": gettext_lazy("A remark from the public arrived"),
    "remark-answered": gettext_lazy("A remark from the public was answered"),
    "remark-rejected": gettext_lazy("A remark from the public was not published"),
    "remark-passed-on": gettext_lazy("A remark from the public was passed on to the district"),
}
PUBLIC_VERBS = frozenset(
    {
        "add",
        "take-over",
        "change",
        "standing",
        "confirm",
        "unconfirm",
        "parts",
        "sign-off",
        "remark-answered",
        "void",
        "restore",
        "correct",
        "correct-value",
        "merge-area",
        "move",
    }
)
WHY_PUBLIC = frozenset({"void", "restore", "correct", "correct-value", "merge-area"})  # actions with a public reason


@dataclass(frozen=True)
class Change:
    """One changed field as text: from and to; for parts, the sentence `text`."""

    label: Text
    before: str = ""
    after: str = ""
    text: str = ""


@dataclass
class Entry:
    """An event as its reader may see it. `actor` and `reason` are empty for the public."""

    at: datetime
    act: Text
    document_no: str = ""
    changes: list[Change] = field(default_factory=list)
    actor: str = ""
    reason: str = ""


def entries_of(model: type[models.Model], events: list[Event], viewer: Any, *, inside: bool) -> Iterator[Entry]:
    names = names_in(model, events, viewer)
    entries = (entry_of(model, event, names, inside=inside) for event in events)
    return (entry for entry in entries if entry is not None)


def entry_of(model: type[models.Model], event: Event, names: dict, *, inside: bool) -> Entry | None:
    """The event as text; None if its reader may see nothing of it."""
    entry = Entry(event.at, act_of(event), event.document_no)
    if event.verb == "take-over" and event.document_no:
        entry.act = _("Entered from an old ledger, paper number %(number)s") % {"number": event.document_no}
        entry.document_no = ""
    entry.changes = list(_changes(model, event, names, inside=inside))
    if inside or event.verb in WHY_PUBLIC:
        entry.reason = event.reason
    if inside:
        entry.actor = str(event.actor or "")
    elif event.verb in ("change", "parts") and not entry.changes:
        return None
    return entry


def act_of(event: Event) -> Text:
    """What was done; of a point's status, level or grade: what it is now, such as “Named (district, premium)”."""
    if event.verb != "standing":
        return VERBS.get(event.verb, VERBS["change"])
    columns = columns_of(StatusPeriod)
    fields = [columns[name] for name in ("status", "level", "grade") if event.changes.get(name)]
    labels = [dict(column.flatchoices).get(event.changes[column.name][1]) for column in fields]
    first, *others = [str(label) for label in labels if label] or [str(VERBS["standing"])]
    return _("%(status)s (%(title)s)") % {"status": first, "title": _(", ").join(others)} if others else first


def _changes(model: type[models.Model], event: Event, names: dict, *, inside: bool) -> Iterator[Change]:
    order = [*columns_of(model), *event.changes]  # databases may store them in another order
    for name in sorted(event.changes, key=order.index):
        value = event.changes[name]
        privacy = visibility_of(model, name)
        if name in (model._meta.pk.name, "published") or (privacy != Visibility.PUBLIC and not inside):
            continue
        if isinstance(value, dict):
            yield Change(_label_of_parts(name), text=_describe_parts(name, value, names, inside=inside))
        elif privacy == Visibility.PERSONAL:
            yield Change(label_of(model, name), "…", "…")
        else:
            before, after = (words_of(model, name, item, names) for item in value)
            if before != after:
                yield Change(label_of(model, name), before, after)


@cache
def columns_of(model: type[models.Model]) -> dict[str, models.Field]:
    """The columns that events may name, in order: the record's own, then those of its parts."""
    owners = (Remark, Confirmation, StatusPeriod, model)
    named = {column.name: column for owner in owners for column in owner._meta.concrete_fields}
    order = [column.name for owner in reversed(owners) for column in owner._meta.concrete_fields]
    return {name: named[name] for name in dict.fromkeys(order)}


def label_of(model: type[models.Model], name: str) -> Text:
    own = columns_of(model).get(name)
    if own is not None:
        return own.verbose_name
    if name in BY_NAME:
        return BY_NAME[name].label
    lists = {field.name: field.verbose_name for field in model._meta.many_to_many}
    lists |= {"predecessors": gettext_lazy("merged into it")}
    if name in lists:
        return lists[name]
    return EvidenceKind(name).label if name in EvidenceKind else name


def _label_of_parts(name: str) -> Text:
    part_model = models_by_name().get(name)
    return part_model._meta.verbose_name_plural or name if part_model else name


def _describe_parts(name: str, parts: dict[str, list], names: dict, *, inside: bool) -> str:
    part = models_by_name().get(name)
    sentences = {"added": _("added: %(names)s"), "changed": _("changed: %(names)s"), "removed": _("removed: %(names)s")}
    phrases = [
        sentences[how] % {"names": "、".join(_describe_part(part, entry, names, inside=inside) for entry in listed)}
        for how, listed in parts.items()
        if how in sentences
    ]
    return pgettext("between reasons", "; ").join(phrases)


def _describe_part(part: type[models.Model] | None, change: Any, names: dict, *, inside: bool) -> str:
    """A part by name, with its values before and now as far as the reader may see them."""
    if isinstance(change, str) or part is None:
        return change if isinstance(change, str) else change["part"]
    fields = []
    for name, (before, after) in change["changes"].items():
        privacy = visibility_of(part, name)
        if name == part._meta.pk.name or (privacy != Visibility.PUBLIC and not inside):
            continue
        is_personal = privacy == Visibility.PERSONAL
        words = ["…", "…"] if is_personal else [words_of(part, name, item, names) for item in (before, after)]
        if is_personal or words[0] != words[1]:
            fields.append(f"{label_of(part, name)} {words[0]} → {words[1]}")
    if not fields:
        return change["part"]
    return _("%(name)s (%(changes)s)") % {"name": change["part"], "changes": _(", ").join(fields)}


def words_of(model: type[models.Model], name: str, value: Any, names: dict) -> str:
    """A stored value as text for people."""
    own = columns_of(model).get(name)
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, list):
        return "、".join(str(item.get("name", "…") if isinstance(item, dict) else item) for item in value)
    if own is None:
        return BY_NAME[name].words(str(value)) if name in BY_NAME else str(value)
    if own.is_relation:
        return names.get((own.related_model, str(value)), "…")
    if own.choices:
        return str(dict(own.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(own, models.JSONField | models.FileField):
        return "…"
    return _number(value) if isinstance(own, models.DecimalField) else str(value)


def _number(value: Any) -> str:
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except InvalidOperation:
        return str(value)


def names_in(model: type[models.Model], events: Iterable[Event], viewer: Any) -> dict[tuple, str]:
    """The names of all records in the events that `viewer` may see: one query per model."""
    keys_by_model: dict[type[models.Model], set[str]] = {}
    for event in events:
        for of, name, value in _values_in(model, event.changes):
            own = columns_of(of).get(name)
            if own is not None and own.related_model is not None and isinstance(value, list):
                keys = {str(key) for key in value if key not in (None, "…")}
                keys_by_model.setdefault(own.related_model, set()).update(keys)
    names: dict[tuple, str] = {}
    for related, keys in keys_by_model.items():
        rows = all_rows(related)
        rows = rows.visible_to(viewer) if isinstance(rows, ScopedQuerySet) else rows
        names |= {(related, str(row.pk)): str(row) for row in rows.filter(pk__in=keys)}
    return names


def _values_in(model: type[models.Model], changes: dict[str, Any]) -> Iterator[tuple[type[models.Model], str, Any]]:
    """(model, column, value) of an event's changes, and of those of its parts."""
    for name, value in changes.items():
        part = models_by_name().get(name)
        if part is None or not isinstance(value, dict):
            yield model, name, value
            continue
        for part_entry in (entry for listed in value.values() for entry in listed if isinstance(entry, dict)):
            yield from ((part, column, both) for column, both in part_entry["changes"].items())


def all_rows(model: type[models.Model]) -> Any:
    """The rows of a model including voided ones, because their history stays."""
    manager = model._default_manager
    return manager.with_voided() if isinstance(manager, VoidableManager) else manager.all()


def part_names(parts: dict[str, list]) -> dict[str, list[str]]:
    """The public content of changed parts: their names."""
    return {
        how: [entry if isinstance(entry, str) else entry["part"] for entry in listed] for how, listed in parts.items()
    }


@cache
def models_by_name() -> dict[str, type[models.Model]]:
    own = [model for label in ("registry", "assessment") for model in apps.get_app_config(label).get_models()]
    return {str(model._meta.model_name): model for model in own}
