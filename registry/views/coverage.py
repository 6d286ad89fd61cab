"""Who reported a yearly form and who did not; the act that declares it complete."""

from collections.abc import Iterable
from itertools import groupby

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.permissions import may
from registry.access.scope import Scope, read_scope
from registry.actions.years import RIGHT, declare_year
from registry.figures import FIGURES, YEARLY_FORMS, with_years
from registry.figures.yearly import coverages_in
from registry.forms import Typed
from registry.models import Area, YearDeclaration
from registry.text.area_codes import is_below_township, is_township, township_of
from registry.text.refusals import Refused
from registry.text.validators import line

from .paging import page_within

AREAS_SHOWN = 500  # names of a page, below their townships


class DeclarationForm(forms.Form):
    reason = Typed(line(300), label=gettext_lazy("Remark"), required=False)


def coverage_list(request: HttpRequest) -> HttpResponse:
    """Every yearly form: how far the year is reported, and the newest year that is."""
    scope = with_years(read_scope(request.GET, request.user))
    year = scope.year or scope.as_of.year
    coverages = coverages_in(YEARLY_FORMS, scope, year)
    forms_of_year = [(coverage.form, coverage, scope.year_of(slug)) for slug, coverage in coverages.items()]
    return render(request, "registry/coverage/list.html", {"scope": scope, "year": year, "forms": forms_of_year})


def coverage_page(request: HttpRequest, form: str) -> HttpResponse:
    """The areas that reported a form for a year and those that did not. An administrator declares it complete here."""
    if form not in YEARLY_FORMS:
        raise Http404
    yearly, scope = YEARLY_FORMS[form], read_scope(request.GET, request.user)
    year = scope.year or scope.as_of.year
    refusal, typed = None, DeclarationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and typed.is_valid():
        try:
            declare_year(form, year, by=request.user, reason=typed.cleaned_data["reason"])
        except Refused as error:
            refusal = error
        else:
            words = {"form": yearly.label, "year": year}
            messages.success(request, _("%(form)s is declared complete for %(year)s.") % words)
            return redirect(f"{reverse('coverage-form', args=[form])}?year={year}")
    areas = {
        name: page_within(rows.select_related("parent"), request.GET, name, AREAS_SHOWN)
        for name, rows in (("missing", yearly.missing(scope, year)), ("reported", yearly.reported(scope, year)))
    }
    context = {
        "scope": scope,
        "year": year,
        "yearly": yearly,
        "coverage": coverages_in([form], scope, year)[form],
        "pages": areas,
        **{name: _by_township(page, scope) for name, page in areas.items()},
        "declaration": YearDeclaration.objects.public().filter(form=form, year=year).first(),
        "figures": [figure for figure in FIGURES.values() if figure.yearly == form],
        "form": typed,
        "refusal": refusal,
        "may_declare": may(request.user, RIGHT),
    }
    return render(request, "registry/coverage/form.html", context, status=409 if refusal else 200)


def _by_township(areas: Iterable[Area], scope: Scope) -> list[tuple[str, list[tuple[Area, str]]]]:
    """(name of the township, its areas with their pages); areas that are not below a township under no name."""
    groups = groupby(areas, lambda area: area.parent if is_below_township(area.code) else None)
    return [(str(parent or ""), [(area, _address(area, scope)) for area in group]) for parent, group in groups]


def _address(area: Area, scope: Scope) -> str:
    if not is_township(township_of(area.code)):
        return ""
    kind = "villages" if is_below_township(area.code) else "townships"
    return reverse("record", args=[kind, area.code]) + scope.query if area.level != "community" else ""
