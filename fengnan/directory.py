"""The directory of everything public, and the brands of the six types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.scope import Scope, read_scope
from registry.figures import FIGURES
from registry.figures.measures import Measure, compile_numbers, fetch_numbers
from registry.kinds import KINDS
from registry.models import Brand, Field, Term, TermList

SHELVES = (  # the record kinds that have a page, under the words people look for
    (gettext_lazy("Showcase"), ("points", "belts", "zones", "whole-area-townships", "honours", "external-results")),
    (
        gettext_lazy("Brand"),
        (
            "brands",
            "special-actions",
            "attachments",
            "villages",
            "incomes",
            "elections",
            "communities",
            "red-districts",
        ),
    ),
    (gettext_lazy("Effect"), ("consortia", "donations", "routes", "teaching-sites", "hosted-events", "visits")),
    (gettext_lazy("Guarantee"), ("projects", "problems", "funds", "wage-rules", "policy-documents")),
    (gettext_lazy("Assessment"), ("schemes", "results", "notices", "standards", "standard-items")),
    (
        gettext_lazy("Foundations"),
        ("townships", "organisations", "units", "terms", "parameters", "calendar-days", "year-declarations"),
    ),
)


def directory(request: HttpRequest) -> HttpResponse:
    """Every list the public may read, with its number of rows on the day."""
    scope = read_scope(request.GET, request.user)
    slugs = [slug for _title, shelf in SHELVES for slug in shelf]
    counts = _counts(slugs, scope)
    shelves = [
        (title, [(KINDS[slug].label, reverse("records", args=[slug]), counts.get(slug, 0)) for slug in shelf])
        for title, shelf in SHELVES
    ]
    pages = [
        (_("Townships compared"), reverse("records", args=["townships"])),
        (_("Needs attention"), reverse("attention")),
        (_("Yearly forms"), reverse("coverage")),
        (_("Brands of the six types"), reverse("brand-matrix")),
        (_("Year reports"), reverse("reports")),
        (_("Three levels of guarantee"), reverse("guarantee")),
        (_("Figures and their definitions"), reverse("figures")),
        (_("REST API"), reverse("api-docs")),
    ]
    return render(request, "dashboard/directory.html", {"scope": scope, "shelves": shelves, "pages": pages})


def _counts(slugs: list[str], scope: Scope) -> dict[str, int]:
    """The number of rows of each kind; that of the points comes from the kept counts, if they have it."""
    points = FIGURES["points"].tallied_count(scope, {})
    asked = [slug for slug in slugs if slug != "points" or points is None]
    counts = fetch_numbers(compile_numbers([Measure(KINDS[slug].on(scope)) for slug in asked]))
    return {"points": points or 0} | dict(zip(asked, counts, strict=True))


def brand_matrix(request: HttpRequest) -> HttpResponse:
    """The six types, each with its brands in use and the organisations that keep them (F22, F23)."""
    scope = read_scope(request.GET, request.user)
    brands: dict[str, list[Brand]] = {}
    for brand in scope.sees(Brand).in_use(scope.as_of).select_related("organisation", "area").order_by("code"):
        brands.setdefault(brand.field, []).append(brand)
    types = [
        (term, Field(term.field).label if term.field else "", brands.get(term.field, []))
        for term in Term.objects.public().of(TermList.SIX_TYPES, scope.as_of)
    ]
    return render(request, "dashboard/brands.html", {"scope": scope, "types": types})
