"""Global search by name, pinyin and initials."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from registry.access.scope import read_scope
from registry.kinds import KINDS
from registry.models import SearchEntry

SHOWN = 100


def search(request: HttpRequest) -> HttpResponse:
    """`?q=` finds 孔家庄, kongjiazhuang and kjz alike. htmx asks for the `#results` part while one types."""
    scope = read_scope(request.GET, request.user)
    text = request.GET.get("q", "").strip()[:60]
    found = SearchEntry.objects.matching(text).select_related("area__parent").order_by("kind", "name", "code")
    entries = list(found[: SHOWN + 1])
    groups: dict[str, list] = {}
    for entry in entries[:SHOWN]:
        url = reverse("record", args=[entry.kind, entry.code]) + scope.query
        groups.setdefault(entry.kind, []).append((entry, url))
    context = {
        "scope": scope,
        "text": text,
        "groups": [(KINDS[kind].label, results) for kind, results in groups.items()],
        "count": min(len(entries), SHOWN),
        "more": len(entries) > SHOWN,
    }
    template = "dashboard/search.html#results" if request.htmx else "dashboard/search.html"
    return render(request, template, context)
