"""`make test`, `make test-deep`, `make lint`, `make bench` and `make fuzz`."""

import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

from tools import bootstrap, servers
from tools.sample_database import FOLDER

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
LINTERS = [
    ["mypy"],
    ["djlint", "templates", "--check", "--lint", "--quiet"],
    ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    ["lint-imports"],
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
]


def environment(**more: str) -> dict[str, str]:
    own = {"TESTING": "1", "DATA_DIR": str(ROOT / "var" / "test"), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return {**os.environ, **own, **more}


def run(title: str, command: list[str], variables: dict[str, str]) -> bool:
    print(f"\n== {title}: {' '.join(command)}", flush=True)
    passed = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=variables).returncode == 0
    if not passed:
        print(f"✗ {title} failed: {' '.join(command)}", flush=True)
    return passed


SUITE = "not browser and not processes and not access and (not deep or always)"
PARTS = {  # what `PART=` chooses: which tests, and how two processes share them
    "sqlite": (SUITE, "--dist=load"),
    "access": ("access and (not deep or always)", "--dist=load"),
    "postgres": (f"{SUITE} and not no_database", "--dist=load"),
    "processes": ("processes and (not deep or always)", "--dist=loadfile"),
    "browser": ("browser and (not deep or always)", "--dist=loadfile"),
}
COUNTED = ("tests", "failures", "errors", "skipped")  # in a report of pytest
PROGRAMS = {  # name: where it is, which parts cannot do without
    "PostgreSQL": (servers.postgres_programs, {"postgres", "processes"}),
    "Redis": (servers.redis_program, {"processes"}),
    "Chromium": (servers.chromium_program, {"browser"}),
    "GDAL": (lambda: shutil.which("ogrinfo"), set()),
    "LibreOffice": (lambda: shutil.which("soffice"), set()),
    "OpenAPI linter": (lambda: shutil.which("node") and bootstrap.LINTER.exists(), set()),
    "nginx": (lambda: shutil.which("nginx") and shutil.which("openssl"), set()),
}


def test(arguments: list[str]) -> None:
    """The suite in parts, as far as what they need is installed: `PART=` one of them, `ARGS=` more for pytest."""
    chosen = os.environ.get("PART", "")
    if chosen and chosen not in PARTS:
        sys.exit(f"✗ There is no part {chosen!r}. Choose one of: {', '.join(PARTS)}.")
    parts = [chosen] if chosen else list(PARTS)
    missing = {name: needed_by for name, (program, needed_by) in PROGRAMS.items() if not program()}
    for name in missing:
        print(f"· {name} is not installed: its tests are left out", flush=True)
    if os.environ.get("REQUIRE") == "all" and missing:
        sys.exit("✗ REQUIRE=all, but not everything is installed; see above.")
    parts = [part for part in parts if not any(part in needed_by for needed_by in missing.values())]
    run_parts({part: PARTS[part] for part in parts}, arguments)


def test_deep(arguments: list[str]) -> None:
    """The long versions: every mutant of the permission table, races without locks, long fuzzing, hundreds of kills."""
    os.environ["DEEP"] = "1"
    run_parts({"deep": ("deep", "--dist=loadfile -rP")}, arguments)


def run_parts(parts: dict[str, tuple[str, str]], arguments: list[str]) -> None:
    extra = [*arguments, *shlex.split(os.environ.get("ARGS", ""))]
    reports = {}
    with ExitStack() as stack:
        variables = environment(REDIS_URL="", DATABASE_URL="")
        if servers.postgres_programs() and parts.keys() - {"sqlite", "access", "browser"}:
            variables["TEST_DATABASE_URL"] = stack.enter_context(servers.postgres())
        if servers.redis_program() and parts.keys() & {"processes", "deep"}:
            variables["TEST_REDIS_URL"] = stack.enter_context(servers.redis())
        for part, (chosen, distribution) in parts.items():
            report = FOLDER / f"{part}.xml"
            report.unlink(missing_ok=True)
            several = [] if extra else ["-n", "2", *distribution.split()]  # a few tests need no second process
            command = ["pytest", "-q", "-m", chosen, *several, f"--junitxml={report}", *extra]
            engine = {"DATABASE_URL": variables["TEST_DATABASE_URL"]} if part == "postgres" else {}
            reports[part] = (run(part, command, {**variables, **engine}), report)
    print_summary({part: report for part, (_passed, report) in reports.items()})
    sys.exit(0 if all(passed for passed, _report in reports.values()) else 1)


def print_summary(reports: dict[str, Path]) -> None:
    """A line a part with its tests and seconds, and the ten slowest tests of all."""
    slowest = []
    print(f"\n{'part':<12}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for part, report in reports.items():
        if not report.exists():
            print(f"{part:<12} ended without a report")
            continue
        suite = ElementTree.parse(report).getroot()[0]
        tests, failures, errors, skipped = (int(suite.get(name, 0)) for name in COUNTED)
        passed, seconds = tests - failures - errors - skipped, float(suite.get("time", 0))
        print(f"{part:<12}{passed:>8}{failures + errors:>8}{skipped:>9}{seconds:>9.0f}")
        for case in suite:
            slowest.append((float(case.get("time", 0)), part, f"{case.get('classname')}::{case.get('name')}"))
    print("\nthe ten slowest tests, in seconds")
    for seconds, part, name in sorted(slowest, reverse=True)[:10]:
        print(f"{seconds:>8.1f}  {part:<10} {name}")


def lint(arguments: list[str]) -> None:
    """Every linter, two at a time, the slowest first."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run_linter, LINTERS))
    sys.exit(0 if all(results) else 1)


def run_linter(command: list[str]) -> bool:
    """Runs one; what it printed comes in one piece."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    print(f"\n== lint: {' '.join(command)}\n{done.stdout.strip()}", flush=True)
    return done.returncode == 0


def fuzz(arguments: list[str]) -> None:
    """The API asked by its description, and every address asked with hostile input on each engine, for longer than in
    the suite; FUZZ_EXAMPLES says how many examples an operation gets."""
    variables = environment(FUZZ_EXAMPLES=os.environ.get("FUZZ_EXAMPLES", "200"), REDIS_URL="", DATABASE_URL="")
    command = ["pytest", "-q", "-m", "deep", *arguments]
    crawl = [*command, "-n", "2", "-rP", "tests/fengnan/test_hostile_input.py"]
    passed = [run("fuzz", [*command, "-s", "tests/api/test_fuzz.py"], variables)]
    passed.append(run("hostile input, SQLite", crawl, variables))
    if servers.postgres_programs():
        with servers.postgres() as url:
            engine = {"DATABASE_URL": url, "TEST_DATABASE_URL": url}
            passed.append(run("hostile input, PostgreSQL", crawl, {**variables, **engine}))
    sys.exit(0 if all(passed) else 1)


def bench(arguments: list[str]) -> None:
    """`ARGS=--quick` for a look in three minutes, `BASE=` names the commit to compare with; see bench/__main__.py."""
    arguments += shlex.split(os.environ.get("ARGS", ""))
    sys.exit(0 if run("bench", ["python", "-m", "bench", *arguments], environment()) else 1)


if __name__ == "__main__":
    command, *more = sys.argv[1:]
    COMMANDS = {"test": test, "test-deep": test_deep, "lint": lint, "fuzz": fuzz, "bench": bench}
    COMMANDS[command](more)
