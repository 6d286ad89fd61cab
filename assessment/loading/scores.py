"""Item scores in an open round of review. The file only gives scores; it decides nothing."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from assessment.models import Outcome, Review, ReviewScore, Round, StandardItem
from assessment.overviews.review_sheet import STATUSES, score
from registry.actions.points import written_by
from registry.loading.bulk import add_all
from registry.loading.context import Context
from registry.loading.kinds.shared import NOT_KEPT, at, day_column, differs, take_day, township
from registry.loading.lookups import WHY
from registry.loading.messages import SENTENCES
from registry.loading.sheet_types import ROW_NUMBER, SheetColumn, SheetRow, SheetType, Use, plain_name, register
from registry.loading.validate import plain, refuse_missing, same
from registry.loading.write import log_events
from registry.models import StatusPeriod
from registry.text.validators import Reader, choice, line, number

ROUND_WORDS = {"初审": "application", "评审": "application", "复核": "recheck", "复审": "recheck"}
SCORES = ("township_score", "district_score")
POINTS: Reader = number("0", "100", decimals=1, unit="分")
COLUMNS = (
    ROW_NUMBER,
    township("所属乡镇", required=False),
    SheetColumn("point", "示范点", line(80), required=True, also=("示范点名称", "点位名称"), names="point"),
    SheetColumn(
        "round", "评审环节", choice(Round, ROUND_WORDS), required=True, also=("环节",), words=("初审", "评审", "复核"),
    ),
    SheetColumn("standard", "标准版本", line(80), required=True, also=("标准",)),
    SheetColumn("item", "条目", line(120), required=True, also=("考核项目", "考核内容", "标准条目")),
    SheetColumn("weight", "标准分", POINTS, also=("分值",), use=Use.COMPARE),
    SheetColumn("self_score", "自评分", POINTS, use=Use.COMPARE, hint=NOT_KEPT),
    SheetColumn("township_score", "乡镇评分", POINTS, also=("乡镇得分",)),
    SheetColumn("district_score", "区级得分", POINTS, required=True, also=("得分", "区级评分")),
    SheetColumn("reason", "扣分原因", line(300), also=("扣分说明",)),
    SheetColumn("scored_by", "评审人", line(40), required=True, also=("评分人",), personal=True),
    day_column("scored_on", "日期", "评审日期", "评分日期", required=True),
)  # fmt: skip


def resolve(row: SheetRow, context: Context) -> None:
    """Looks up the point; round and item are looked up for all rows together, in `find`."""
    text = row.values.get("point")
    row.title = f"{text or ''} {row.values.get('item') or ''}".strip()
    take_day(row, "scored_on", context, happened=True)
    row.attributes.clear()
    refuse_missing(COLUMNS, row)
    if text:
        with at(row, "point"):
            within = [row.areas.township(row.values["township"])] if row.has("township") else []
            row.values["found"] = context.records.get("point", text, within)


def find(rows: list[SheetRow], context: Context) -> None:
    points = {row.values["found"].pk for row in rows if row.values.get("found")}
    pending = Review.objects.unscoped(WHY).filter(point__in=points, outcome=Outcome.PENDING)
    locked = context.locked(pending).select_related("point", "standard")
    reviews = {review.point_id: review for review in locked}
    standing = StatusPeriod.objects.filter(point__in=reviews, valid_to=None)
    statuses = dict(standing.values_list("point_id", "status"))
    own_work = written_by(context.by, [review.point for review in reviews.values()])
    items: dict[int, dict[str, StandardItem]] = defaultdict(dict)
    for item in StandardItem.objects.unscoped(WHY):
        items[item.standard_id] |= {plain_name(item.name): item, str(item.number): item, item.code: item}
    stored = ReviewScore.objects.filter(review__in=reviews.values())
    scores = {(score.review_id, score.item_id): score for score in stored}
    for row in rows:
        point = row.values.get("found")
        if point is None:
            continue
        review = row.values["review"] = reviews.get(point.pk)
        if review is None:
            row.refuse("point", "no_round", point=point.name)
        else:
            is_open = statuses.get(point.pk) in STATUSES[Round(review.round)]
            is_own = point.pk in own_work or review.township_by_id == context.by.pk
            if _may_be_scored(row, review, is_open=is_open, is_own=is_own):
                _validate(row, review, items[review.standard_id], scores)


def _may_be_scored(row: SheetRow, review: Review, *, is_open: bool, is_own: bool) -> bool:
    """Checks that the round has the kind and standard of the file, and that the sender may score it."""
    standard = review.standard
    if not is_open:
        row.refuse("point", "no_round", point=review.point.name)
    if row.has("round") and row.values["round"] != review.round:
        row.refuse("round", "round_differs", held=review.get_round_display())
    name = plain_name(row.values.get("standard") or "")
    if name and name not in (plain_name(standard.name), standard.code):
        row.refuse("standard", "standard_differs", held=standard.name)
    if is_own:
        row.refuse("", "own_work")
    return not row.is_refused


def _validate(row: SheetRow, review: Review, items: dict[str, StandardItem], scores: dict) -> None:
    if not row.has("item"):
        return
    item = items.get(plain_name(row.values["item"])) or items.get(row.values["item"])
    if item is None:
        row.refuse("item", "item_unknown", text=row.values["item"])
        return
    row.values["numbered"] = item
    row.key = (review.code, item.pk)
    row.record = scores.get((review.pk, item.pk))
    differs(row, "weight", item.weight)
    for name in SCORES:
        if row.has(name):
            with at(row, name):
                row.attributes[name] = score(item.weight)(f"{row.values[name]:f}")
    stored = getattr(row.record, "township_score", None)
    if stored is not None and row.has("township_score") and not same(stored, row.values["township_score"]):
        row.refuse("township_score", "score_stands", held=f"{stored.normalize():f}")
    row.attributes["reason"] = row.values.get("reason")
    if row.record is None:
        row.attributes |= {"review_id": review.pk, "item_id": item.pk}


def take_values(row: SheetRow) -> dict[str, Any]:
    """Sets the values, and returns the old ones."""
    for name, (_before, after) in row.main.changes.items():
        setattr(row.main.record, name, after)
    return {name: plain(before) for name, (before, _after) in row.main.changes.items()}


def write_scores(
    rows: list[SheetRow], load: Any, names: Sequence[str], owner: str,
    serialize: Callable[[SheetRow], dict[str, list]], take: Callable[[SheetRow], dict[str, Any]] = take_values,
) -> None:  # fmt: skip
    """Writes scores, and one event for each round or card they belong to: `row.values[owner]`. The undo depends on its
    version: if somebody changed scores or announced the ranking since, the scores stay."""
    doing = [row for row in rows if row.main.does_something]
    before = {id(row): take(row) for row in doing}
    records: Any = [row.main.record for row in doing if not row.main.is_new]
    add_all([[row.main.record for row in doing if row.main.is_new]])
    if records:
        type(records[0]).objects.bulk_update(records, names)
    changes: dict[int, dict[str, list]] = defaultdict(dict)
    owners = {row.values[owner].pk: row.values[owner] for row in doing}
    for row in doing:
        of, record = row.values[owner], row.main.record
        changes[of.pk] |= serialize(row)
        row.undo = [
            [record._meta.label_lower, record.pk, None if row.main.is_new else before[id(row)], 0],
            [of._meta.label_lower, of.pk, {}, of.version],
        ]
    log_events(load, (("score", of, changes[of.pk]) for of in owners.values()))


def write(rows: list[SheetRow], context: Context, load: Any) -> None:
    write_scores(rows, load, [*SCORES, "reason"], "review", _serialize_changes)


def _serialize_changes(row: SheetRow) -> dict[str, list]:
    """The changes as the reviewer's form logs them, with the account and the day."""
    number = row.values["numbered"].number
    names = {"district_score": "score", "township_score": "township", "reason": "reason"}
    main = row.main
    changes = main.changes or {name: [None, value] for name, value in row.attributes.items() if name in names}
    changes_by_field = {f"{names[name]}-{number}": [plain(old), plain(new)] for name, (old, new) in changes.items()}
    return changes_by_field | {
        "scored_by": ["", row.values["scored_by"]],
        "scored_on": ["", str(row.values["scored_on"].day)],
    }


SENTENCES.update(
    {
        "no_round": gettext_noop("“%(point)s” is in no review in which it could be scored now."),
        "round_differs": gettext_noop("The review that is going on is “%(held)s”. Look at the column."),
        "standard_differs": gettext_noop("This review is judged by “%(held)s”. Score it by that standard."),
        "item_unknown": gettext_noop("The standard has no item “%(text)s”. Write its name or its number."),
        "score_stands": gettext_noop("The township gave %(held)s: the district does not change that."),
    }
)
register(
    SheetType(
        "review-score", _("Scores of reviews"), ReviewScore, COLUMNS, ("review_id", "item_id"), resolve,
        prefix=lambda row: "", find=find, write=write, naming=("point", "item"), called=("评审", "打分", "评分"),
        area_of=lambda row: row.values["found"].area_id if row.values.get("found") else "",
    )
)  # fmt: skip
