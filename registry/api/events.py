"""Events in the API: the public part for everybody, all of it for the staff of the area."""

from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from registry.access.permissions import contains_district, may
from registry.access.scope import Scope
from registry.api.read_views import DetailView, ListView
from registry.api.serialize import Writer
from registry.kinds import Kind
from registry.kinds.field_visibility import Visibility, visibility_of
from registry.models import DemonstrationPoint, Event, StatusPeriod
from registry.models.points import PUBLIC
from registry.overviews.event_text import PUBLIC_VERBS, VERBS, WHY_PUBLIC, part_names
from registry.overviews.history import readable, readable_events
from registry.text.validators import plain_number

from .base import choice_parameter
from .resources import RESOURCES, Resource

POINT = DemonstrationPoint._meta.model_name


@cache
def models() -> dict[str, Any]:
    """The models that the API shows, by the model name that events store."""
    return {
        str(resource.model._meta.model_name): resource.model
        for resource in RESOURCES.values()
        if resource.slug != "events"
    }


@cache
def slugs() -> dict[str, str]:
    """The slug of the resource of each model."""
    return {str(resource.model._meta.model_name): slug for slug, resource in reversed(RESOURCES.items())}


def visible_events(scope: Scope) -> QuerySet:
    """The events that the viewer may see, of records in the area."""
    rows, viewer = readable_events(Event.objects.all(), scope.area), scope.viewer
    if not may(viewer, "record.view"):
        return rows.filter(published())
    if not may(viewer, "event.view"):
        rows = rows.filter(kind__in=[kind for kind, slug in slugs().items() if _may_read(viewer, RESOURCES[slug])])
    return rows if viewer.reads_everything else rows.filter(readable(viewer.read_prefix) | published())


def _may_read(viewer: Any, resource: Resource) -> bool:
    return not resource.right or may(viewer, resource.right)


def published() -> Q:
    """The public events. For a point these begin with its title, as on its history page."""
    always = [name for name, model in models().items() if not model._default_manager.all().public_rows()]
    named = StatusPeriod.objects.filter(point__code=OuterRef("code"), status__in=PUBLIC).order_by("valid_from")
    entered = Event.objects.filter(Q(changes__status__0=None) | ~Q(changes__status__0__in=PUBLIC), **_titled())
    first = entered.filter(code=OuterRef("code")).order_by("pk")
    since = Q(pk__gte=Subquery(first.values("pk")[:1]))
    since |= Q(at__date__gte=Subquery(named.values("valid_from")[:1])) & ~Q(code__in=entered.values("code"))
    shown_verbs = Q(verb__in=PUBLIC_VERBS - {"standing"}) | Q(**_titled())
    public = Exists(DemonstrationPoint.objects.with_voided().public().filter(code=OuterRef("code")))
    return Q(kind__in=always, verb__in=PUBLIC_VERBS) | (Q(kind=POINT) & shown_verbs & public & since)


def _titled() -> dict[str, Any]:
    return {"kind": POINT, "verb": "standing", "changes__status__1__in": list(PUBLIC)}


def serialize_events(rows: list[dict], scope: Scope) -> list[dict]:
    """Serializes events for the viewer. Outside the viewer's area they have no account, no reason, and only public
    fields."""
    viewer, visible = scope.viewer, []
    is_staff = may(viewer, "record.view")
    for row in rows:
        inside = is_staff and (viewer.reads_everything or _is_readable(row["area"], viewer.read_prefix))
        told_of = {
            name: change for name, change in row["changes"].items() if _is_visible_field(row["kind"], name, inside)
        }
        row["changes"] = {
            name: part_names(change) if isinstance(change, dict) and not inside else change
            for name, change in told_of.items()
        }
        if not inside:
            row["who"], row["reason"] = None, row["reason"] if row["verb"] in WHY_PUBLIC else ""
            if row["verb"] in ("change", "parts") and not row["changes"]:
                continue
        row["kind"] = slugs().get(row["kind"], row["kind"])
        row["act"] = str(VERBS.get(row["verb"], VERBS["change"]))
        visible.append(row)
    return visible


def _is_readable(area: str, prefix: str) -> bool:
    return area.startswith(prefix) if area else contains_district(prefix)


def _is_visible_field(name: str, field: str, inside: bool) -> bool:
    """Whether a changed field is visible. A foreign key is not: its number has no meaning in the API."""
    model = models().get(name)
    if model is None:
        return inside
    column = next((field for field in model._meta.concrete_fields if field.name == field), None)
    if column is not None and (column.primary_key or (column.is_relation and field != "area")):
        return False
    return inside or visibility_of(model, field) == Visibility.PUBLIC


class EventList(ListView):
    resource = RESOURCES["events"]

    def parameters(self) -> tuple[str, ...]:
        unmeant = {"search", "ordering", "expand", "fields", "as_of"}
        return (*(name for name in super().parameters() if name not in unmeant), "kind", "code", "verb")

    def rows(self, scope: Scope, parameters: Any) -> QuerySet:
        rows = visible_events(scope)
        kind = choice_parameter(parameters, "kind", ("", *slugs().values()))
        if kind:
            rows = rows.filter(kind=RESOURCES[kind].model._meta.model_name)
        if parameters.get("code"):
            rows = rows.filter(code=parameters["code"])
        verb = choice_parameter(parameters, "verb", ("", *VERBS))
        return rows.filter(verb=verb) if verb else rows

    def changed(self, rows: QuerySet, since: datetime) -> QuerySet:
        return rows.filter(at__gte=since)

    def gone(self, rows: QuerySet, scope: Scope, since: datetime) -> list[dict]:
        return []

    def written(self, writer: Writer, rows: list[dict], kind: Kind) -> list[dict]:
        return serialize_events(super().written(writer, rows, kind), writer.scope)


class EventDetail(DetailView):
    resource = RESOURCES["events"]
    is_cacheable = False  # its key is a number
    accepted = ("format",)

    def record_rows(self, scope: Scope, code: str) -> QuerySet:
        return visible_events(scope).filter(pk=plain_number(code) or 0)

    def written(self, writer: Writer, rows: list[dict], kind: Kind) -> list[dict]:
        return serialize_events(super().written(writer, rows, kind), writer.scope)
