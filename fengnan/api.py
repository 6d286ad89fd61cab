"""The REST API under /api/v1/: the figures and the rows they are computed from."""

from urllib.parse import urlencode

from django.http import Http404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from registry.figures import FIGURES, Answer, Figure, answer_all
from registry.scope import BadInput, Scope, read_scope
from registry.views.tables import ordered
from registry.filters import filters_of

urlpatterns = []
