"""All errors of the REST API as problem documents (RFC 9457), in the client's language."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rest_framework.exceptions import APIException, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from registry.access.scope import BadInput
from registry.text.refusals import Refused
from registry.text.validators import storable

PROBLEM = "application/problem+json"
TITLES = {
    400: gettext_noop("The request cannot be used as it is."),
    401: gettext_noop("The request says not, or says wrongly, who is asking. Sign in, or send a valid token."),
    403: gettext_noop("This account may not do this. Ask an administrator of the district."),
    404: gettext_noop("There is nothing at this address. The list one level up says what there is."),
    405: gettext_noop("The address does not take this method. “Allow” in the answer names those it takes."),
    406: gettext_noop("The answer cannot be given in the form asked for. Leave “Accept” out, or use “format”."),
    409: gettext_noop("The act was refused."),
    410: gettext_noop("The record was entered in error. Its page and its history stay."),
    411: gettext_noop("The request does not say how long its body is. Send “Content-Length”."),
    412: gettext_noop("The record has changed since it was read. Read it again."),
    413: gettext_noop("More was sent at once than fits. Send less."),
    415: gettext_noop("The form of what was sent is not understood. Send JSON, or a file as multipart."),
    422: gettext_noop("The request contradicts an earlier one."),
    428: gettext_noop("The request does not say which version it changes. Send “If-Match” with the ETag read."),
    429: gettext_noop("Too many requests. Wait as long as “Retry-After” says."),
    503: gettext_noop("The registry is being set up. Come back later."),
    500: gettext_noop("Something went wrong on our side. Try again later; nothing was changed."),
}
REFUSALS = {  # any other refused action conflicts with the current state: 409
    "not_allowed": 403, "stale": 412, "version_missing": 428, "key_malformed": 400, "key_reused": 422,
    "items_many": 413, "items_none": 400, "reason_missing": 400, "reason_short": 400, "file_missing": 400,
    "file_empty": 400, "kind_unknown": 400, "file_large": 413, "file_size": 413, "too_busy": 429,
    "void_reason": 400, "void_paper": 400, "restore_reason": 400,
}  # fmt: skip
FIRST_SENTENCE = re.compile(r"((?:“[^”]*”|[^“。.]|\.(?!\s|$))*[。.])\s*(.*)", re.DOTALL)


class Unusable(Exception):
    """The request cannot be written. It holds all errors, as `field_error` builds them."""

    def __init__(self, errors: Iterable[dict], status: int = 400):
        self.errors, self.status = list(errors), status
        super().__init__(self.errors)


def two_parts(text: str) -> tuple[str, str]:
    """Splits a message into what is wrong (the first sentence) and what to do (the rest)."""
    match = FIRST_SENTENCE.fullmatch(text)
    return (match[1], match[2]) if match else (text, "")


def field_error(field: str, text: str, code: str = "unusable", **more: Any) -> dict[str, Any]:
    """An error of a field. A name may hold half of a surrogate pair, which cannot be encoded, so it is cleaned."""
    reason, what_to_do = two_parts(storable(text))
    return {"field": storable(field), "code": code, "reason": reason, "what_to_do": what_to_do, **more}


def problem(status: int, text: str = "", errors: Iterable[dict] = (), code: str = "", **more: Any) -> dict[str, Any]:
    """The document. `text` describes this very case; without it the title of the status is used."""
    title, what_to_do = two_parts(_(TITLES.get(status, TITLES[400])))
    name = code or HTTPStatus(status).phrase.lower()
    document = {
        "type": "urn:showcase:problem:" + re.sub(r"[^a-z0-9]+", "-", name),
        "title": title,
        "status": status,
        "detail": storable(text) or what_to_do or title,
        **more,
    }
    return document | ({"errors": list(errors)} if errors else {})


def answer(status: int, text: str = "") -> JsonResponse:
    """The document as an answer outside the API views: for middleware and error handlers."""
    return JsonResponse(problem(status, text), status=status, content_type=PROBLEM)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def document(error: Exception, context: dict) -> Response | None:
    """The exception handler of REST framework. None lets the error become a 500, which has its own handler."""
    known_problem = _own_problem(error)
    if known_problem is not None:
        set_rollback()
        answered = Response(known_problem, status=known_problem["status"], content_type=PROBLEM)
        answered.refusal = getattr(error, "code", "")  # type: ignore[attr-defined]  # for those who tell of refused attempts
        return answered
    response = exception_handler(error, context)  # it keeps the headers of the status
    if response is not None:
        response.data = _of_framework(error, response.status_code)
        response.content_type = PROBLEM
    return response


def of_bad_input(error: BadInput) -> dict[str, Any]:
    return problem(400, errors=[field_error(error.name, error.message, error.code, value=error.value)])


def _own_problem(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, BadInput):
        return of_bad_input(error)
    if isinstance(error, Refused):
        return problem(REFUSALS.get(error.code, 409), str(error), code=error.code)
    if isinstance(error, Unusable):
        return problem(error.status, errors=error.errors)
    if isinstance(error, ModelError):
        return problem(400, errors=list(_of_model(error)))
    return None


def _of_model(error: ModelError) -> Iterable[dict]:
    fields = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    for name, field_errors in fields.items():
        for entry in field_errors:
            text = " ".join(entry.messages)
            yield field_error("" if name == NON_FIELD_ERRORS else name, text, entry.code or "unusable")


def _of_framework(error: Exception, status: int) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        return problem(status, errors=list(_of_serializer(error.detail)))
    if isinstance(error, Throttled):
        return problem(status, retry_after=getattr(error, "wait", None))
    is_own = isinstance(error, APIException) and str(error.detail) != str(error.default_detail)
    return problem(status, str(getattr(error, "detail", "")) if is_own else "")


def _of_serializer(detail: Any, field: str = "") -> Iterable[dict]:
    """Flattens nested serializer errors; the path of each is written `items[2].name`."""
    if isinstance(detail, dict):
        for name, below in detail.items():
            inner = "" if name == "non_field_errors" else str(name)
            yield from _of_serializer(below, ".".join(part for part in (field, inner) if part))
    elif isinstance(detail, list):
        for number, below in enumerate(detail):
            yield from _of_serializer(below, field if isinstance(below, str) else f"{field}[{number}]")
    else:
        yield field_error(field, str(detail), getattr(detail, "code", "unusable"))
