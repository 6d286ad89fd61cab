"""The page of a secretary project: what was promised, how far it is, what was solved."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from assessment.models import LedgerStage, SecretaryProject
from registry.kinds import KINDS
from registry.scope import read_scope
from registry.views.records import told_of


def project_page(request: HttpRequest, code: str) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    seen = SecretaryProject.objects.visible_to(scope.viewer).with_progress(scope.as_of)
    project = seen.select_related("organisation", "area").filter(code=code).first()
    if project is None:
        raise Http404
    context = {
        "scope": scope,
        "kind": KINDS["projects"],
        "record": project,
        "project": project,
        "stages": LedgerStage.choices,
        "entries": project.entries.filter(entered_on__lte=scope.as_of),
        "problems": [
            (problem, problem.is_solved(scope.as_of))
            for problem in project.problems.visible_to(scope.viewer).filter(found_on__lte=scope.as_of)
        ],
        **told_of(KINDS["projects"], project, scope.viewer),
    }
    return render(request, "assessment/project.html", context)
