"""The OpenAPI description, as JSON, YAML and a page, without inline scripts or foreign hosts."""

from functools import cache
from typing import Any

from django.utils.translation import get_language
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from registry.models import registry_title


class VersionedRenderer(OpenApiJsonRenderer):
    """Map clients request this versioned media type."""

    media_type = "application/vnd.oai.openapi+json;version=3.0"


class SchemaView(SpectacularAPIView):
    renderer_classes = [
        OpenApiJsonRenderer2, VersionedRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2,
    ]  # fmt: skip

    def _get_schema_response(self, request: Request) -> Response:
        description = described(get_language())
        return Response(description | {"info": description["info"] | {"title": registry_title()}})


@cache
def described(language: str) -> dict[str, Any]:
    """The description in a language. It changes only with the code."""
    generator = SpectacularAPIView.generator_class(api_version=None)
    return generator.get_schema(request=None, public=True)


class Docs(SpectacularSwaggerSplitView):
    url_name = "api-schema"
    template_name = "registry/api_docs.html"
