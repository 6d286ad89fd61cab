"""The history of a record as text: the public part for everybody, all of it for the staff of its area."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.permissions import contains_district, may, may_read_event
from registry.fields.points import BY_NAME
from registry.kinds import KINDS, Kind
from registry.kinds.field_visibility import Visibility, visibility_of
from registry.models import Confirmation, DemonstrationPoint, Event, EvidenceKind, Remark, ScopedQuerySet, StatusPeriod
from registry.models.base import VoidableManager, in_area_q
from registry.models.points import PUBLIC

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
    "score": gettext_lazy("Scores entered"),
    "scored": gettext_lazy("Scored"),
    "recheck": gettext_lazy("Checked again"),
    "confirm": gettext_lazy("Confirmed for the year"),
    "sign-off": gettext_lazy("Signed off"),
    "freeze": gettext_lazy("Promise frozen"),
    "appeal": gettext_lazy("Appealed against"),
    "appeal-settled": gettext_lazy("Appeal answered"),
    "photo": gettext_lazy("Photo or document added or taken off"),
    "parts": gettext_lazy("Parts changed"),
    "close-year": gettext_lazy("Year closed"),
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
        "parts",
        "sign-off",
        "remark-answered",
        "void",
        "restore",
        "correct",
    }
)
WHY_PUBLIC = frozenset({"void", "restore", "correct"})  # actions with a public reason
LATELY = timedelta(days=14)


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


def history_of(record: Any, viewer: Any) -> list[Entry]:
    """The history of `record`, the newest first, as far as `viewer` may see it. The public sees nothing from before a
    point was named, no internal action, and no field that no page shows."""
    events = list(events_of(record).select_related("actor"))
    if viewer is not None and viewer.is_authenticated and may(viewer, "record.view", record):
        return list(_entries(type(record), events, viewer, inside=True))
    return list(_entries(type(record), _published(record, events), viewer, inside=False))


def events_of(record: Any) -> models.QuerySet[Event]:
    return Event.objects.filter(kind=record._meta.model_name, code=str(getattr(record, "code", record.pk)))


def _published(record: Any, events: list[Event]) -> list[Event]:
    """The public events, none from before a title was given."""
    events = [event for event in events if event.verb in PUBLIC_VERBS]
    if isinstance(record, DemonstrationPoint):
        return _since_naming(record, events)
    rows = type(record)._default_manager.all()
    if not isinstance(rows, ScopedQuerySet) or not rows.public_rows():
        return events
    return _since_published(record, events) if getattr(record, "public_from", "") else []


def _since_published(record: Any, events: list[Event]) -> list[Event]:
    """For a record that a date makes public, such as a project's opening: no events from before it had one."""
    day = record.public_from
    if getattr(record, day) is None:
        return []
    filled = [event for event in events if (event.changes.get(day) or [""])[0] is None]
    return [event for event in events if not filled or event.pk >= filled[-1].pk]


def _since_naming(point: DemonstrationPoint, events: list[Event]) -> list[Event]:
    if not events:
        return []
    events = [event for event in events if event.verb != "standing" or _statuses(event)[1] in PUBLIC]
    first = next((event for event in reversed(events) if event.verb == "standing"), None)
    if first and _statuses(first)[0] not in PUBLIC:
        return [event for event in events if event.pk >= first.pk]
    named = point.periods.filter(status__in=PUBLIC).order_by("valid_from").values_list("valid_from", flat=True).first()
    return [event for event in events if named and timezone.localdate(event.at) >= named]


def _statuses(event: Event) -> list[str]:
    return event.changes.get("status", ["", ""])


def _entries(model: type[models.Model], events: list[Event], viewer: Any, *, inside: bool) -> Iterator[Entry]:
    names = _names(model, events, viewer)
    entries = (_entry(model, event, names, inside=inside) for event in events)
    return (entry for entry in entries if entry is not None)


def _entry(model: type[models.Model], event: Event, names: dict, *, inside: bool) -> Entry | None:
    """The event as text; None if its reader may see nothing of it."""
    entry = Entry(event.at, VERBS.get(event.verb, VERBS["change"]), event.document_no)
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
    if name in lists:
        return lists[name]
    return EvidenceKind(name).label if name in EvidenceKind else name


def _label_of_parts(name: str) -> Text:
    part_model = _models().get(name)
    return part_model._meta.verbose_name_plural if part_model else name


def _describe_parts(name: str, parts: dict[str, list], names: dict, *, inside: bool) -> str:
    part = _models().get(name)
    sentences = {"added": _("added: %(names)s"), "changed": _("changed: %(names)s"), "removed": _("removed: %(names)s")}
    phrases = [
        sentences[how] % {"names": "、".join(_describe_part(part, entry, names, inside=inside) for entry in listed)}
        for how, listed in parts.items()
        if how in sentences
    ]
    return "; ".join(phrases)


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
    return f"{change['part']} ({', '.join(fields)})" if fields else change["part"]


def words_of(model: type[models.Model], name: str, value: Any, names: dict) -> str:
    """A stored value as text for people."""
    own = columns_of(model).get(name)
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, list):
        return "、".join(map(str, value))
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


def _names(model: type[models.Model], events: Iterable[Event], viewer: Any) -> dict[tuple, str]:
    """The names of all records in the events that `viewer` may see: one query per model."""
    keys_by_model: dict[type[models.Model], set[str]] = {}
    for event in events:
        for of, name, value in _values_in(model, event.changes):
            own = columns_of(of).get(name)
            if own is not None and own.is_relation and isinstance(value, list):
                keys = {str(key) for key in value if key not in (None, "…")}
                keys_by_model.setdefault(own.related_model, set()).update(keys)
    names = {}
    for related, keys in keys_by_model.items():
        rows = all_rows(related)
        rows = rows.visible_to(viewer) if isinstance(rows, ScopedQuerySet) else rows
        names |= {(related, str(row.pk)): str(row) for row in rows.filter(pk__in=keys)}
    return names


def _values_in(model: type[models.Model], changes: dict[str, Any]) -> Iterator[tuple[type[models.Model], str, Any]]:
    """(model, column, value) of an event's changes, and of those of its parts."""
    for name, value in changes.items():
        part = _models().get(name)
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
def _models() -> dict[str, type[models.Model]]:
    own = [model for label in ("registry", "assessment") for model in apps.get_app_config(label).get_models()]
    return {str(model._meta.model_name): model for model in own}


@cache
def _kinds_of(name: str) -> tuple[Kind, ...]:
    """The kinds whose pages show records of the model `name`."""
    return tuple(kind for kind in KINDS.values() if kind.model._meta.model_name == name and not kind.redacted)


@dataclass(frozen=True)
class News:
    """A recent change: the record, its page, the action, the time and the account."""

    about: str
    url: str
    at: datetime
    act: Text
    actor: str


def lately(viewer: Any, today: date, most: int = 15) -> list[News]:
    """The changes within fourteen days in the area `viewer` reads, the newest first; only records with a page."""
    if not may(viewer, "record.view"):
        return []
    since = timezone.make_aware(datetime.combine(today - LATELY, time.min))
    events = Event.objects.filter(at__gte=since, kind__in=[name for name in _models() if _kinds_of(name)])
    if not viewer.reads_everything:
        events = events.filter(readable(viewer.read_prefix))
    latest = list(events.select_related("actor")[: most * 3])
    records = {}
    for name in {event.kind for event in latest}:
        codes = {event.code for event in latest if event.kind == name}
        rows = all_rows(_models()[name]).visible_to(viewer).filter(code__in=codes)
        records |= {(name, record.code): record for record in rows}
    news = (_news(event, records.get((event.kind, event.code))) for event in latest)
    return [item for item in news if item is not None][:most]


@dataclass(frozen=True)
class Changed:
    """A changed record, its page, and its history."""

    about: str
    url: str
    entry: Entry


def changed_since(since: date, kinds: Iterable[str], area: str, viewer: Any, most: int = 50) -> list[Changed]:
    """The changes since the day `since` of records of `kinds` in `area`, the newest first, as far as `viewer` may see
    them. Redacted kinds are left out."""
    start = timezone.make_aware(datetime.combine(since, time.min))
    names = {KINDS[slug].model._meta.model_name for slug in kinds if not KINDS[slug].redacted}
    events = Event.objects.filter(readable(area), at__gte=start, kind__in=names).select_related("actor")
    if viewer is None or not viewer.is_authenticated:
        events = events.filter(verb__in=PUBLIC_VERBS)
    of_model: dict[str, list[Event]] = {}
    for event in events[: most * 3]:
        of_model.setdefault(event.kind, []).append(event)
    entries = [item for name, group in of_model.items() for item in _changed(_models()[name], group, viewer)]
    return sorted(entries, key=lambda item: item.entry.at, reverse=True)[:most]


def _changed(model: type[models.Model], events: list[Event], viewer: Any) -> Iterator[Changed]:
    key = "code" if hasattr(model, "code") else "pk"
    rows = all_rows(model).visible_to(viewer).filter(**{f"{key}__in": {event.code for event in events}})
    names = _names(model, events, viewer)
    for record in rows:
        own = [event for event in events if event.code == str(getattr(record, key))]
        inside = may(viewer, "record.view", record)
        url = reverse("record", args=[_kind_of(own[0]).slug, own[0].code])
        for event in own if inside else _published(record, own):
            entry = _entry(model, event, names, inside=inside)
            if entry:
                yield Changed(str(record), url, entry)
    gone = [event for event in events if event.verb == "delete" and may_read_event(viewer, event)]
    for event in gone:
        about = (event.changes.get("name") or event.changes.get("title") or [event.code])[0]
        yield Changed(
            about, "", Entry(event.at, VERBS["delete"], event.document_no, [], str(event.actor), event.reason)
        )


def readable(prefix: str) -> models.Q:
    """Events of the area `prefix`. Events without an area belong to the whole district, like the records."""
    own = in_area_q(prefix, "area")
    return own | models.Q(area="") if contains_district(prefix) else own


def _news(event: Event, record: Any) -> News | None:
    if record is None:
        return None
    url = reverse("record", args=[_kind_of(event).slug, event.code])
    return News(str(record), url, event.at, VERBS.get(event.verb, VERBS["change"]), str(event.actor or ""))


def _kind_of(event: Event) -> Kind:
    kinds = _kinds_of(event.kind)
    return kinds[-1] if len(kinds) > 1 and len(event.code) > 9 else kinds[0]  # of areas: villages, else townships
