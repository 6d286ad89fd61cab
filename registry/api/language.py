"""The language of a request: in the API from the header, on pages from the address."""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from .problems import is_api


class Locale(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        if is_api(request):
            translation.activate(translation.get_language_from_request(request))
            request.LANGUAGE_CODE = translation.get_language()
        else:
            super().process_request(request)
