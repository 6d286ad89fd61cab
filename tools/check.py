"""`make test`, `make lint`, `make bench` and `make fuzz`."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from tools import servers

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
LINTERS = [
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["lint-imports"],
    ["djlint", "templates", "--check", "--lint", "--quiet"],
    ["mypy"],
    ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
]


def environment(**more: str) -> dict[str, str]:
    own = {"TESTING": "1", "DATA_DIR": str(ROOT / "var" / "test"), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return {**os.environ, **own, **more}


def run(title: str, command: list[str], known: dict[str, str]) -> bool:
    print(f"\n== {title}: {' '.join(command)}", flush=True)
    passed = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=known).returncode == 0
    if not passed:
        print(f"✗ {title} failed: {' '.join(command)}", flush=True)
    return passed


def test(arguments: list[str]) -> None:
    """The whole suite on SQLite, on PostgreSQL, with real processes and in a browser, as far as they are installed."""
    missing = {
        "PostgreSQL": servers.postgres_programs() is None,
        "Redis": servers.redis_program() is None,
        "Chromium": servers.chromium_program() is None,
        "GDAL": shutil.which("ogrinfo") is None,
        "LibreOffice": shutil.which("soffice") is None,
    }
    for name in (name for name, absent in missing.items() if absent):
        print(f"· {name} is not installed: its tests are left out", flush=True)
    if os.environ.get("REQUIRE") == "all" and any(missing.values()):
        sys.exit("✗ REQUIRE=all, but not everything is installed; see above.")
    extra = [*arguments, *os.environ.get("ARGS", "").split()]
    with ExitStack() as stack:
        known = environment(REDIS_URL="")
        if not missing["PostgreSQL"]:
            known["TEST_DATABASE_URL"] = stack.enter_context(servers.postgres())
        if not missing["Redis"]:
            known["TEST_REDIS_URL"] = stack.enter_context(servers.redis())
        passed = suites(known, missing, extra)
    sys.exit(0 if passed else 1)


def suites(known: dict[str, str], missing: dict[str, bool], extra: list[str]) -> bool:
    suite = ["pytest", "-q", "-m", "not browser and not processes", *extra]
    passed = run("on SQLite", [*suite, "-n", "2"], {**known, "DATABASE_URL": ""})
    if not missing["PostgreSQL"]:
        passed &= run("on PostgreSQL", [*suite, "-n", "2"], {**known, "DATABASE_URL": known["TEST_DATABASE_URL"]})
    if not missing["PostgreSQL"] and not missing["Redis"]:
        real = ["pytest", "-q", "-m", "processes", "-n", "2", "--dist", "loadfile", *extra]
        passed &= run("with real processes", real, {**known, "DATABASE_URL": ""})
    if not missing["Chromium"]:
        passed &= run("in a browser", ["pytest", "-q", "-m", "browser", *extra], {**known, "DATABASE_URL": ""})
    return passed


def lint(arguments: list[str]) -> None:
    results = [run("lint", command, environment()) for command in LINTERS]
    sys.exit(0 if all(results) else 1)


def fuzz(arguments: list[str]) -> None:
    """The API asked for longer than in the suite; FUZZ_EXAMPLES says how many examples an operation gets."""
    known = environment(FUZZ_EXAMPLES=os.environ.get("FUZZ_EXAMPLES", "200"))
    sys.exit(0 if run("fuzz", ["pytest", "-q", "-s", "tests/api/test_fuzz.py", *arguments], known) else 1)


def bench(arguments: list[str]) -> None:
    sys.exit(0 if run("bench", ["python", "-m", "bench", *arguments], environment()) else 1)
