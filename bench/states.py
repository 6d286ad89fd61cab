"""What is measured: this state of the project and that of its last release, each with a registry that holds the points
of the sample and one that holds many, on one engine."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import servers
from tools.sample_database import FOLDER, ROOT, TEMPLATE, database_url, fingerprint, make_once, run_sql

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL and Redis"}
GROWN = "grown"
# Run in the folder of a state, whose own tools make its sample.
SAMPLES = {
    "sqlite": "from tools import sample_database as made; print(made.sqlite_sample())",
    "postgresql": "from tools import sample_database as made, servers; "
    "print(made.postgres_sample(servers.postgres_programs()))",
}
COMPILE = "from tools import bootstrap; bootstrap.compile_messages()"
VARIABLES = {
    "TESTING": "1", "DJANGO_SETTINGS_MODULE": "fengnan.settings", "DATABASE_URL": "", "REDIS_URL": "",
    "API_PER_MINUTE": str(10**9), "API_PER_MINUTE_WITHOUT_TOKEN": str(10**9),  # counted and never reached
    "IDLE_MINUTES": "600",
}  # fmt: skip


def say(text: str) -> None:
    """Progress goes beside the tables."""
    print(f"· {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class State:
    """The project in the folder `root`."""

    name: str
    root: Path

    def run(self, *arguments: str, **variables: str) -> str:
        """Runs Python there; what it prints."""
        own = {**os.environ, **VARIABLES, "DATA_DIR": str(FOLDER), **variables}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=self.root, env=own, check=True, text=True, stdout=subprocess.PIPE).stdout

    def sample(self, engine: str) -> Path:
        """A file (SQLite) or the folder of a cluster (PostgreSQL) with the sample."""
        return Path(self.run("-c", SAMPLES[engine]).splitlines()[-1])

    def grown_path(self, engine: str, points: int) -> Path:
        """Where the grown registry is, once it was made; another for each state of what the sample is made from."""
        return FOLDER / f"{self.name}{points}{engine}-{self.sample(engine).stem}-{fingerprint(['bench/points.py'])}"

    def grown(self, engine: str, points: int) -> Path:
        """The sample with so many points, on PostgreSQL in a database GROWN; made once."""
        target = self.grown_path(engine, points)
        if not target.exists():
            say(f"growing a registry of {points:,} points on {engine}; it is kept for the next time")
        return make_once(target, lambda unfinished: self._grow(engine, unfinished, points))

    def _grow(self, engine: str, target: Path, points: int) -> None:
        sample = self.sample(engine)
        grow = ("-m", "bench.points", str(points))
        if engine == "sqlite":
            shutil.copy(sample, target)
            self.run(*grow, DATABASE_URL=f"sqlite:///{target}")
            target.with_name(f"{target.name}-queue").unlink(missing_ok=True)
        else:
            with servers.new_cluster(target, sample) as url:
                run_sql(url, f"CREATE DATABASE {GROWN} TEMPLATE {TEMPLATE}")
                self.run(*grow, DATABASE_URL=database_url(url, GROWN))


NOW = State("now", ROOT)


@dataclass(frozen=True)
class Registry:
    """One database of a state, to be written to and thrown away."""

    state: State
    points: int
    variables: dict[str, str]

    def run(self, *arguments: str) -> str:
        return self.state.run(*arguments, **self.variables)


@contextmanager
def registries(state: State, engine: str, points: int) -> Iterator[list[Registry]]:
    """Copies of the sample and of the registry with so many points; on PostgreSQL with Redis."""
    with ExitStack() as stack:
        files = {0: state.sample(engine), points: state.grown(engine, points)}
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registry-bench-")))
        made = [Registry(state, size, {"DATA_DIR": str(folder / str(size))}) for size in files]
        for registry, file in zip(made, files.values(), strict=True):
            (folder / str(registry.points)).mkdir()
            if engine == "sqlite":
                shutil.copy(file, folder / str(registry.points) / "registry.sqlite3")
        if engine == "postgresql":
            url = stack.enter_context(servers.postgres(files[points]))
            redis = stack.enter_context(servers.redis()).rpartition("/")[0]
            for number, (registry, name) in enumerate(zip(made, (TEMPLATE, GROWN), strict=True)):
                registry.variables["DATABASE_URL"] = database_url(url, name)
                registry.variables["REDIS_URL"] = f"{redis}/{number}"
        yield made


def last_release() -> State | None:
    """The commit that BASE names or, without it, the newest tag before this commit; with today's `bench/`. None, with a
    line that says why, where there is none or it needs other packages."""
    wanted = os.environ.get("BASE", "") or _git("describe", "--tags", "--abbrev=0", "HEAD^")
    commit = _git("rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}") if wanted else ""
    if not commit:
        say(
            f"the last release is left out: there is no {f'commit {wanted}' if wanted else 'tag; BASE= names a commit'}"
        )
        return None
    if _git("show", f"{commit}:requirements.txt") != (ROOT / "requirements.txt").read_text().strip():
        say(f"the last release ({wanted}) is left out: it needs other packages than this state")
        return None
    say(f"the last release: {wanted}")
    root = make_once(FOLDER / f"release-{commit}", lambda folder: _unpack(commit, folder))
    shutil.rmtree(root / "bench", ignore_errors=True)
    shutil.copytree(ROOT / "bench", root / "bench")
    return State("release", root)


def _unpack(commit: str, folder: Path) -> None:
    folder.mkdir()
    archive = subprocess.Popen(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=True)
    archive.wait()
    (folder / ".venv").symlink_to(ROOT / ".venv")
    State("release", folder).run("-c", COMPILE)


def _git(*arguments: str) -> str:
    """What git prints; nothing where it fails or is not there."""
    if not shutil.which("git"):
        return ""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()
