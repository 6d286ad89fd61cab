"""How an area ends: villages merge into one on a day, what is in force on it goes to the successor, and what was before
stays; or an area ends without a successor."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry import models as m
from registry.models.base import guard_lifted, valid_on
from registry.text.area_codes import township_of
from registry.text.refusals import Refused, raise_first

from .areas import BELOW_TOWNSHIP, RIGHT, add_area, refusals_to_add_area, refusals_to_change_area
from .dependents import relations_of
from .records import ChangeSet, changes_between, index, locked, part_change, save_record, values_of

VERB, MOVE = "merge-area", "move"
MERGED = "villages that merge, and what lies in them"
SHOWN = 20  # names of a group on the page
HAPPENED = _("It happened before that day, or ended: it stays with the area it was in.")
REASONS = {
    "collectiveincome": _("A year's income is that of the village of the time."),
    "communityattainment": _("A verdict is that of the community of the time."),
    "consortiummembership": _("A village that left a consortium stays in its history."),
    "honour": _("An honour stays with the place it was granted to."),
    "evidence": _("A photo or paper is shown with its point, wherever that stands."),
}
CHOSEN = _("You chose to leave it. It stays in an area that has ended.")
WITHOUT = {m.AreaAlias, m.SearchEntry, m.KnownHeading, m.Load}  # go with their area, or with what they are about


@dataclass(frozen=True)
class Moving:
    """Rows that go to the successor: `rows(day)` are those of `model` that are in force on the day, or begin later."""

    model: type[models.Model]
    rows: Callable[[date], QuerySet]


MOVING: dict[str, Moving] = {}


def declare_moving(*declared: Moving) -> None:
    for moving in declared:
        MOVING[str(moving.model._meta.model_name)] = moving


def until_after(model: Any, end: str, day: date) -> QuerySet:
    """Rows of the model that have no end by `day`."""
    return model.objects.unscoped(MERGED).filter(Q(**{end: None}) | Q(**{f"{end}__gt": day}))


def on_or_after(model: Any, column: str, day: date) -> QuerySet:
    return model.objects.unscoped(MERGED).filter(**{f"{column}__gte": day})


def _points(day: date) -> QuerySet:
    over = m.StatusPeriod.objects.filter(
        valid_on(day), point=OuterRef("pk"), status__in=(m.PointStatus.WITHDRAWN, m.PointStatus.REFUSED)
    )
    return m.DemonstrationPoint.objects.unscoped(MERGED).exclude(Exists(over))


def _attachments(day: date) -> QuerySet:
    """Those of records that move."""
    moving = Q(pk__in=[])
    for kind in m.AttachableKind.values:
        declared = MOVING.get(str(m.attachable(kind).model._meta.model_name))
        if declared:
            moving |= Q(kind=kind, target_code__in=declared.rows(day).values("code"))
    return until_after(m.Attachment, "valid_to", day).filter(moving)


declare_moving(
    # the first: it asks which records are going to move
    Moving(m.Attachment, _attachments),
    Moving(m.PartyOrganisation, partial(until_after, m.PartyOrganisation, "dissolved_on")),
    Moving(m.Unit, lambda day: m.Unit.objects.unscoped(MERGED)),
    Moving(m.DemonstrationPoint, _points),
    Moving(m.Draft, lambda day: m.Draft.objects.unscoped(MERGED).unsettled()),
    Moving(m.Brand, partial(until_after, m.Brand, "ended_on")),
    Moving(m.RedBusinessDistrict, partial(until_after, m.RedBusinessDistrict, "closed_on")),
    Moving(m.Consortium, partial(until_after, m.Consortium, "ended_on")),
    Moving(m.Belt, partial(until_after, m.Belt, "ended_on")),
    Moving(m.Zone, partial(until_after, m.Zone, "ended_on")),
    Moving(m.StudyRoute, partial(until_after, m.StudyRoute, "closed_on")),
    Moving(m.TeachingSite, partial(until_after, m.TeachingSite, "ended_on")),
    Moving(m.Visit, partial(on_or_after, m.Visit, "visited_on")),
    Moving(m.HostedEvent, partial(on_or_after, m.HostedEvent, "held_on")),
    Moving(m.Donation, partial(on_or_after, m.Donation, "donated_on")),
    Moving(m.Fund, partial(on_or_after, m.Fund, "arrived_on")),
    Moving(m.Remark, lambda day: m.Remark.objects.unscoped(MERGED).open()),
)


@dataclass(frozen=True)
class Group:
    """Rows of one model in the plan of a merger, and why they stay."""

    slug: str
    label: str | Promise | None
    count: int
    names: Sequence[str] = ()
    why: str | Promise = ""

    @property
    def more(self) -> int:
        return self.count - len(self.names)


@dataclass(frozen=True)
class Plan:
    """What a merger does: rows that move, rows that end on the day, and rows that stay."""

    moving: list[Group]
    ending: list[Group]
    staying: list[Group]


@dataclass(frozen=True)
class Merger:
    """`areas` end on the day `on` and are merged into `into`, which may be one of the district or new."""

    areas: Sequence[m.Area]
    into: m.Area
    on: date
    leave: Collection[str] = ()

    @property
    def codes(self) -> list[str]:
        return [area.code for area in self.areas]


def _group(model: Any, rows: Iterable[Any]) -> Group:
    listed = list(rows)
    names = [str(row) for row in listed[:SHOWN]]
    return Group(str(model._meta.model_name), model._meta.verbose_name_plural, len(listed), names)


def _moving_rows(codes: Collection[str], day: date) -> Iterator[tuple[Any, QuerySet]]:
    for moving in MOVING.values():
        yield moving.model, moving.rows(day).filter(area__in=codes).order_by("pk")


def _accounts(codes: Collection[str]) -> QuerySet:
    return m.User.objects.filter(Q(read_prefix__in=codes) | Q(write_prefix__in=codes)).order_by("username")


def _memberships(codes: Collection[str], day: date) -> QuerySet:
    rows = m.ConsortiumMembership.objects.filter(village__in=codes).filter(Q(valid_to=None) | Q(valid_to__gt=day))
    return rows.select_related("consortium", "village").order_by("pk")


def _verdicts(codes: Collection[str], day: date) -> QuerySet:
    return m.CommunityAttainment.objects.unscoped(MERGED).filter(area__in=codes, valid_to=None, valid_from__lt=day)


def rows_in_force(areas: Sequence[m.Area], day: date) -> list[Any]:
    """A few rows of the areas that are in force on the day: accounts, memberships, and what would move."""
    codes = [area.code for area in areas]
    rows: list[Any] = [*_accounts(codes)[:1], *_memberships(codes, day)[:1], *_verdicts(codes, day)[:1]]
    with guard_lifted(MERGED):
        for _model, found in _moving_rows(codes, day):
            rows += found[:1]
    return rows


def plan_of(merger: Merger) -> Plan:
    """What would move, end and stay. Nothing is written."""
    with guard_lifted(MERGED):
        groups = [(_group(model, rows), set(rows.values_list("pk", flat=True))) for model, rows in _in_area(merger)]
        moved = {group.slug: keys for group, keys in groups if group.slug not in merger.leave}
        ending = [_group(rows.model, rows) for rows in _ending(merger)]
        moved |= {str(rows.model._meta.model_name): set(rows.values_list("pk", flat=True)) for rows in _ending(merger)}
        accounts = _group(m.User, _accounts(merger.codes))
        moving = [group for group, _keys in groups if group.count] + ([accounts] if accounts.count else [])
        return Plan(moving, [group for group in ending if group.count], list(_staying(merger, moved)))


def _in_area(merger: Merger) -> Iterator[tuple[Any, QuerySet]]:
    return _moving_rows(merger.codes, merger.on)


def _ending(merger: Merger) -> list[QuerySet]:
    return [_memberships(merger.codes, merger.on), _verdicts(merger.codes, merger.on)]


def _staying(merger: Merger, moved: dict[str, set]) -> Iterator[Group]:
    """The rows that refer to the areas and neither move nor end."""
    for relation in relations_of(m.Area):
        model, name = relation.related_model, relation.field.name
        if model is m.Area or model in WITHOUT or model._meta.auto_created:
            continue
        slug = str(model._meta.model_name)
        rows = model._base_manager.filter(**{f"{name}__in": merger.codes}).exclude(pk__in=moved.get(slug, ()))
        if count := rows.count():
            why = CHOSEN if slug in merger.leave else REASONS.get(slug, HAPPENED)
            yield Group(slug, model._meta.verbose_name_plural, count, (), why)


def refusals_to_merge(merger: Merger, *, by: Any) -> Iterator[Refused]:
    """All refusals against this merger."""
    for area in merger.areas:
        yield from refusals_to_change_area(area, on=merger.on, by=by)
        if area.level not in BELOW_TOWNSHIP:
            yield Refused("merge_level", name=area.name)
        if township_of(area.code) != township_of(merger.into.code):
            yield Refused("merge_across", name=area.name, into=merger.into.name)
    if not merger.areas or merger.into.code in merger.codes:
        yield Refused("merge_itself")
    if merger.into._state.adding:
        yield from refusals_to_add_area(merger.into, by=by)
    elif not merger.into.exists_on(merger.on) or merger.into.valid_to is not None:
        yield Refused("merge_into_none", name=merger.into.name, day=merger.on)


@transaction.atomic
def merge_areas(merger: Merger, *, reason: str, document_no: str, by: Any) -> m.Area:
    """Ends the areas on the day, and moves what is in force on it to their successor; each record gets its event.
    Raises Refused, and ValidationError where the successor has the same already."""
    stored = m.Area.objects.unscoped(MERGED).select_for_update().filter(code__in=[*merger.codes, merger.into.code])
    by_code = {area.code: area for area in stored.order_by("code")}
    into = by_code.get(merger.into.code, merger.into)
    merger = replace(merger, areas=[by_code[code] for code in merger.codes], into=into)
    raise_first(refusals_to_merge(merger, by=by))
    changes = ChangeSet(by, reason, document_no)
    if into._state.adding:
        add_area(into, by=by, reason=reason, document_no=document_no, key=changes.key)
    with guard_lifted(MERGED):
        for model, rows in list(_in_area(merger)):
            if model._meta.model_name not in merger.leave:
                _move(list(rows), into, changes)
        for membership in list(_memberships(merger.codes, merger.on)):
            _hand_on(membership, into, merger.on, changes)
        for verdict in list(_verdicts(merger.codes, merger.on)):
            verdict.valid_to = merger.on
            _save(verdict, "change", changes)
    if "user" not in merger.leave:
        _move_accounts(merger, changes)
    for area in merger.areas:
        area.valid_to, area.successor = merger.on, into
        _save(area, VERB, changes)
    names = [f"{area.name} ({area.code})" for area in merger.areas]
    changes.log(VERB, into, {"predecessors": [[], names]})
    return into


def _save(record: Any, verb: str, changes: ChangeSet) -> None:
    """Saves a changed record at its next version, with its event and its search entry."""
    record.full_clean()
    stored = type(record)._base_manager.get(pk=record.pk)
    record.version = stored.version + 1
    record.save()
    changes.log(verb, record, changes_between(values_of(stored), values_of(record)))
    index(record)


def _move(rows: list[Any], into: m.Area, changes: ChangeSet) -> None:
    for row in rows:
        before, row.area = row.area_id, into
        if isinstance(row, m.Draft):  # what is typed in it is no event
            m.Draft.objects.unscoped(MERGED).filter(pk=row.pk).update(area=into)
            changes.log(MOVE, row, {"area": [before, into.code]})
        else:
            _save(row, MOVE, changes)


def _hand_on(membership: m.ConsortiumMembership, into: m.Area, day: date, changes: ChangeSet) -> None:
    """The membership ends, and the successor's begins, unless it has one in the same consortium."""
    consortium, parts = membership.consortium, {}
    following = m.ConsortiumMembership(
        consortium=consortium, village=into, role=membership.role, valid_from=max(day, membership.valid_from),
        valid_to=membership.valid_to,
    )  # fmt: skip
    if membership.valid_from < day:
        before = values_of(membership)
        membership.valid_to = day
        membership.save()
        parts["changed"] = [part_change(membership, before, values_of(membership))]
    else:
        membership.delete()
        parts["removed"] = [part_change(membership, values_of(membership), {})]
    if not m.ConsortiumMembership.objects.filter(consortium=consortium, village=into).exists():
        following.save()
        parts["added"] = [part_change(following, {}, values_of(following))]
    changes.log("parts", consortium, {"consortiummembership": parts})


def _move_accounts(merger: Merger, changes: ChangeSet) -> None:
    for account in _accounts(merger.codes):
        before = {"read_prefix": account.read_prefix, "write_prefix": account.write_prefix}
        for name in before:
            if getattr(account, name) in merger.codes:
                setattr(account, name, merger.into.code)
        account.save(update_fields=[*before])
        after = {name: getattr(account, name) for name in before}
        changes.log("change_account", account, changes_between(before, after))


@transaction.atomic
def end_area(area: m.Area, *, on: date, reason: str, document_no: str, by: Any) -> m.Area:
    """The area exists until the day `on` and has no successor. Nothing in force may depend on it: that is merged or
    moved first."""
    opened, area = area.version, locked(area)
    raise_first(refusals_to_end_area(area, on=on, by=by))
    area.version, area.valid_to = opened, on
    return save_record(area, right=RIGHT, by=by, reason=reason, document_no=document_no)


def refusals_to_end_area(area: m.Area, *, on: date | None, by: Any) -> Iterator[Refused]:
    """All refusals against ending the area on the day `on`."""
    yield from refusals_to_change_area(area, on=on, by=by)
    if area.code == m.district_area():
        yield Refused("area_is_district", name=area.name)
    inside = m.Area.objects.unscoped("what lies in it").filter(parent=area, valid_to=None)
    rows = [*inside.order_by("code")[:3], *rows_in_force([area], on or timezone.localdate())]
    if rows:
        yield Refused("area_in_use", name=area.name, names="、".join(str(row) for row in rows[:3]))
