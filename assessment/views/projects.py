"""The page of a secretary project: promise, progress, solved problems."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from assessment.models import LedgerStage, SecretaryProject
from assessment.overviews import ledgers
from registry.access.scope import read_scope
from registry.kinds import KINDS
from registry.overviews.funding import received
from registry.views.records import describe_record


def project_page(request: HttpRequest, code: str) -> HttpResponse:
    scope = read_scope(request.GET, request.user)
    projects = SecretaryProject.objects.with_voided().visible_to(scope.viewer).with_progress(scope.as_of)
    projects = projects.select_related("organisation", "area", "promise").prefetch_related("entries__signed_by")
    project = projects.filter(code=code).first()
    if project is None:
        raise Http404
    problems = project.problems.visible_to(scope.viewer).filter(found_on__lte=scope.as_of)
    closing = project.closing()
    handed_in = closing is not None and closing.entered_on <= scope.as_of
    context = {
        "scope": scope,
        "kind": KINDS["projects"],
        "record": project,
        "project": project,
        "stages": LedgerStage.choices,
        "entries": [entry for entry in project.entries.all() if entry.entered_on <= scope.as_of],
        "problems": [(problem, problem.is_solved(scope.as_of)) for problem in problems],
        "lines": ledgers.settlement(project, scope.as_of) if handed_in else [],
        "funds": received(scope, project_code=project.code),
        "closing": closing if handed_in else None,
        "steps": ledgers.steps_for(project, request.user),
        **ledgers.describe_promise(project, request.user),
        **describe_record(KINDS["projects"], project, scope.viewer),
    }
    return render(request, "assessment/project.html", context)
