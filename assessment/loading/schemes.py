"""Scores of the units in an open scheme: the units' own scores and the district's. Permissions, dates and limits are as
in the form; computed items cannot be typed."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from assessment.actions.schemes import OWN, SCORE, refusals_to_score
from assessment.loading.scores import take_values, write_scores
from assessment.models import ItemScore, Scheme, SchemeItem, SchemeKind, SchemeResult, SchemeState
from registry.loading.context import Context
from registry.loading.kinds.shared import YEAR, at, differs, replace
from registry.loading.lookups import WHY, refuse_several
from registry.loading.messages import SENTENCES
from registry.loading.sheet_types import ROW_NUMBER, SheetColumn, SheetRow, SheetType, Use, plain_name, register
from registry.loading.validate import plain, refuse_missing, same
from registry.text.validators import Invalid, Reader, choice, line, number

KIND_WORDS = {"3+X": "township", "3+X竞优夺标": "township", "乡镇": "township", "乡镇(街道)": "township"}
KIND_WORDS |= {"两重一专": "department", "两重一专增比进位": "department", "部门": "department", "机关": "department"}
GIVEN = {"self_score": OWN, "score": SCORE, "note": SCORE}  # the permission for each column
POINTS: Reader = number("0", "100", decimals=1, unit="分")
COLUMNS = (
    ROW_NUMBER,
    SheetColumn(
        "scheme", "考核方案", line(80), also=("方案", "方案名称", "方案编号", "考评方案"),
        hint=_("Its code or its name. Left empty, the scheme of the year, or the only one that is open."),
    ),
    replace(YEAR, required=False, also=("考核年度", *YEAR.also)),
    SheetColumn("kind", "考核类型", choice(SchemeKind, KIND_WORDS), also=("方案类型",), words=("3+X", "两重一专")),
    SheetColumn(
        "unit", "被考核单位", line(80), required=True,
        also=("考核对象", "考核单位", "被考评单位", "单位", "单位名称", "乡镇(街道)", "所属乡镇", "乡镇"),
    ),
    SheetColumn(
        "item", "考核指标", line(80), required=True, also=("指标", "指标名称", "考评指标", "考评项目"),
        hint=_("An item that is scored by hand, by its name or its number."),
    ),
    SheetColumn("weight", "分值", POINTS, also=("标准分", "权重", "满分"), use=Use.COMPARE),
    SheetColumn(
        "self_score", "自评分", POINTS, also=("自评得分", "自评"),
        hint=_("Given by the unit itself; blank says nothing."),
    ),
    SheetColumn(
        "score", "得分", POINTS, also=("考核得分", "评分", "区级得分", "实得分"),
        hint=_("Given by the reviewers of the district; blank says nothing."),
    ),
    SheetColumn("note", "评分说明", line(200), also=("扣分原因", "扣分说明", "备注", "说明")),
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    """Scheme, unit and item are looked up for all rows together, in `find`, which also validates the scores."""
    row.attributes.clear()
    row.title = f"{row.values.get('unit') or ''} {row.values.get('item') or ''}".strip()
    refuse_missing(COLUMNS, row)


def find(rows: list[SheetRow], context: Context) -> None:
    """Looks up scheme, unit, item and score. While rows are written the schemes are locked, so that nobody announces a
    ranking."""
    schemes = list(context.locked(Scheme.objects.unscoped(WHY).in_area(context.area).order_by("pk")))
    of = {id(row): _scheme_of(row, schemes) for row in rows}
    by_pk = {scheme.pk: scheme for scheme in of.values() if scheme}
    cards = _cards(by_pk)
    items: dict[int, dict[str, list[SchemeItem]]] = {pk: defaultdict(list) for pk in by_pk}
    for item in SchemeItem.objects.filter(scheme__in=by_pk):
        for name in {plain_name(item.name), str(item.number)}:
            items[item.scheme_id][name].append(item)
    stored = ItemScore.objects.filter(result__scheme__in=by_pk)
    scores = {(score.result_id, score.item_id): score for score in stored}
    for row in rows:
        scheme = of[id(row)]
        if scheme is None or not row.has("unit", "item"):
            continue
        card = row.values["card"] = _card_of(row, scheme, cards[scheme.pk], context)
        numbered = row.values["numbered"] = _item_of(row, items[scheme.pk])
        if card and numbered:
            row.key, row.record = (card.code, numbered.pk), scores.get((card.pk, numbered.pk))
            _validate(row, context, card, numbered)


def _scheme_of(row: SheetRow, schemes: list[Scheme]) -> Scheme | None:
    """The scheme of the row, by its name or by its year and kind; without these, the only open one. Of several, the one
    that is open."""
    text = plain_name(row.values.get("scheme") or "")
    values = {name: row.values[name] for name in ("year", "kind") if row.has(name)}
    fitting = [
        scheme
        for scheme in schemes
        if (not text or text in (plain_name(scheme.name), scheme.code))
        and all(getattr(scheme, name) == value for name, value in values.items())
        and (text or values or scheme.state == SchemeState.OPEN)
    ]
    if len(fitting) > 1:
        fitting = [scheme for scheme in fitting if scheme.state == SchemeState.OPEN] or fitting
    if len(fitting) == 1:
        if not text and not values:
            row.warn("scheme", "assumed", value=fitting[0].name)
        return fitting[0]
    if fitting:
        with at(row, "scheme"):
            refuse_several(fitting, row.texts.get("scheme", ""))
    elif text or values:
        row.refuse("scheme" if text else next(iter(values)), "place_unknown", text=text or next(iter(values.values())))
    else:
        row.refuse("scheme", "required")
    return None


def _cards(schemes: dict[int, Scheme]) -> dict[int, dict[str, set[SchemeResult]]]:
    """The cards of each scheme by the names of their units; townships also by their other names."""
    cards: dict[int, dict[str, set[SchemeResult]]] = {pk: defaultdict(set) for pk in schemes}
    results = SchemeResult.objects.unscoped(WHY).filter(scheme__in=schemes).select_related("organisation", "area")
    for card in results:
        card.scheme = schemes[card.scheme_id]
        names = {plain_name(card.organisation.name), card.organisation.code, card.code}
        if card.scheme.kind == SchemeKind.TOWNSHIP:
            names |= {plain_name(card.area.name), card.area_id}
        for name in names:
            cards[card.scheme_id][name].add(card)
    return cards


def _card_of(
    row: SheetRow, scheme: Scheme, cards: dict[str, set[SchemeResult]], context: Context
) -> SchemeResult | None:
    text = row.values["unit"]
    matches = cards.get(plain_name(text), set())
    if not matches and scheme.kind == SchemeKind.TOWNSHIP:
        try:
            matches = cards.get(row.areas.township(text), set())
        except Invalid:
            matches = set()
    if len(matches) == 1:
        return next(iter(matches))
    if matches:
        named = "、".join(sorted(f"{card.organisation} ({card.code})" for card in matches))
        row.refuse("unit", "place_unclear", text=text, found=named)
    elif scheme.opened_on is None:
        row.refuse("scheme", "scheme_not_open")
    else:
        row.refuse("unit", "unit_not_assessed", text=text, scheme=scheme.name)
    return None


def _item_of(row: SheetRow, items: dict[str, list[SchemeItem]]) -> SchemeItem | None:
    matches = items.get(plain_name(row.values["item"]), [])
    if len(matches) != 1:
        row.refuse("item", "scheme_item_unknown", text=row.values["item"])
        return None
    if matches[0].figure:
        row.refuse("item", "computed_item", name=matches[0].name)
        return None
    return matches[0]


def _validate(row: SheetRow, context: Context, card: SchemeResult, item: SchemeItem) -> None:
    """The sender must have the permission for each change, and the scores must fit the item's weight."""
    differs(row, "weight", item.weight)
    values = {name: row.values[name] for name in GIVEN if row.has(name)}
    for name in ("self_score", "score"):
        if name in values:
            with at(row, name):
                number("0", f"{item.weight:f}", decimals=1)(f"{values[name]:f}")
    changed = [name for name, value in values.items() if not same(getattr(row.record, name, None), value)]
    rights = {GIVEN[name]: name for name in reversed(changed)} if context.reaches(card.area_id) else {}
    for right, name in rights.items():
        for refusal in refusals_to_score(card, right=right, by=context.by):
            row.refuse(name, refusal.code, **refusal.details)
    if row.record is None and not values:
        row.refuse("score", "required")
    row.attributes |= values
    if row.record is None:
        row.attributes |= {"result_id": card.pk, "item_id": item.pk}


def write(rows: list[SheetRow], context: Context, load: Any) -> None:
    def take(row: SheetRow) -> dict[str, Any]:
        """Stores the account that scores with its scores."""
        before, main = take_values(row), row.main
        record: Any = main.record
        if "score" in main.changes or (main.is_new and record.score is not None):
            before["scored_by_id"], record.scored_by_id = record.scored_by_id, load.by_id
        return before

    write_scores(rows, load, [*GIVEN, "scored_by"], "card", _serialize_changes, take)


def _serialize_changes(row: SheetRow) -> dict[str, list]:
    """The changes as the form logs them; of a note only its new text."""
    changes = row.main.changes or {name: [None, value] for name, value in row.attributes.items() if name in GIVEN}
    name = next(name for name in ("score", "self_score", "note") if name in changes)
    return {row.values["numbered"].name: [plain(value) for value in changes[name]]}


def lines(by: Any, area: str) -> Iterator[dict[str, Any]]:
    """A row for each unit and each item scored by hand of the open schemes, with the current values."""
    open_ones = SchemeResult.objects.visible_to(by).in_area(area).filter(
        scheme__opened_on__isnull=False, scheme__announced_on=None
    )  # fmt: skip
    cards = list(open_ones.select_related("scheme", "area", "organisation").order_by("scheme", "code"))
    items: dict[int, list[SchemeItem]] = defaultdict(list)
    for item in SchemeItem.objects.filter(scheme__in={card.scheme_id for card in cards}, figure=""):
        items[item.scheme_id].append(item)
    stored = ItemScore.objects.filter(result__in=cards)
    scores = {(score.result_id, score.item_id): score for score in stored}
    for card in cards:
        names = [item.name for item in items[card.scheme_id]]
        for item in items[card.scheme_id]:
            score: Any = scores.get((card.pk, item.pk)) or ItemScore()
            yield {
                "scheme": card.scheme.code, "year": card.scheme.year, "kind": card.scheme.kind, "unit": str(card),
                "item": item.name if names.count(item.name) == 1 else item.number, "weight": item.weight,
                "self_score": score.self_score, "score": score.score, "note": score.note,
            }  # fmt: skip


SENTENCES.update(
    {
        "unit_not_assessed": gettext_noop(
            "“%(text)s” is not assessed by “%(scheme)s”. Write the name of the unit, or its code."
        ),
        "scheme_item_unknown": gettext_noop(
            "The scheme has no item “%(text)s”, or more than one. Write the number of the item."
        ),
    }
)
register(
    SheetType(
        "scheme-score", _("Scores of schemes"), ItemScore, COLUMNS, ("result_id", "item_id"), resolve,
        prefix=lambda row: "", find=find, write=write, lines=lines, right=SCORE, by_clerks=True,
        naming=("unit", "item"), called=("考核", "竞优", "得分", "考评"),
        area_of=lambda row: row.values["card"].area_id if row.values.get("card") else "",
    )
)  # fmt: skip
