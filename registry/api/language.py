"""The language of an answer of the API is the caller's; of pages, it stands in the address."""

from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from .problems import is_api


class Locale(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if not is_api(request):
            return super().process_request(request)
        translation.activate(translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()
        return None
