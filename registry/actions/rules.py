"""Rules that the district may change: a new value from a day on, what it would change, and the first confirmation."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.access.permissions import may
from registry.access.scope import Scope
from registry.figures import FIGURES, Answer, answer_all
from registry.models import Parameter, district_area
from registry.text.refusals import Refused, raise_first

from .records import ChangeSet, changes_between, locked, save_record, stale, values_of

RIGHT = "rule.change"
MOST_DAYS = 8  # that a correction is tried on before it is made


VERB = "correct-value"


@dataclass(frozen=True)
class Effect:
    """A figure whose answer a new value would change, on a day."""

    before: Answer
    after: Answer

    @property
    def day(self) -> date:
        return self.after.scope.as_of


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


def refusals_to_correct_rule(parameter: Parameter, *, value: Decimal, by: Any) -> Iterator[Refused]:
    """All refusals against correcting the value of `parameter`, which held from its first day on."""
    if not may(by, RIGHT):
        yield Refused("not_allowed")
    if parameter.valid_from > timezone.localdate():
        yield Refused("rule_to_come", name=parameter.name, day=parameter.valid_from.isoformat())
    if value == parameter.value:
        yield Refused("rule_value_same", name=parameter.name, value=parameter.value_text)


@transaction.atomic
def correct_rule(parameter: Parameter, *, value: Decimal, reason: str, document_no: str, by: Any) -> Parameter:
    """Says that a value was wrong for the whole time it holds for: past figures and verdicts change. For a value that
    was right and has changed since, see `change_rule`. Raises Refused."""
    opened, parameter = parameter.version, locked(parameter)
    raise_first(refusals_to_correct_rule(parameter, value=value, by=by))
    if opened != parameter.version:
        raise stale(parameter)
    before, parameter.value = values_of(parameter), value
    parameter.full_clean()
    parameter.version += 1
    parameter.save()
    ChangeSet(by, reason, document_no).log(VERB, parameter, changes_between(before, values_of(parameter)))
    return parameter


def effects_of_correction(parameter: Parameter, value: Decimal) -> list[Effect]:
    """The figures of the district that the correction would change, on the last day of each year that the value holds
    for, and on its last day or today. Nothing is kept."""
    today = timezone.localdate()
    last = min(today, parameter.valid_to - timedelta(days=1)) if parameter.valid_to else today
    ends = (date(year, 12, 31) for year in range(parameter.valid_from.year, last.year))
    return [
        effect for day in sorted({*ends, last}, reverse=True)[:MOST_DAYS] for effect in _effects(parameter, value, day)
    ]


def effects_of(parameter: Parameter, value: Decimal, valid_from: date) -> list[Effect]:
    """The figures of the district that another value would change, on its first day or today. Nothing is kept."""
    return _effects(parameter, value, max(valid_from, timezone.localdate()))


def _effects(parameter: Parameter, value: Decimal, day: date) -> list[Effect]:
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
