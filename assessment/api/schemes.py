"""Schemes of assessment in the API: open, score, announce, appeal, publish, copy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from assessment.actions import schemes as acts
from assessment.models import Appeal, Scheme, SchemeItem, SchemeKind, SchemeResult
from assessment.models.schemes import figures_to_score_by
from registry.access.permissions import may
from registry.api.actions import actions_on, needs
from registry.api.inputs import FilesInput, MapInput, RowsInput, TextInput, filled, inputs_of
from registry.api.problems import Unusable, field_error
from registry.text.refusals import Refused
from registry.text.validators import Invalid, choice, line, number, whole, yes_no


def _figure(text: str) -> str:
    slugs = [slug for slug, _label in figures_to_score_by()]
    if text.strip() and text.strip() not in slugs:
        raise Invalid("not_a_choice", text=text.strip(), choices="、".join(slugs))
    return text.strip()


ITEM_INPUTS = inputs_of("SchemeItemInputs", {
    "part": TextInput(filled(line(40)), required=True),
    "name": TextInput(filled(line(80)), required=True),
    "weight": TextInput(filled(number("0.1", "100", decimals=1)), required=True),
    "method": TextInput(line(200)),
    "figure": TextInput(_figure),
    "full_at": TextInput(number("0.01", "999999999999", decimals=2)),
    "bonus": TextInput(yes_no),
})  # fmt: skip
ITEMS = RowsInput(child=ITEM_INPUTS(), required=False)
NAME, YEAR, KIND = line(80, least=4), whole(2000, 2100), choice(SchemeKind)
ITEM = TextInput(line(10), required=True)
SCORES, NOTES = MapInput(required=True), MapInput()


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None


def serialize_scheme(scheme: Scheme) -> dict[str, Any]:
    days = {name: _day(getattr(scheme, name)) for name in ("opened_on", "announced_on", "published_on")}
    until = _day(acts.appeal_until(scheme)) if scheme.announced_on else None
    return {
        "code": scheme.code,
        "name": scheme.name,
        "year": scheme.year,
        "state": scheme.state,
        **days,
        "appeal_until": until,
        "sha256": scheme.sha256 or None,
        "version": scheme.version,
    }


def serialize_result(result: SchemeResult) -> dict[str, Any]:
    """Serializes a card with the values of its lines."""
    lines = result.scores.select_related("item")
    return {
        "code": result.code,
        "scheme": result.scheme.code,
        "scores": {str(line.item.number): _digits(line.score) for line in lines},
        "own_scores": {str(line.item.number): _digits(line.self_score) for line in lines},
        "version": result.version,
    }


def serialize_appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "result": appeal.result.code,
        "item": appeal.item.number,
        "text": appeal.text,
        "made_on": _day(appeal.made_on),
        "answer": appeal.answer or None,
        "settled_on": _day(appeal.settled_on),
    }


def _digits(score: Decimal | None) -> str | None:
    return None if score is None else f"{score.normalize():f}"


def schemes_for(user: Any) -> Any:
    return Scheme.objects.visible_to(user).select_related("area")


def results_for(user: Any) -> Any:
    """The cards of the area the account writes in."""
    rows = SchemeResult.objects.visible_to(user).in_area(user.write_prefix)
    return rows.select_related("scheme", "area", "organisation")


def _add(*, by: Any, kind: str = "", **values: Any) -> Scheme:
    scheme = Scheme(area_id=by.write_prefix, kind=kind or SchemeKind.TOWNSHIP)
    return _write(scheme, by=by, **values)


def _write(scheme: Scheme, *, by: Any, items: Sequence[Mapping[str, Any]] | None = None, **changes: Any) -> Scheme:
    """Missing values do not change; items are given all together, in their order."""
    for name, value in changes.items():
        setattr(scheme, name, value)
    return acts.write_scheme(scheme, acts.items_in(scheme) if items is None else _items(items), by=by)


def _items(rows: Sequence[Mapping[str, Any]]) -> list[SchemeItem]:
    """Parses the items. The database also checks that a computed item has its full value; here the error names the
    item."""
    items = [SchemeItem(**{name: value for name, value in row.items() if value is not None}) for row in rows]
    message = str(_("A computed item needs the value that gives the full weight, and only it."))
    wrong = [at for at, item in enumerate(items) if bool(item.figure) != (item.full_at is not None)]
    if wrong:
        raise Unusable([field_error(f"items[{at}].full_at", message, "full_at") for at in wrong])
    return items


def _score(result: SchemeResult, *, by: Any, scores: Mapping[str, str], notes: Mapping[str, str] | None = None) -> None:
    numbers = _read("scores", result, scores, _number)
    acts.give_scores(result, numbers, _read("notes", result, notes or {}, lambda item: line(200)), by=by)


def _own_score(result: SchemeResult, *, by: Any, scores: Mapping[str, str]) -> None:
    acts.give_own_scores(result, _read("scores", result, scores, _number), {}, by=by)


def _number(item: SchemeItem) -> Callable[[str], Any]:
    return number("0", f"{item.weight:f}", decimals=1)


def _read(within: str, result: SchemeResult, texts: Mapping[str, str], reader: Callable) -> dict[int, Any]:
    """Parses values by item number, like the form. Raises Unusable with all errors."""
    items = {str(item.number): item for item in acts.items_in(result.scheme)}
    values, errors = {}, []
    for name, text in texts.items():
        try:
            values[int(name)] = reader(_by_hand(name, items))(text)
        except Invalid as invalid:
            errors.append(field_error(f"{within}.{name}", str(invalid), invalid.code))
        except Refused as refusal:
            errors.append(field_error(f"{within}.{name}", str(refusal), refusal.code))
    if errors:
        raise Unusable(errors)
    return values


def _item(name: str, items: Mapping[str, SchemeItem]) -> SchemeItem:
    if name not in items:
        raise Invalid("not_a_choice", text=name, choices="、".join(items))
    return items[name]


def _by_hand(name: str, items: Mapping[str, SchemeItem]) -> SchemeItem:
    item = _item(name, items)
    if item.figure:
        raise Refused("computed_item", name=item.name)
    return item


def _appeal(result: SchemeResult, *, by: Any, item: str, **values: Any) -> Appeal:
    items = {str(item.number): item for item in acts.items_in(result.scheme)}
    try:
        about = _item(item, items)
    except Invalid as invalid:
        raise Unusable([field_error("item", str(invalid), invalid.code)]) from invalid
    return acts.make_appeal(result, about, by=by, **values)


def _open_appeals(result: SchemeResult) -> list[Appeal]:
    rows = result.appeals.filter(settled_on=None)
    return list(rows.select_related("result__scheme", "result__area", "item", "by"))


def _settle(result: SchemeResult, *, by: Any, item: str, **values: Any) -> Appeal:
    return acts.settle_appeal(_open_appeal(result, item), by=by, **values)


def _withdraw(result: SchemeResult, *, by: Any, item: str) -> SchemeResult:
    return acts.withdraw_appeal(_open_appeal(result, item), by=by)


def _open_appeal(result: SchemeResult, item: str) -> Appeal:
    """The item identifies the appeal: an item has at most one open appeal."""
    appeal = next((appeal for appeal in _open_appeals(result) if str(appeal.item.number) == item), None)
    if appeal is None:
        raise Refused("nothing_appealed")
    return appeal


def _against_any(right: str, refusals_to: Callable, result: SchemeResult, *, by: Any) -> Iterator[Refused]:
    """The refusals that apply to all open appeals."""
    if not may(by, right, result):
        yield Refused("not_allowed")
    refusals = [list(refusals_to(appeal, by=by)) for appeal in _open_appeals(result)]
    if not refusals:
        yield Refused("nothing_appealed")
    elif all(refusals):
        yield from refusals[0]


SCHEMES = actions_on("schemes", schemes_for, serialize_scheme)
SCHEMES.add(
    "write", _("Change the draft"), _write, acts.refusals_to_write, name=TextInput(filled(NAME)),
    year=TextInput(filled(YEAR)), kind=TextInput(filled(KIND)), items=ITEMS,
)  # fmt: skip
SCHEMES.add("open", _("Open the scheme"), acts.open_scheme, acts.refusals_to_open)
SCHEMES.add("announce", _("Announce the ranking"), acts.announce, acts.refusals_to_announce)
SCHEMES.add("publish", _("Publish the ranking"), acts.publish, acts.refusals_to_publish)
SCHEMES.add(
    "copy", _("Copy for the next year"), acts.copy_scheme, acts.refusals_to_copy, year=TextInput(YEAR),
    serialize_result=serialize_scheme,
)  # fmt: skip
SCHEMES.create_by(
    _("Write a scheme"), _add, needs(acts.WRITE), name=TextInput(filled(NAME), required=True),
    year=TextInput(filled(YEAR), required=True), kind=TextInput(KIND), items=ITEMS,
)  # fmt: skip
RESULTS = actions_on("results", results_for, serialize_result)
RESULTS.add(
    "own-score", _("Give the own scores"), _own_score, partial(acts.refusals_to_score, right=acts.OWN), scores=SCORES
)
RESULTS.add("score", _("Score"), _score, partial(acts.refusals_to_score, right=acts.SCORE), scores=SCORES, notes=NOTES)
RESULTS.add(
    "appeal", _("Appeal"), _appeal, acts.refusals_to_appeal, item=ITEM,
    text=TextInput(line(300, least=4), required=True), proof=FilesInput(), serialize_result=serialize_appeal,
)  # fmt: skip
RESULTS.add(
    "withdraw-appeal", _("Take the appeal back"), _withdraw,
    partial(_against_any, acts.APPEAL, acts.refusals_to_withdraw), item=ITEM,
)  # fmt: skip
RESULTS.add(
    "settle", _("Answer an appeal"), _settle,
    partial(_against_any, acts.SETTLE, acts.refusals_to_settle), item=ITEM,
    answer=TextInput(line(300, least=4), required=True), score=TextInput(number("0", "100", decimals=1)),
)  # fmt: skip
