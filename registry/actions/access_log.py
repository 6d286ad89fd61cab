"""Logs who read personal data, and who tried to write without permission. The events have the kind ACCESS, belong to no
record's history, and hold no personal values."""

import logging
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import DatabaseError
from django.utils import timezone

from registry.access.client_ip import caller
from registry.access.permissions import area_of, role_of
from registry.actions.event_chain import seal_on_commit
from registry.kinds.field_visibility import PERSONAL
from registry.models import Event

logger = logging.getLogger(__name__)
ACCESS = "access"
READ, REFUSED = "read", "refused"
AN_HOUR = timedelta(hours=1)
MOST_OF_ONE, MOST_OF_NOBODY = 20, 200  # refused attempts an hour: of an account or an address; of all without account
PLAIN = re.compile(r"[\w.:-]{1,40}", re.ASCII)


def personal_in(record: Any) -> list[str]:
    """The personal columns of the record that are not empty."""
    return [
        field.name
        for field in record._meta.concrete_fields
        if field.name in PERSONAL and field.name != "password" and getattr(record, field.attname)
    ]


def log_reading(record: Any, names: Iterable[str], *, by: Any) -> None:
    """Logs that an account was shown these personal columns of a record: once a day per account and record."""
    names, kind = sorted(names), str(record._meta.model_name)
    if not names:
        return
    code = str(getattr(record, "code", record.pk))[:40]
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    changes: dict[str, list] = {"record": [None, kind], **{name: ["…", "…"] for name in names}}
    logged = Event.objects.filter(kind=ACCESS, code=code, verb=READ, actor=by, at__gte=today)
    if not any(event.changes == changes for event in logged):
        _log(READ, code, area_of(record), changes, by)


def log_refusal(*, view: str, code: str, method: str, status: int, refusal: str, by: Any) -> None:
    """Logs a refused write. Of many attempts within an hour only the first are logged, and the last of those says that
    there are more. An error here is only written to the server log."""
    account = by if by is not None and by.is_authenticated else None
    area = (account.write_prefix or account.read_prefix) if account else ""
    try:
        left = min(_left(account, area))
        if left <= 0:
            return
        changes: dict[str, list] = {"view": [None, view], "method": [None, method], "status": [None, status]}
        changes |= {"refusal": [None, refusal]} if refusal else {}
        changes |= {"more": [None, True]} if left == 1 else {}
        _log(REFUSED, code if PLAIN.fullmatch(code) else "", area, changes, account)
    except DatabaseError as error:
        logger.warning("a refused attempt was not told: %s", error)


def _left(account: Any, area: str) -> Iterable[int]:
    """How many more events may be logged within the hour."""
    lately = Event.objects.filter(area=area, at__gte=timezone.now() - AN_HOUR, kind=ACCESS, verb=REFUSED)
    of_one = lately.filter(actor=account, **({} if account else {"address": caller().address}))
    yield MOST_OF_ONE - of_one.count()
    if account is None:
        yield MOST_OF_NOBODY - lately.filter(actor=None).count()


def _log(verb: str, code: str, area: str, changes: dict[str, list], by: Any) -> None:
    Event.objects.create(
        change_set=uuid4(), actor=by, role=role_of(by), address=caller().address, request_id=caller().request_id,
        verb=verb, kind=ACCESS, code=code, area=area, changes=changes,
    )  # fmt: skip
    seal_on_commit()
