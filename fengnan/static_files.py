"""The static files that are served: which of those of the applications are collected, and how they are compressed."""

from typing import Any

import brotli
from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

QUALITY = 9  # a tenth of the time of the highest one, and files larger by a twelfth


class ServedFilesConfig(StaticFilesConfig):
    """Leaves out what no page asks for: source maps, the pages of the REST framework, scripts that stand in vendor/."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "*.map", "django_htmx", "rest_framework", "redoc", "oauth2-redirect.*",
    ]  # fmt: skip


class QuickCompressor(Compressor):
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=QUALITY)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    # Files and imports that a style sheet names, and no source maps: they are not collected
    patterns = (("*.css", CompressedManifestStaticFilesStorage.patterns[0][1][:2]),)

    def create_compressor(self, **options: Any) -> Compressor:
        return QuickCompressor(**options)
