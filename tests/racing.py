"""Races of two people, released at once, each on a connection of their own. Run as a program on a copy of the sample
database: `python -m tests.racing ROUNDS`; prints the ledger: how many rounds of each race ended how. `one`: one did the
act, the other was told who was first, and the database holds what the first did. `both`: two did, and one of them in
vain."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from copy import copy
from functools import partial
from threading import Barrier
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
django.setup()

from django.db import DatabaseError, connection, models  # noqa: E402
from django.utils.timezone import localdate  # noqa: E402

from assessment.actions.naming import open_rechecks, settle_recheck  # noqa: E402
from assessment.actions.scoring import (  # noqa: E402
    finish_scoring,
    pass_draft,
    refuse_application,
    return_draft,
    return_review,
    save_scores,
)  # fmt: skip
from assessment.models import Review, ReviewScore  # noqa: E402
from registry.actions.bookings import confirm  # noqa: E402
from registry.actions.drafts import drafts_at, save_fields, start_draft  # noqa: E402
from registry.actions.points import open_period  # noqa: E402
from registry.actions.records import save_record  # noqa: E402
from registry.models import (  # noqa: E402
    Area,
    Booking,
    DemonstrationPoint,
    Draft,
    Event,
    Role,
    StatusPeriod,
    TeachingSite,
    User,
)
from registry.text.refusals import Refused  # noqa: E402
from tests.factories import full_scores, make_draft, make_submitted  # noqa: E402

DISTRICT, TANGFANG = "130207", "130207108"
MOST_ROUNDS = 200  # until both win where nothing keeps them apart
Act = Callable[[Any], Any]  # done by the person given; what it returns tells whether it was done


class Race:
    """Two people at one row: `acts(number)` gives each their act of a round, and `holds(winner)` says whether the
    database holds what that one did."""

    def __init__(self, role: Role, area: str = DISTRICT):
        self.people = [
            User.objects.create(
                username=f"{type(self).__name__} {index}", role=role, read_prefix=area, write_prefix=area
            )
            for index in range(2)
        ]

    def acts(self, number: int) -> list[Act]:
        raise NotImplementedError

    def holds(self, winner: int) -> bool:
        raise NotImplementedError

    def expected_answer(self, winner: int) -> str:
        """What the other is told: who was first."""
        return str(self.people[winner])


class Decisions(Race):
    """Both decide on the same row, every round in another combination of two `ways`, each with the status that the
    point has after it. Before each round everything is as it was."""

    ways: list[tuple[Callable[[Any, Any], Any], str]]

    def __init__(self, role: Role, row: Any, area: str = DISTRICT):
        super().__init__(role, area)
        self.row, self.point = row, row.point
        self.rows_before = [
            row
            for kind in (StatusPeriod, Review, Draft)
            for row in kind._base_manager.filter(point=self.point).order_by("pk")
        ]

    def acts(self, number: int) -> list[Act]:
        added = Review._base_manager.filter(point=self.point).exclude(pk__in=[row.pk for row in self.rows_before])
        ReviewScore._base_manager.filter(review__in=added).delete()
        added.delete()
        StatusPeriod.objects.filter(point=self.point).delete()
        for row in self.rows_before:
            copy(row).save()
        chosen = [self.ways[number % 2], self.ways[number // 2 % 2]]
        self.statuses = [status for _act, status in chosen]
        return [partial(act, type(self.row)._base_manager.get(pk=self.row.pk)) for act, _status in chosen]

    def holds(self, winner: int) -> bool:
        now = StatusPeriod.objects.filter(point=self.point, valid_to=None)
        return [row.status for row in now] == [self.statuses[winner]]


class Applications(Decisions):
    ways = [
        (lambda review, by: refuse_application(review, reason=f"否决 {by}", by=by), "refused"),
        (lambda review, by: return_review(review, remarks={"highlights": f"补充 {by}"}, by=by), "returned"),
    ]


class Checks(Decisions):
    ways = [
        (lambda draft, by: pass_draft(draft, by=by), "checked"),
        (lambda draft, by: return_draft(draft, remarks={"highlights": f"补充 {by}"}, by=by), "returned"),
    ]


class Rechecks(Decisions):
    paper = {"document_no": "测试〔2026〕1号", "reason": "复核结果"}
    ways = [
        (lambda review, by: settle_recheck(review, grade=open_period(review.point).grade, by=by), "named"),
        (lambda review, by: settle_recheck(review, grade="", by=by, **Rechecks.paper), "withdrawn"),
    ]


class Writings(Race):
    """Both write the same field of the same row, each over what stood there when they opened it."""

    def __init__(self, role: Role, row: Any, area: str = DISTRICT):
        super().__init__(role, area)
        self.row = row

    def acts(self, number: int) -> list[Act]:
        opened = self.stands()
        self.typed = [f"{number % 2 * 2 + index + 1}" for index in range(2)]  # none is what the round before left
        return [
            partial(self.write, type(self.row)._base_manager.get(pk=self.row.pk), text, opened) for text in self.typed
        ]

    def holds(self, winner: int) -> bool:
        return self.stands() == self.typed[winner]

    def stands(self) -> str:
        raise NotImplementedError

    def write(self, row: Any, text: str, opened: str, by: Any) -> Any:
        raise NotImplementedError


class Scores(Writings):
    def stands(self) -> str:
        score = self.row.scores.get(item__number=1).district_score
        return "" if score is None else f"{score.normalize():f}"

    def write(self, row: Any, text: str, opened: str, by: Any) -> Any:
        return save_scores(row, {"score-1": text}, was={"score-1": opened}, by=by)


class Drafts(Writings):
    def stands(self) -> str:
        return Draft._base_manager.get(pk=self.row.pk).values["highlights"]

    def write(self, row: Any, text: str, opened: str, by: Any) -> Any:
        return save_fields(row, {"highlights": text}, was={"highlights": opened}, by=by)


class Records(Writings):
    def stands(self) -> str:
        return DemonstrationPoint._base_manager.get(pk=self.row.pk).remark

    def write(self, row: Any, text: str, opened: str, by: Any) -> Any:
        row.remark = text
        return save_record(row, by=by)


class Bookings(Race):
    """Each confirms a group of their own, and the month has places for one of them; the other is told how many are
    left."""

    def __init__(self, role: Role):
        super().__init__(role)
        site = TeachingSite._base_manager.get(code="TS-07")
        common = {"site": site, "booked_for": localdate(), "headcount": 50}  # of the 80 that the site takes
        self.rows = [Booking.objects.create(code=f"BK-R-{index}", visitor=f"{index}", **common) for index in range(2)]

    def acts(self, number: int) -> list[Act]:
        Booking._base_manager.filter(pk__in=[row.pk for row in self.rows]).update(state="asked")
        return [partial(self.confirm, Booking._base_manager.get(pk=row.pk)) for row in self.rows]

    def holds(self, winner: int) -> bool:
        states = [Booking._base_manager.get(pk=row.pk).state for row in self.rows]
        return states == ["confirmed" if index == winner else "asked" for index in range(2)]

    def expected_answer(self, winner: int) -> str:
        return "30"

    def confirm(self, row: Booking, by: Any) -> Booking:
        return confirm(row, by=by)


class Beginnings(Race):
    """Each begins a site at the same village, by a form of their own."""

    def __init__(self, role: Role, area: str):
        super().__init__(role, area)
        villages = Area.objects.unscoped("test").filter(code__startswith=area, level="village").order_by("code")
        [self.village] = [village for village in villages if not drafts_at(village)][:1]

    def acts(self, number: int) -> list[Act]:
        Draft._base_manager.filter(area=self.village).delete()
        return [self.begin, self.begin]

    def holds(self, winner: int) -> bool:
        return [draft.stamps["name"][1] for draft in drafts_at(self.village)] == [str(self.people[winner])]

    def begin(self, by: Any) -> Draft:
        return start_draft(self.village, key=uuid4(), by=by)


def races() -> list[Race]:
    clerk, head, reviewer = (
        User.objects.create(username=f"{role}", role=role, read_prefix=area, write_prefix=area)
        for role, area in ((Role.CLERK, TANGFANG), (Role.HEAD, TANGFANG), (Role.REVIEWER, DISTRICT))
    )
    submitted = make_submitted(clerk)
    review, scored = (pass_draft(make_submitted(clerk), by=head) for _ in range(2))
    [recheck] = open_rechecks(DemonstrationPoint.objects.public().named(localdate()).order_by("code")[:1], by=reviewer)
    save_scores(recheck, full_scores(recheck), was={}, by=reviewer)
    recheck = finish_scoring(recheck, seen={}, by=reviewer)
    point = DemonstrationPoint.objects.public().order_by("code").last()
    return [
        Applications(Role.REVIEWER, review),
        Checks(Role.HEAD, submitted, TANGFANG),
        Rechecks(Role.ADMIN, recheck),
        Scores(Role.REVIEWER, scored),
        Drafts(Role.CLERK, make_draft(clerk), TANGFANG),
        Beginnings(Role.CLERK, TANGFANG),
        Records(Role.ADMIN, point),
        Bookings(Role.ADMIN),
    ]


def answer(act: Act, by: User, start: Barrier) -> tuple[str, str]:
    """What became of one act: done; or told that somebody was first, and who or what is left; or it crashed."""
    start.wait(30)
    try:
        done = act(by)
    except Refused as refusal:
        return "told", str(refusal.details.get("who", refusal.details.get("left")))
    except DatabaseError as error:
        return "crashed", type(error).__name__
    conflicts = getattr(done, "conflicts", [])
    return ("told", conflicts[0].who) if conflicts else ("done", "")


def outcome(race: Race, number: int, pool: ThreadPoolExecutor) -> str:
    acts, start = race.acts(number), Barrier(2)
    newest = Event.objects.order_by("pk").last().pk
    answers = list(pool.map(answer, acts, race.people, [start, start]))
    winners = [index for index, (what, _who) in enumerate(answers) if what == "done"]
    if len(winners) != 1:
        return "both" if winners else "none"
    [winner] = winners
    what, who = answers[1 - winner]
    if what == "crashed":
        return "crashed"
    events = Event.objects.filter(pk__gt=newest).exclude(actor=race.people[winner])
    is_told = who == race.expected_answer(winner)
    return "one" if is_told and race.holds(winner) and not events.exists() else "untold"


def unlocked() -> ExitStack:
    """Without what keeps two people apart: the lock on the row, the version of a record, one open period of a point.
    The order of the statuses stays: it alone keeps two checks of a draft apart."""
    off = ExitStack()
    off.enter_context(patch.object(models.QuerySet, "select_for_update", lambda rows, **_options: rows))
    off.enter_context(patch("registry.actions.records._take_version"))
    off.enter_context(patch.object(StatusPeriod, "full_clean"))
    with connection.schema_editor() as editor:
        for name in ("period_one_open", "period_one_start"):
            [constraint] = [constraint for constraint in StatusPeriod._meta.constraints if constraint.name == name]
            editor.remove_constraint(StatusPeriod, constraint)
    return off


def race_on(race: Race, rounds: int, pool: ThreadPoolExecutor, expected: str = "") -> Counter[str]:
    """How so many rounds ended; more of them until one ended as `expected`."""
    counts: Counter[str] = Counter()
    for number in range(max(rounds, MOST_ROUNDS)):
        if number >= rounds and (not expected or counts[expected]):
            break
        counts[outcome(race, number, pool)] += 1
    return counts


def main(rounds: int) -> None:
    run = {type(race).__name__: race for race in races()}
    with ThreadPoolExecutor(2) as pool:
        ledger = {"locked": {name: race_on(race, rounds, pool) for name, race in run.items()}}
        if connection.vendor != "sqlite":  # which lets no two transactions write at once, locked or not
            del run["Checks"]  # which the order of the statuses keeps apart
            with unlocked():
                ledger["unlocked"] = {name: race_on(race, rounds, pool, "both") for name, race in run.items()}
        list(pool.map(lambda _person: connection.close(), range(2)))
    print(json.dumps(ledger))


if __name__ == "__main__":
    main(int(sys.argv[1]))
