"""The OpenAPI description, as JSON, YAML and a page, without inline scripts or foreign hosts."""

from functools import cache
from typing import Any

import orjson
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

from registry.memory import return_memory
from registry.models import district_area, registry_title

DISTRICT_OF_EXAMPLES = "130207"  # the examples are taken from the sample data (examples.json)


class VersionedRenderer(OpenApiJsonRenderer):
    """Map clients request this versioned media type."""

    media_type = "application/vnd.oai.openapi+json;version=3.0"


class SchemaView(SpectacularAPIView):
    renderer_classes = [
        OpenApiJsonRenderer2, VersionedRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2,
    ]  # fmt: skip

    def _get_schema_response(self, request: Request) -> Response:
        description = described(get_language())
        if district_area() != DISTRICT_OF_EXAMPLES:
            description = without_examples(description)
        servers = [{"url": request.META.get("SCRIPT_NAME") or "/"}]
        info = description["info"] | {"title": registry_title()}
        return Response(description | {"info": info, "servers": servers})


def described(language: str) -> dict[str, Any]:
    """The description in a language."""
    return orjson.loads(description_as_json(language))


@cache
def description_as_json(language: str) -> bytes:
    """It changes only with the code, and takes a sixth of the memory as JSON."""
    generator = SpectacularAPIView.generator_class(api_version=None)
    written = orjson.dumps(generator.get_schema(request=None, public=True))
    return_memory()
    return written


def without_examples(part: Any) -> Any:
    """The description for a registry that does not hold the sample data."""
    if isinstance(part, dict):
        return {name: without_examples(value) for name, value in part.items() if name not in ("example", "examples")}
    return [without_examples(value) for value in part] if isinstance(part, list) else part


class Docs(SpectacularSwaggerSplitView):
    url_name = "api-schema"
    template_name = "registry/api_docs.html"
