"""The first 50 points as the framework lists them by itself, with a ModelSerializer: the same columns, behind the same
middleware and permissions. The list of the API is compared with it."""

import os
from datetime import date

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = __name__
application = get_wsgi_application()

from django.urls import path  # noqa: E402 (Django comes first)
from rest_framework import serializers  # noqa: E402
from rest_framework.generics import ListAPIView  # noqa: E402

from registry.access.scope import Scope  # noqa: E402
from registry.kinds import KINDS  # noqa: E402
from registry.models import DemonstrationPoint, district_area  # noqa: E402


class PointSerializer(serializers.ModelSerializer):
    township_name, level, grade, named_on, status = (serializers.ReadOnlyField() for _column in range(5))
    organisation_code = serializers.ReadOnlyField(source="organisation.code")
    unit_code = serializers.ReadOnlyField(source="unit.code")
    url = serializers.HyperlinkedIdentityField("point", lookup_field="code")

    class Meta:
        model = DemonstrationPoint
        fields = (
            "code", "name", "township_name", "field", "level", "grade", "named_on", "status", "area",
            "organisation_code", "unit_code", "url", "illustrative",
        )  # fmt: skip


class Points(ListAPIView):
    serializer_class = PointSerializer

    def get_queryset(self):
        kind, scope = KINDS["points"], Scope(date(2021, 12, 31), district_area())
        points = kind.annotate(kind.on(scope), scope).select_related("organisation", "unit")
        return points.order_by("area_id", "code")[:50]


urlpatterns = [path("", Points.as_view()), path("<code>/", Points.as_view(), name="point")]
