"""Web hooks: who is told of changes; which hosts may be called; and from events to calls, in the background."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from registry.access.permissions import may
from registry.actions.records import ChangeSet
from registry.actions.tokens import owners_for
from registry.kinds import KINDS
from registry.models import Delivery, DeliveryState, Event, HookHost, User, WebHook
from registry.text.refusals import Refused, raise_first

RIGHT = "hook.manage"
MOST_CHANGES = 100  # in one call
MOST_WAITING = 50  # calls of one hook: then its events wait in their own table
GONE = ("delete", "void")
GAP = timedelta(minutes=5)  # longer than any transaction: an event that is missing by then was taken back


def told_kinds() -> dict[str, Any]:
    """The kinds of record that hooks may be told of: those that anybody may see rows of."""
    return {slug: kind for slug, kind in KINDS.items() if not kind.redacted and hasattr(kind.model, "code")}


def parts_of(address: str) -> SplitResult:
    """The parts of an address that can be called. Raises Refused for what is none."""
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
    """The entry of the list that allows this address. Raises Refused if there is none."""
    name = (parts_of(address).hostname or "").lower()
    found = HookHost.objects.filter(host=name).first()
    if found is None:
        raise Refused("hook_host", host=name)
    return found


def _insist(by: Any) -> None:
    if not may(by, RIGHT):
        raise Refused("not_allowed")


@transaction.atomic
def allow_host(host: str, *, is_private: bool = False, by: Any) -> HookHost:
    """Puts a host on the list. Raises Refused for what is no host, ValidationError if it stands there already."""
    _insist(by)
    host = host.strip().lower()
    if parts_of(f"https://{host}/").netloc != host or ":" in host or "/" in host:
        raise Refused("hook_address", address=host[:80])
    allowed = HookHost(host=host, is_private=is_private, added_by=by)
    allowed.full_clean()
    allowed.save()
    ChangeSet(by).tell("allow_host", allowed, {"host": [None, host], "is_private": [None, is_private]})
    return allowed


@transaction.atomic
def forbid_host(allowed: HookHost, *, by: Any) -> None:
    """Takes a host off the list: from now on its hooks are not called."""
    _insist(by)
    ChangeSet(by).tell("forbid_host", allowed, {"host": [allowed.host, None]})
    allowed.delete()


def refusals_to_add_hook(owner: User, *, address: str, kinds: Collection[str], by: Any) -> Iterator[Refused]:
    """Everything that stands against this hook; empty if it may be added."""
    if not may(by, RIGHT) or not owners_for(by).filter(pk=owner.pk).exists():
        yield Refused("not_allowed")
    if not kinds or set(kinds) - told_kinds().keys():
        yield Refused("hook_kinds", kinds=", ".join(told_kinds()))
    try:
        host_of(address)
    except Refused as refusal:
        yield refusal


@transaction.atomic
def add_hook(owner: User, *, name: str, address: str, kinds: Collection[str], by: Any) -> WebHook:
    """A new hook, told of what happens from now on. Raises Refused."""
    raise_first(refusals_to_add_hook(owner, address=address, kinds=kinds, by=by))
    newest = Event.objects.aggregate(newest=Max("pk"))["newest"] or 0
    hook = WebHook(owner=owner, name=name, address=address, kinds=sorted(kinds), cursor=newest, made_by=by)
    hook.full_clean()
    hook.save()
    told = {"address": [None, address], "kinds": [None, " ".join(hook.kinds)]}
    ChangeSet(by).tell("add_hook", hook, told)
    return hook


@transaction.atomic
def switch_hook(hook: WebHook, *, on: bool, by: Any) -> WebHook:
    """Off: nothing is sent. On: it goes on where it stopped, at once, with what was given up before everything else."""
    _insist(by)
    hook = WebHook.objects.select_for_update().get(pk=hook.pk)
    if hook.is_on != on:
        hook.is_on = on
        hook.save()
        if on:
            hook.deliveries.exclude(state=DeliveryState.DELIVERED).update(
                state=DeliveryState.WAITING, attempts=0, next_try_at=timezone.now()
            )
        ChangeSet(by).tell("switch_hook", hook, {"is_on": [not on, on]})
    return hook


def collect() -> int:
    """Turns new events into calls of the hooks that are on. Returns how many calls were made ready."""
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
    changes = _told(hook, events)
    if not changes:
        return 0
    Delivery.objects.create(hook=hook, changes=changes, next_try_at=timezone.now())
    return 1


def settled_after(cursor: int, most: int) -> list[Event]:
    """The next events after `cursor`, in order, up to the first gap. Where numbers are missing, a transaction may still
    be about to write them: what follows waits until none can be that old."""
    limit, settled, expected = timezone.now() - GAP, [], cursor + 1
    for event in Event.objects.filter(pk__gt=cursor).order_by("pk")[:most]:
        if event.pk != expected and event.at > limit:
            break
        settled.append(event)
        expected = event.pk + 1
    return settled


def _told(hook: WebHook, events: list[Event]) -> list[dict]:
    """What the hook is told of these events: which record, and what was done; no values. Only what its account may see,
    and that a record inside the account's area was deleted."""
    chosen = {kind.model._meta.model_name: (slug, kind) for slug, kind in told_kinds().items() if slug in hook.kinds}
    codes: dict[str, set[str]] = {name: {event.code for event in events if event.kind == name} for name in chosen}
    seen = {
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
        if (event.kind, event.code) in seen or (event.kind in chosen and _is_gone(hook, event))
    ]


def _is_gone(hook: WebHook, event: Event) -> bool:
    prefix = hook.owner.read_prefix
    return event.verb in GONE and bool(prefix) and event.area.startswith(prefix)
