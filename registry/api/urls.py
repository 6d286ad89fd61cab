"""The URL patterns of the resources."""

from typing import Any

from django.urls import path

from registry.api import catalogue  # noqa: F401  (it declares the own resources)
from registry.api.actions import ACTIONS, Creates, action_urls
from registry.api.bookings import BookingDetail, BookingList, PlacesView
from registry.api.events import EventDetail, EventList
from registry.api.loads import ACTS, LoadAct, LoadApply, LoadDetail, LoadList, LoadRows
from registry.api.points import DraftList, DraftView
from registry.api.read_views import DetailView, ListView
from registry.api.resources import RESOURCES
from registry.api.voiding import MarkView
from registry.api.write_schema import describe_adding, describe_list, describe_one
from registry.api.write_views import CollectionWrites, Single
from registry.loading.sheet_types import sheet_type_of

OWN_VIEWS: dict[str, tuple[type, type]] = {
    "events": (EventList, EventDetail),
    "bookings": (BookingList, BookingDetail),
}


def addresses() -> list:
    """The URL patterns of every registered resource and its actions."""
    patterns = []
    for slug, resource in RESOURCES.items():
        name = "".join(part.title() for part in slug.split("-"))
        bases: tuple[tuple[type, ...], ...] = tuple((view,) for view in OWN_VIEWS.get(slug, (ListView, DetailView)))
        if sheet_type_of(resource.model):
            bases = (CollectionWrites, *bases[0]), (Single, *bases[1])
        records = ACTIONS.get(slug)
        own: dict[str, Any] = {"resource": resource}
        if records and records.creates:
            bases, own = ((Creates, *bases[0]), bases[1]), own | {"records": records, "creates": records.creates}
        listed, detail = (_view(f"{name}{base[-1].__name__}", base, own) for base in bases)
        describe_list(listed, resource)
        describe_one(detail, resource)
        if records and records.creates:
            describe_adding(listed, slug, records.creates)
        patterns += [
            path(f"{slug}/", listed.as_view(), name=f"api-{slug}-list"),
            path(f"{slug}/<str:code>/", detail.as_view(), name=f"api-{slug}"),
        ]
    places = path("teaching-sites/<str:code>/places/", PlacesView.as_view(), name="api-teaching-sites-places")
    mark = path("<slug:slug>/<str:code>/entered-in-error/", MarkView.as_view(), name="api-mark")
    return [*patterns, places, mark, *action_urls(), *_of_drafts(), *_of_loads()]


def _view(name: str, bases: tuple[type, ...], own: dict[str, Any]) -> Any:
    return type(name, bases, own)


def _of_drafts() -> list:
    return [
        path("drafts/", DraftList.as_view(), name="api-drafts"),
        path("drafts/<str:code>/", DraftView.as_view(), name="api-draft"),
    ]


def _of_loads() -> list:
    acts = [
        path(f"loads/<uuid:key>/{act}/", _view(f"Load{act.title()}", (view,), {"act": act}).as_view(),
             name=f"api-load-{act}")
        for act, view in {**dict.fromkeys(ACTS, LoadAct), "apply": LoadApply}.items()
    ]  # fmt: skip
    return [
        path("loads/", LoadList.as_view(), name="api-loads"),
        path("loads/<uuid:key>/", LoadDetail.as_view(), name="api-load"),
        path("loads/<uuid:key>/rows/", LoadRows.as_view(), name="api-load-rows"),
        *acts,
    ]
