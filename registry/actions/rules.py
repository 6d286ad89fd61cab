"""Rules that the district may change: a new value from a day on, what it would change, and the first confirmation."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.access.scope import Scope
from registry.figures import FIGURES, Answer, answer_all
from registry.models import Parameter, district_area
from registry.text.refusals import Refused, raise_first

from .records import save_record

RIGHT = "rule.change"


@dataclass(frozen=True)
class Effect:
    """A figure whose answer a new value would change."""

    before: Answer
    after: Answer


def refusals_to_change_rule(parameter: Parameter, *, by: Any, valid_from: date | None = None) -> Iterator[Refused]:
    """All refusals against giving the rule of `parameter` a new value from `valid_from` on."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if parameter.valid_to is not None:
        yield Refused("rule_ended", name=parameter.name, day=parameter.valid_to.isoformat())
    if valid_from is not None and valid_from <= parameter.valid_from:
        yield Refused("rule_day_before", name=parameter.name, day=parameter.valid_from.isoformat())


@transaction.atomic
def change_rule(
    parameter: Parameter, *, value: Decimal, valid_from: date, reason: str, document_no: str = "", by: Any
) -> Parameter:
    """The value in force ends on `valid_from`, and the new one begins. What was before stays as it was. Raises
    Refused."""
    raise_first(refusals_to_change_rule(parameter, by=by, valid_from=valid_from))
    key = uuid.uuid4()
    parameter.valid_to, parameter.remark = valid_from, _without_draft(parameter.remark)
    save_record(parameter, right=RIGHT, by=by, reason=reason, document_no=document_no, key=key)
    following = Parameter(
        code=f"PA-{parameter.rule}-{valid_from.isoformat()}", rule=parameter.rule, name=parameter.name, value=value,
        unit=parameter.unit, issuer=parameter.issuer, valid_from=valid_from,
    )  # fmt: skip
    return save_record(following, right=RIGHT, by=by, reason=reason, document_no=document_no, key=key)


def effects_of(parameter: Parameter, value: Decimal, valid_from: date) -> list[Effect]:
    """The figures of the district that another value would change, on its first day or today. Nothing is kept."""
    day = max(valid_from, timezone.localdate())
    scope = Scope(as_of=day, area=district_area())
    before = answer_all(FIGURES.values(), scope)
    with transaction.atomic():
        Parameter.objects.filter(pk=parameter.pk).update(value=value)
        after = answer_all(FIGURES.values(), scope)
        transaction.set_rollback(True)
    pairs = ((before[slug], after[slug]) for slug in before)
    return [Effect(was, now) for was, now in pairs if (was.value, was.target) != (now.value, now.target)]


@transaction.atomic
def confirm_rules(*, by: Any) -> int:
    """The district takes over the values it was started with. Returns their number."""
    if not may(by, RIGHT):
        raise Refused("not_allowed")
    rules = list(Parameter.objects.unconfirmed())
    key = uuid.uuid4()
    for parameter in rules:
        parameter.remark = _without_draft(parameter.remark)
        save_record(parameter, right=RIGHT, by=by, key=key)
    return len(rules)


def _without_draft(remark: str) -> str:
    return "" if Parameter.TO_CONFIRM in remark else remark
