"""Global search by name, number, pinyin and initials; for the staff, by a secretary's name too."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from registry.access.requests import PageRequest
from registry.access.scope import read_scope
from registry.actions.search import organisations_led_by
from registry.kinds import KINDS
from registry.models import SearchEntry

PAGE_SIZE = 100


def search(request: PageRequest) -> HttpResponse:
    """`?q=` finds 孔家庄, kongjiazhuang and kjz alike. htmx asks for the `#results` part while one types."""
    scope = read_scope(request.GET, request.user)
    text = request.GET.get("q", "").strip()[:60]
    matches = SearchEntry.objects.matching(text).order_by("kind", "name", "code")
    entries = list(matches.prefetch_related("area__parent")[: PAGE_SIZE + 1])  # areas of what is shown alone
    groups: dict[str, list] = {}
    for entry in entries[:PAGE_SIZE]:
        url = reverse("record", args=[entry.kind, entry.code]) + scope.query
        groups.setdefault(entry.kind, []).append((entry, url))
    context = {
        "scope": scope,
        "led": organisations_led_by(text, by=request.user),
        "text": text,
        "groups": [(KINDS[kind].label, results) for kind, results in groups.items()],
        "count": min(len(entries), PAGE_SIZE),
        "more": len(entries) > PAGE_SIZE,
    }
    template = "dashboard/search.html#results" if request.htmx else "dashboard/search.html"
    return render(request, template, context)
