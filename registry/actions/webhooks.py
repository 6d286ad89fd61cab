"""Webhooks: the subscriptions, the allowed hosts, and the collection of events into calls."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.actions.records import ChangeSet, newest_event
from registry.actions.tokens import owners_for
from registry.kinds import KINDS
from registry.models import Delivery, DeliveryState, Event, HookHost, User, WebHook
from registry.text.refusals import Refused, raise_first

RIGHT = "hook.manage"
MOST_CHANGES = 100  # in one call
MOST_WAITING = 50  # waiting calls per hook; further events wait in their own table
REMOVAL_VERBS = ("delete", "void")
GAP = timedelta(minutes=5)  # longer than any transaction: a number still missing then was rolled back


def kinds_for_hooks() -> dict[str, Any]:
    """The record kinds that hooks may subscribe to: those with public rows."""
    return {slug: kind for slug, kind in KINDS.items() if not kind.redacted and hasattr(kind.model, "code")}


def parts_of(address: str) -> SplitResult:
    """The parts of a valid URL. Raises Refused for an invalid one."""
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.username or parts.password or parts.fragment or not address.isascii():
        raise Refused("hook_address", address=address[:80])
    if not address.isprintable() or " " in address:
        raise Refused("hook_address", address=address[:80])
    return parts


def host_of(address: str) -> HookHost:
    """The allowed host of this URL. Raises Refused if there is none."""
    name = (parts_of(address).hostname or "").lower()
    host = HookHost.objects.filter(host=name).first()
    if host is None:
        raise Refused("hook_host", host=name)
    return host


def _require_right(by: Any) -> None:
    if not may(by, RIGHT):
        raise Refused("not_allowed")


@transaction.atomic
def allow_host(host: str, *, is_private: bool = False, by: Any) -> HookHost:
    """Adds an allowed host. Raises Refused for an invalid host, ValidationError for an existing one."""
    _require_right(by)
    host = host.strip().lower()
    if parts_of(f"https://{host}/").netloc != host or ":" in host or "/" in host:
        raise Refused("hook_address", address=host[:80])
    allowed = HookHost(host=host, is_private=is_private, added_by=by)
    allowed.full_clean()
    allowed.save()
    ChangeSet(by).log("allow_host", allowed, {"host": [None, host], "is_private": [None, is_private]})
    return allowed


@transaction.atomic
def forbid_host(allowed: HookHost, *, by: Any) -> None:
    """Removes an allowed host: its hooks are not called any more."""
    _require_right(by)
    ChangeSet(by).log("forbid_host", allowed, {"host": [allowed.host, None]})
    allowed.delete()


def refusals_to_add_hook(owner: User, *, address: str, kinds: Collection[str], by: Any) -> Iterator[Refused]:
    """All refusals against this hook; empty if it may be added."""
    if not may(by, RIGHT) or not owners_for(by).filter(pk=owner.pk).exists():
        yield Refused("not_allowed")
    if not kinds or set(kinds) - kinds_for_hooks().keys():
        yield Refused("hook_kinds", kinds=", ".join(kinds_for_hooks()))
    try:
        host_of(address)
    except Refused as refusal:
        yield refusal


@transaction.atomic
def add_hook(owner: User, *, name: str, address: str, kinds: Collection[str], by: Any) -> WebHook:
    """Adds a hook for future events. Raises Refused."""
    raise_first(refusals_to_add_hook(owner, address=address, kinds=kinds, by=by))
    hook = WebHook(owner=owner, name=name, address=address, kinds=sorted(kinds), cursor=newest_event(), made_by=by)
    hook.full_clean()
    hook.save()
    changes = {"address": [None, address], "kinds": [None, " ".join(hook.kinds)]}
    ChangeSet(by).log("add_hook", hook, changes)
    return hook


@transaction.atomic
def switch_hook(hook: WebHook, *, on: bool, by: Any) -> WebHook:
    """Off: nothing is sent. On: delivery continues at once where it stopped, beginning with failed calls."""
    _require_right(by)
    hook = WebHook.objects.select_for_update().get(pk=hook.pk)
    if hook.is_on != on:
        hook.is_on = on
        hook.save()
        if on:
            hook.deliveries.exclude(state=DeliveryState.DELIVERED).update(
                state=DeliveryState.WAITING, attempts=0, next_try_at=timezone.now()
            )
        ChangeSet(by).log("switch_hook", hook, {"is_on": [not on, on]})
    return hook


def collect() -> int:
    """Turns new events into calls of the active hooks. Returns the number of new calls."""
    hooks = WebHook.objects.filter(is_on=True, owner__is_active=True)
    return sum(_collect(pk) for pk in hooks.values_list("pk", flat=True))


@transaction.atomic
def _collect(pk: int) -> int:
    hook = WebHook.objects.select_for_update(of=("self",)).select_related("owner").get(pk=pk)
    if not hook.is_on or hook.deliveries.filter(state=DeliveryState.WAITING).count() >= MOST_WAITING:
        return 0
    events = settled_after(hook.cursor, MOST_CHANGES)
    if not events:
        return 0
    hook.cursor = events[-1].pk
    hook.save(update_fields=["cursor"])
    changes = _visible_events(hook, events)
    if not changes:
        return 0
    Delivery.objects.create(hook=hook, changes=changes, next_try_at=timezone.now())
    return 1


def settled_after(cursor: int, most: int) -> list[Event]:
    """The next events after `cursor`, in order, up to the first gap. An open transaction may still write the missing
    numbers, so later events wait until none can be that old."""
    limit, settled, expected = timezone.now() - GAP, [], cursor + 1
    for event in Event.objects.filter(pk__gt=cursor).order_by("pk")[:most]:
        if event.pk != expected and event.at > limit:
            break
        settled.append(event)
        expected = event.pk + 1
    return settled


def _visible_events(hook: WebHook, events: list[Event]) -> list[dict]:
    """The events in the form the hook receives: record and verb, without values. Only what its account may see, and
    deletions of records inside the account's area."""
    chosen = {
        kind.model._meta.model_name: (slug, kind) for slug, kind in kinds_for_hooks().items() if slug in hook.kinds
    }
    codes: dict[str, set[str]] = {name: {event.code for event in events if event.kind == name} for name in chosen}
    visible = {
        (name, code)
        for name, (_slug, kind) in chosen.items()
        if codes[name]
        for code in kind.model.objects.visible_to(hook.owner)
        .filter(code__in=codes[name])
        .values_list("code", flat=True)
    }
    return [
        {"kind": chosen[event.kind][0], "code": event.code, "act": event.verb, "at": event.at.isoformat()}
        for event in events
        if (event.kind, event.code) in visible or (event.kind in chosen and _is_gone(hook, event))
    ]


def _is_gone(hook: WebHook, event: Event) -> bool:
    prefix = hook.owner.read_prefix
    return event.verb in REMOVAL_VERBS and bool(prefix) and event.area.startswith(prefix)
