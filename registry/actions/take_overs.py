"""Take-over of old ledgers: during a term, loads and programs may enter titles that were given on paper. Outside a term
only the life cycle gives titles."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.models import Area, TakeOver
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet

RIGHT = "ledger.take_over"
VERB = "take-over"  # of the event of each entered title
MOST_DAYS = 92


def refusals_to_open(area: Area, *, ends_on: date, reason: str, by: Any) -> Iterator[Refused]:
    """All refusals against opening a term for old ledgers of `area` until `ends_on`; empty if it is allowed."""
    today = timezone.localdate()
    if not may(by, RIGHT, area):
        yield Refused("not_allowed")
    if not today <= ends_on <= today + timedelta(days=MOST_DAYS):
        yield Refused("term_days", most=MOST_DAYS)
    if len(reason.strip()) < 2:
        yield Refused("reason_short")
    for term in TakeOver.objects.open_on(today).select_related("area"):
        if area.code.startswith(term.area_id):
            yield Refused("term_open", area=term.area, until=term.ends_on.isoformat())


@transaction.atomic
def open_take_over(area: Area, *, ends_on: date, reason: str, document_no: str = "", by: Any) -> TakeOver:
    """Opens a term until `ends_on`, in which titles of old ledgers of `area` may be entered. Raises Refused."""
    Area.objects.unscoped("a lock against two terms at once").select_for_update(no_key=True).get(code=area.code)
    raise_first(refusals_to_open(area, ends_on=ends_on, reason=reason, by=by))
    term = TakeOver(
        area=area, opened_on=timezone.localdate(), ends_on=ends_on, reason=reason.strip(),
        document_no=document_no.strip(), opened_by=by,
    )  # fmt: skip
    term.full_clean()
    term.save()
    ChangeSet(by, term.reason, term.document_no).log("open-take-over", term, {"ends_on": [None, ends_on.isoformat()]})
    return term


@transaction.atomic
def close_take_over(term: TakeOver, *, by: Any) -> TakeOver:
    """Closes the term. A second time has no effect."""
    term = TakeOver.objects.select_for_update(of=("self",)).get(pk=term.pk)
    if not may(by, RIGHT, term):
        raise Refused("not_allowed")
    if term.closed_on is None:
        term.closed_on, term.closed_by = timezone.localdate(), by
        term.save()
        ChangeSet(by).log("close-take-over", term, {"closed_on": [None, term.closed_on.isoformat()]})
    return term


def areas_taken_over(day: date) -> list[str]:
    """The codes of the areas with an open term on `day`."""
    return list(TakeOver.objects.open_on(day).values_list("area_id", flat=True))
