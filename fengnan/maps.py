from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from registry.scope import read_scope


def map_page(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/map.html", {"scope": read_scope(request.GET, request.user)})


def map_data(request: HttpRequest) -> HttpResponse:
    return JsonResponse({})
