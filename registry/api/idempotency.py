"""Idempotent requests: a repeated `Idempotency-Key` gets the stored first answer."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from registry.models import KeptAnswer
from registry.text.refusals import Refused

HEADER = "Idempotency-Key"
KEPT = ("Location", "ETag")
MOST_SIGNS = 100


@transaction.atomic
def idempotent(request: Request, body: Any, act: Callable[[], Response]) -> Response:
    """Answers with `act()` in one transaction; with a key, at most once per account. `body` is the content of the
    request in JSON's types. A refused request does not use up its key: corrected, it may be sent again under it.

    Of several equal requests at once, the first inserts the key; the others wait for its transaction to end.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not (0 < len(key) <= MOST_SIGNS and key.isascii() and key.isprintable()):
        raise Refused("key_malformed", most=MOST_SIGNS)
    print_of = _fingerprint(request, body)
    stored, is_new = KeptAnswer.objects.get_or_create(account_id=request.user.pk, key=key, defaults={"asked": print_of})
    if not is_new:
        if stored.asked != print_of:
            raise Refused("key_reused")
        return Response(
            json.loads(stored.body), stored.status, headers={**stored.headers, "Idempotency-Replayed": "true"}
        )
    response = act()
    stored.status = response.status_code
    stored.headers = {name: response[name] for name in KEPT if name in response}
    stored.body = JSONRenderer().render(response.data).decode() or "null"
    stored.save()
    return response


def _fingerprint(request: Request, body: Any) -> str:
    text = json.dumps([request.method, request.get_full_path(), body], sort_keys=True, default=str)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
