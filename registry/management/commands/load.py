"""`manage.py load FILE…`: the same loading as on the web, with a progress bar, a table of verdicts, or JSON."""

import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from registry.access.permissions import contains_district, may
from registry.actions.jobs import run_one
from registry.loading import lifecycle
from registry.loading.cleanup import delete_load
from registry.loading.fixture_format import FixtureFault
from registry.loading.fixtures import FixtureWriter
from registry.loading.messages import answer_of
from registry.loading.sheet_types import SHEET_TYPES, SheetType
from registry.models import Job, Load, LoadState, Role, RowVerdict, User
from registry.text.refusals import Refused

TAKEN = (RowVerdict.NEW.value, RowVerdict.CHANGED.value, RowVerdict.SAME.value)
SET_UP = "registry.set_up"
MOST_ROWS = 50  # refused rows in the table; --json gives all


class Command(BaseCommand):
    help = "Loads spreadsheets as on the web: reads, checks, and applies what was not refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--kind", default="", help="kind of record, such as point; else the headings tell")
        parser.add_argument("--dry-run", action="store_true", help="say what would be loaded, and load nothing")
        parser.add_argument("--confirm", action="store_true", help="amounts that change a hundredfold are meant so")
        parser.add_argument(
            "--as", dest="username", default="", help="account to load as; else the only superuser or administrator"
        )
        parser.add_argument("--json", dest="as_json", action="store_true", help="the verdict of every row as JSON")

    def handle(self, *args: Any, files: list[Path], as_json: bool, **options: Any) -> None:
        by = _account(options["username"])
        answers = [self._load(file, by, quiet=as_json, **options) for file in files]
        if as_json:
            output = answers if len(answers) > 1 else answers[0]
            self.stdout.write(json.dumps(output, ensure_ascii=False, indent=1))
        expected = LoadState.READY if options["dry_run"] else LoadState.APPLIED
        if any(answer["state"] != expected or not any(answer[verdict] for verdict in TAKEN) for answer in answers):
            sys.exit(1)

    def _load(
        self, file: Path, by: User, *, kind: str, dry_run: bool, quiet: bool, confirm: bool, **options: Any
    ) -> dict:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if is_fixture(file):
            return self._print_answer(_fixture(file, dry_run, by), quiet)
        try:
            load = lifecycle.send_load(
                file.name, file.read_bytes(), kind=kind, key=uuid4(), by=by, at_once=not dry_run, confirmed=confirm
            )
        except Refused as refusal:
            return self._print_answer(_refused(file, kind, str(refusal)), quiet)
        load = self._work(load, quiet)
        answer = answer_of(load)
        if dry_run and load.state in (LoadState.READY, LoadState.REFUSED):
            delete_load(load)
        return self._print_answer(answer, quiet, _kinds(load))

    def _work(self, load: Load, quiet: bool) -> Load:
        """Works at the load's job here, or waits for the worker that has it."""
        bar = _Bar(load) if not quiet and sys.stderr.isatty() else lambda: False
        while load.is_working:
            try:
                if not run_one(load.job_id, stopping=bar):
                    time.sleep(0.2)
            except DatabaseError as error:
                raise CommandError(f"The database is away or busy: {error}. A worker goes on with the load.") from error
            load = Load.objects.unscoped("the sender's own").select_related("job").get(pk=load.pk)
        return load

    def _print_answer(self, answer: dict, quiet: bool, kinds: Mapping[str, SheetType] | None = None) -> dict:
        if quiet:
            return answer
        self.stdout.write(f"{answer['file']}  {answer['kind']}  {answer['state']}")
        if answer["message"]:
            self.stdout.write(self.style.ERROR(f"  {answer['message']}"))
        for note in answer["notes"]:
            self.stdout.write(f"  {note}")
        for verdict in RowVerdict.values:
            self.stdout.write(f"  {answer[verdict]:8d}  {verdict}")
        for name in answer["skipped_sheets"]:
            self.stdout.write(f"  left out: sheet {name}")
        rows = [row for row in answer["rows"] if row["messages"]]
        for row in rows[:MOST_ROWS]:
            for message in row["messages"]:
                where = message["cell"] or f"row {row['row']}"
                column = _heading((kinds or {}).get(row["sheet"]), message["column"])
                self.stdout.write(f"  {row['sheet']} {where:6} {row['verdict']:8} {column}{message['text']}")
        if len(rows) > MOST_ROWS:
            self.stdout.write(f"  … and {len(rows) - MOST_ROWS} rows more; --json gives all")
        return answer


def _kinds(load: Load) -> dict[str, SheetType]:
    """The sheet type by the name of a sheet."""
    return {sheet["name"]: SHEET_TYPES[sheet["kind"]] for sheet in load.sheets if sheet["kind"] in SHEET_TYPES}


def _heading(kind: SheetType | None, name: str) -> str:
    """The heading of the column that a message is about, as it stands in front of the message."""
    column = kind.column(name) if kind else None
    return f"{column.heading if column else name}: " if name else ""


class _Bar:
    """A progress bar on the terminal; asked between steps, and never stops the work."""

    def __init__(self, load: Load):
        self.load, self.began = load, time.monotonic()

    def __call__(self) -> bool:
        if self.load.job_id is None:
            return False
        job = Job.objects.get(pk=self.load.job_id)
        share = job.done / job.total if job.total else 0
        bar = "█" * round(share * 30)
        print(f"\r{bar:<30} {job.done}/{job.total} {time.monotonic() - self.began:5.1f} s", end="", file=sys.stderr)
        return False


def _account(name: str) -> User:
    if name:
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account {name}.")
        return user
    active = User.objects.filter(is_active=True)
    administrators = [user for user in active.filter(role=Role.ADMIN) if contains_district(user.write_prefix)]
    candidates = list(active.filter(is_superuser=True)[:2]) or administrators
    if len(candidates) != 1:
        raise CommandError("Say as whom to load: --as USER.")
    return candidates[0]


def is_fixture(file: Path) -> bool:
    """Whether the file holds rows with the keys of Django's own fixtures."""
    with file.open("rb") as start:
        return bool(re.match(rb'\s*\[\s*\{\s*"(?:model|pk|fields)"', start.read(200)))


def _fixture(file: Path, dry_run: bool, by: User) -> dict:
    """Loads a fixture as `loaddata` does: rows with the same key are replaced, and nothing of it can be undone. A dry
    run does everything and takes it back."""
    writer = FixtureWriter(by=by)
    try:
        if not may(by, SET_UP):
            raise Refused("not_allowed")
        with transaction.atomic():
            call_command("loaddata", str(file.resolve()), writer=writer, verbosity=0)
            transaction.set_rollback(dry_run)
    except (FixtureFault, Refused) as fault:
        return _refused(file, "fixture", str(fault))
    state = LoadState.READY if dry_run else LoadState.APPLIED
    return {**_refused(file, "fixture", ""), "state": state.value, **writer.counts}


def _refused(file: Path, kind: str, message: str) -> dict:
    counts = dict.fromkeys(RowVerdict.values, 0)
    return {"file": file.name, "kind": kind, "state": LoadState.REFUSED.value, "message": message, "notes": [],
            **counts, "skipped_sheets": [], "rows": []}  # fmt: skip
