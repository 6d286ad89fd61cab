"""Each kind of write, one after the other, on a registry that web processes serve; and what their public pages show
right after it. Run as a program: `python -m tests.moving_pages ADDRESS…`; prints for each write which pages were not
those of the data as it is by then, and whether any page changed; and of what no page shows, which pages it moved."""

import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
django.setup()

import httpx  # noqa: E402
import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from registry.actions import jobs  # noqa: E402
from registry.actions.access_log import log_reading  # noqa: E402
from registry.actions.drafts import save_fields  # noqa: E402
from registry.actions.mergers import Merger, merge_areas  # noqa: E402
from registry.actions.points import withdraw_point  # noqa: E402
from registry.actions.records import save_record  # noqa: E402
from registry.actions.rules import change_rule  # noqa: E402
from registry.actions.scheduled import sign_alive  # noqa: E402
from registry.actions.tallies import fold_counts  # noqa: E402
from registry.actions.voiding import restore_record  # noqa: E402
from registry.loading.lifecycle import undo_load  # noqa: E402
from registry.models import Area, Belt, DemonstrationPoint, District, Draft, Job, Load, Parameter, User, forget_district  # noqa: E402
from tests.factories import entered_in_error, load_rows, make_draft  # noqa: E402
from tests.fengnan.test_admin import _form_of, address  # noqa: E402
from tests.loading_examples import EXAMPLES  # noqa: E402

TANGFANG = "130207108"
PAGES = ("/", "/en/belts/B-02/", "/organisations/", "/villages/", "/search/?q=%E7%A4%BA%E8%8C%83%E5%B8%A6")
HOST = {"Host": "localhost"}
PAPER = {"reason": "测试公开页面", "document_no": "测试〔2026〕9号"}
TODAY = date.today()


def all_of(model):
    return model._base_manager.all()


def belt() -> Belt:
    return all_of(Belt).get(code="B-02")


def act(by: User) -> None:
    changed = belt()
    changed.name = "法令之后的示范带"
    save_record(changed, by=by, reason="更名")


def title(by: User) -> None:
    withdraw_point(DemonstrationPoint.objects.public().named(TODAY).order_by("code")[0], by=by, on=TODAY, **PAPER)


def load(by: User) -> None:
    with transaction.atomic():
        load_rows("organisation", EXAMPLES["organisation"].row, by=by)


def undo(by: User) -> None:
    undo_load(all_of(Load).latest("pk"), by=by)
    while jobs.run_one():
        pass


def admin(by: User) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(by)
    form = _form_of(client, belt(), name="管理页之后的示范带", change_reason="更名")
    assert client.post(address(Belt, "change", belt().pk), form).status_code == 302


def parameter(by: User) -> None:
    rule = all_of(Parameter).get(rule="premium-rate-target", valid_to=None)
    change_rule(rule, value=Decimal("36"), valid_from=TODAY, by=by, **PAPER)


def voiding(by: User) -> None:
    entered_in_error(belt(), by)


def restoring(by: User) -> None:
    restore_record(belt(), reason="并非误录,予以恢复", by=by)


def merger(by: User) -> None:
    villages = list(Area.objects.public().villages(TODAY).in_area(TANGFANG).order_by("code")[:2])
    merge_areas(Merger(villages[:1], villages[1], TODAY), by=by, **PAPER)


def names_of_the_district(by: User) -> None:
    district = all_of(District).get()
    district.title = "改了名的台账"
    save_record(district, by=by, right="registry.set_up", reason="更名")


def another_program(by: User) -> None:
    """SQL over a connection of its own."""
    write = "UPDATE registry_belt SET name = '别的程序写的示范带' WHERE code = 'B-02'"
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=30)) as other, other:
            other.execute(write)
    else:
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            other.execute(write)


WRITES: tuple[Callable[[User], None], ...] = (
    act, title, load, undo, admin, parameter, voiding, restoring, merger, names_of_the_district, another_program,
)  # fmt: skip


def session(by: User) -> None:
    SessionStore().save()


def alive(by: User) -> None:
    sign_alive()


def job(by: User) -> None:
    Job.objects.create(kind="reindex")


def typing(by: User) -> None:
    """A field of a draft, which no page shows before it is submitted."""
    opened, clerk = all_of(Draft).latest("pk"), all_of(User).get(username="clerk of it")
    save_fields(opened, {"highlights": "还没有公开的文字"}, was={"highlights": opened.values["highlights"]}, by=clerk)


def reading(by: User) -> None:
    log_reading(belt(), ["name"], by=by)


def folding(by: User) -> None:
    fold_counts()


QUIET: tuple[Callable[[User], None], ...] = (session, alive, job, typing, reading, folding)


def shown(addresses: list[str]) -> dict[tuple[str, str], httpx.Response]:
    return {
        (address, page): httpx.get(address + page, headers=HOST, timeout=60) for address in addresses for page in PAGES
    }


def made_anew() -> dict[str, bytes]:
    """The pages of the data as it is, made by this process."""
    forget_district()
    client = Client(headers={"host": "localhost"})
    return {page: client.get(page).content for page in PAGES}


def ledger(addresses: list[str]) -> Iterator[tuple[str, dict]]:
    by = User.objects.create_user("moving", role="admin", read_prefix="130207", write_prefix="130207", is_staff=True)
    make_draft(User.objects.create_user("clerk of it", role="clerk", read_prefix=TANGFANG, write_prefix=TANGFANG))
    before = shown(addresses)
    for write in WRITES:
        write(by)
        after, right = shown(addresses), made_anew()
        stale = [place for place, answer in after.items() if answer.content != right[place[1]]]
        changed = {place for place, answer in after.items() if answer.content != before[place].content}
        unnoticed = [place for place in changed if after[place].headers["ETag"] == before[place].headers["ETag"]]
        yield write.__name__, {"changed": bool(changed), "stale": stale, "unnoticed": unnoticed}
        before = after
    etags = {place: answer.headers["ETag"] for place, answer in before.items()}
    for write in QUIET:
        write(by)
        moved = [place for place, answer in shown(addresses).items() if answer.headers["ETag"] != etags[place]]
        yield write.__name__, {"moved": moved}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    setup_test_environment()  # what a page of the admin was made from is asked of its answer
    settings.PAGE_CACHE_MB = 0
    print(json.dumps(dict(ledger(sys.argv[1:]))))
