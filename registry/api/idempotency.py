"""A request with an `Idempotency-Key` is done once: asked again, it gets the first answer again."""

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
def idempotent(request: Request, asked: Any, act: Callable[[], Response]) -> Response:
    """Answers with `act()`, all of it or nothing; with a key, at most once for the account. `asked` is what the body
    says, in JSON's types. A request that is refused leaves the key free: put right, it may be sent under it again.

    Of several equal requests at once the first inserts the key, and the others wait for its transaction to end.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not (0 < len(key) <= MOST_SIGNS and key.isascii() and key.isprintable()):
        raise Refused("key_malformed", most=MOST_SIGNS)
    print_of = _fingerprint(request, asked)
    kept, is_new = KeptAnswer.objects.get_or_create(account_id=request.user.pk, key=key, defaults={"asked": print_of})
    if not is_new:
        if kept.asked != print_of:
            raise Refused("key_reused")
        return Response(json.loads(kept.body), kept.status, headers={**kept.headers, "Idempotency-Replayed": "true"})
    response = act()
    kept.status = response.status_code
    kept.headers = {name: response[name] for name in KEPT if name in response}
    kept.body = JSONRenderer().render(response.data).decode() or "null"
    kept.save()
    return response


def _fingerprint(request: Request, asked: Any) -> str:
    said = json.dumps([request.method, request.get_full_path(), asked], sort_keys=True, default=str)
    return sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
