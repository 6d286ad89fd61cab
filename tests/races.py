"""Pairs of people who act at the same moment: `python -m tests.races`, on the database of the environment.

Prints as JSON, for each race and for its twin with the locks off, how often exactly one of the two came through, both,
or one broke against the last line of defence, a constraint of the database.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable
from unittest import mock

import django

django.setup()

from django.core.exceptions import ValidationError  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from assessment.actions.scoring import pass_draft, refuse_application, return_review, save_scores  # noqa: E402
from assessment.models import Review, ReviewScore  # noqa: E402
from registry.actions.drafts import save_fields  # noqa: E402
from registry.models import Draft, Role, User  # noqa: E402
from registry.refusals import Refused  # noqa: E402
from tests.conftest import DAQI, DISTRICT, TANGFANG  # noqa: E402
from tests.factories import make_draft, make_submitted  # noqa: E402

ROUNDS, TWIN_ROUNDS = 200, 40
Act = Callable[[], bool]  # whether it came through


def account(name: str, role: Role, area: str) -> User:
    return User.objects.create(username=name, role=role, read_prefix=area, write_prefix=area)


CLERKS = [account(f"clerk {number}", Role.CLERK, TANGFANG) for number in range(2)]
REVIEWERS = [account(f"reviewer {number}", Role.REVIEWER, DISTRICT) for number in range(2)]
CLERK, HEAD = account("clerk", Role.CLERK, DAQI), account("head", Role.HEAD, DAQI)


def at_once(acts: tuple[Act, Act]) -> str:
    """Does both at the same moment, each over a connection of its own."""
    barrier, outcomes = threading.Barrier(2), []

    def run(act: Act) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            outcomes.append("won" if act() else "lost")
        except Refused:
            outcomes.append("lost")
        except (DatabaseError, ValidationError):
            outcomes.append("broke")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "broke" if "broke" in outcomes else {1: "one", 2: "both"}.get(outcomes.count("won"), "none")


def typing(number: int) -> tuple[Act, Act]:
    """Two clerks of one township type into the same field of one draft; who comes second sees both values."""
    stands = DRAFT.values.get("highlights", "")

    def write(who: int) -> bool:
        mine = f"第{number}轮{who}的话,写在同一栏里。"
        saved = save_fields(DRAFT, {"highlights": mine}, was={"highlights": stands}, by=CLERKS[who])
        kept = [(conflict.mine, conflict.theirs != stands) for conflict in saved.conflicts]
        assert bool(saved.written) != (kept == [(mine, True)])
        return bool(saved.written)

    return (lambda: write(0), lambda: write(1))


def scoring(number: int) -> tuple[Act, Act]:
    """Two reviewers give the same item of one round different scores."""
    score = ReviewScore.objects.get(review=REVIEW, item__number=1)
    stands = {"score-1": "" if score.district_score is None else f"{score.district_score.normalize():f}"}

    def give(who: int) -> bool:
        typed = {"score-1": f"{(number * 2 + who) % 20 / 2 + 0.5:g}"}
        return bool(save_scores(REVIEW, typed, was=stands, by=REVIEWERS[who]).written)

    return (lambda: give(0), lambda: give(1))


def deciding(number: int) -> tuple[Act, Act]:
    """Two reviewers refuse one application, each for a reason of their own; or, every other time, send it back."""
    review = pass_draft(make_submitted(CLERK), by=HEAD)

    def decide(who: int) -> bool:
        reason = f"第{number}轮{who}的理由"
        if number % 2:
            return bool(return_review(review, remarks={"highlights": reason}, by=REVIEWERS[who]))
        return bool(refuse_application(review, reason=reason, by=REVIEWERS[who]))

    return (lambda: decide(0), lambda: decide(1))


def race(pair: Callable[[int], tuple[Act, Act]], rounds: int) -> dict[str, int]:
    outcomes: Counter = Counter()
    for number in range(rounds):
        outcomes[at_once(pair(number))] += 1
        DRAFT.refresh_from_db()
    return dict(outcomes)


DRAFT: Draft = make_draft(CLERKS[0])
REVIEW: Review = pass_draft(make_submitted(CLERK), by=HEAD)

if __name__ == "__main__":
    found = {}
    for pair in (typing, scoring, deciding):
        found[pair.__name__] = race(pair, ROUNDS)
        with mock.patch.object(QuerySet, "select_for_update", lambda rows, *args, **options: rows):
            found[f"{pair.__name__} without locks"] = race(pair, TWIN_ROUNDS)
    print(json.dumps(found))
