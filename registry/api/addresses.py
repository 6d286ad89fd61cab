"""The addresses of the resources."""

from django.urls import path

from . import catalogue  # noqa: F401  (it declares the own resources)
from .events import EventDetail, EventList
from .lists import DetailView, ListView
from .resources import RESOURCES

OWN_VIEWS = {"events": (EventList, EventDetail)}


def addresses() -> list:
    """A list and a record of every resource that was declared."""
    found = []
    for slug, resource in RESOURCES.items():
        name = "".join(part.title() for part in slug.split("-"))
        bases = OWN_VIEWS.get(slug, (ListView, DetailView))
        listed, one = (type(f"{name}{base.__name__}", (base,), {"resource": resource}) for base in bases)
        found += [
            path(f"{slug}/", listed.as_view(), name=f"api-{slug}-list"),
            path(f"{slug}/<str:code>/", one.as_view(), name=f"api-{slug}"),
        ]
    return found
