"""The parts of the benchmark on one engine, each of which prints its tables."""

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from statistics import median
from subprocess import CalledProcessError
from typing import Any, NamedTuple

from bench.addresses import API, DESK, EXPORTS, FROM_MEMORY, PAGES, Address
from bench.asking import THREADS, WORKERS, Asked, Server, Unanswered, costs, etag_of, rates, ratio, request, served
from bench.exporting import bare_export, export, export_all
from bench.states import ENGINES, NOW, Registry, State, registries, say
from bench.writing import Writing, write

EMPTY, SMALL, LARGE = 0, 1, 2  # in what is asked in turns: the empty view and this state; then that of the release
OF_RELEASE = "of the last release"


class Depth(NamedTuple):
    """How long is measured."""

    rounds: int
    patience: float  # seconds that the rounds of one page may take
    rate_seconds: float
    write_seconds: float
    export_rounds: int
    rows: int  # loaded


class Bench:
    """The registries of one engine: of each state the sample and the grown one. A part stops the servers it starts,
    which are in its `stack`."""

    stack: ExitStack

    def __init__(self, engine: str, points: int, depth: Depth, states: list[State], databases: ExitStack) -> None:
        self.engine, self.depth, self.size = engine, depth, points
        self.all: list[Registry] = []
        self.accounts: list[dict] = []
        for state in states:
            try:
                registries_of_state = databases.enter_context(registries(state, engine, points))
                accounts = [json.loads(registry.run("-m", "bench.accounts")) for registry in registries_of_state]
            except CalledProcessError:
                if state is NOW:
                    raise
                say("the last release is left out: it cannot be set up here")
                continue
            self.all += registries_of_state
            self.accounts += accounts
        self.now = self.all[:2]

    def print(self, title: str, columns: list[str], rows: Iterable[list[str]]) -> None:
        """A table; without a release, without its columns, which are the last ones."""
        end = None if len(self.all) > len(self.now) else columns.index(OF_RELEASE)
        print_table(f"{ENGINES[self.engine]}: {title}", columns[:end], (cells[:end] for cells in rows))

    def run(self, part: str) -> None:
        with ExitStack() as self.stack:
            getattr(self, part)()

    def serve(self, **options: Any) -> tuple[Server, list[Server]]:
        """The empty view, and the server of each registry."""
        return self._served(None, **options), [self._served(registry, **options) for registry in self.all]

    def _served(self, registry: Registry | None, *arguments: Any, **options: Any) -> Server:
        return self.stack.enter_context(served(registry, *arguments, **options))

    def asked(self, bare: Server, web: list[Server], address: Address, unchanged: bool = False) -> list[Asked]:
        """The empty view and the address of each registry; `unchanged` is asked for what the browser has."""
        sent = [(bare, request("/"))]
        for server, made in zip(web, self.accounts, strict=True):
            etag = etag_of(server, address.address) if unchanged else ""
            session = made["sessions"].get(address.role, "")
            sent.append((server, request(address.address.format(**made), session, etag)))
        return sent

    def in_turns(self, ask: Callable[[list], list], asked: list, own: int = LARGE + 1) -> list:
        """What `ask` measures; of this state, the first `own` of what is asked, where the release does not answer."""
        try:
            return ask(asked)
        except Unanswered as error:
            say(f"no answer: {error}")
            return ask(asked[:own])

    def costs(self, sent: list[Asked]) -> list[list[float]]:
        return self.in_turns(partial(costs, rounds=self.depth.rounds, patience=self.depth.patience), sent)

    def rates(self, sent: list[Asked]) -> list[list[float]]:
        return self.in_turns(partial(rates, rounds=self.depth.rounds, seconds=self.depth.rate_seconds), sent)

    def pages(self) -> None:
        """What grows: each page is asked of both sizes in turns."""
        bare, web = self.serve()
        for title, addresses in {"public pages, made anew": PAGES, "pages of the desk": DESK}.items():
            rows = []
            for address in addresses:
                made = self.costs(self.asked(bare, web, address))
                growth = ratio(made[LARGE], made[SMALL])
                cells = [
                    f"{address.role}: {address.name}" if address.role else address.name,
                    times(growth), goal(address.growth), times(ratio(made[SMALL], made[EMPTY])),
                    times(ratio(made[LARGE], made[EMPTY])), goal(address.times), *of_release(made),
                ]  # fmt: skip
                rows.append((growth, cells))
            rows.sort(key=lambda row: -row[0])
            columns = [
                "page",
                "growth",
                "asked",
                "of an empty view",
                self.with_many,
                "asked",
                OF_RELEASE,
                self.with_many,
            ]
            self.print(title, columns, (cells for _growth, cells in rows))
        print(f"\nAn empty view takes {median(made[EMPTY]) * 1000:.2f} ms of processor time.", flush=True)

    @property
    def with_many(self) -> str:
        return f"with {self.size:,}"

    def memory(self) -> None:
        """Public pages from memory, and those that the browser has."""
        bare, web = self.serve(PAGE_CACHE_MB="16")
        rows = []
        for address in FROM_MEMORY:
            for unchanged in (False, True):
                made = self.costs(self.asked(bare, web, address, unchanged))
                shown = [times(ratio(made[size], made[EMPTY])) for size in (SMALL, LARGE)]
                name = f"{address.name}, unchanged (304)" if unchanged else address.name
                rows.append([name, *shown, goal(address.times), *of_release(made)])
        columns = ["page", "of an empty view", self.with_many, "asked", OF_RELEASE, self.with_many]
        self.print("public pages from memory", columns, rows)

    def api(self) -> None:
        """Requests a second of the web server of `make run`."""
        bare, web = self.serve(workers=WORKERS, threads=THREADS)
        rows = []
        for address in API:
            made = self.rates(self.asked(bare, web, address))
            shown = [f"{median(made[size]):,.0f} ({ratio(made[size], made[EMPTY]):.3f})" for size in (SMALL, LARGE)]
            rows.append([address.name, *shown, goal(address.times), *of_release(made)])
        plain = [self._served(registry, "bench.plain:application", WORKERS, THREADS) for registry in self.now]
        made = self.rates([*self.asked(bare, web, API[0])[SMALL : LARGE + 1], *((one, request("/")) for one in plain)])
        rows.append(
            [f"{API[0].name}, of a ModelSerializer", *(times(ratio(made[n], made[n + 2])) for n in (0, 1)), "4", "", ""]
        )
        columns = ["what", "points of the sample", f"{self.size:,}", "asked", OF_RELEASE, self.with_many]
        self.print(f"requests a second with {WORKERS} workers (share of those of an empty view)", columns, rows)

    def exports(self) -> None:
        """Files of all points: first byte and last, against the bare database."""
        _bare, web = self.serve()
        rows = []
        for address in EXPORTS:
            files = [partial(bare_export, self.now[-1]), *(partial(export, server, address.address) for server in web)]
            made = self.in_turns(partial(export_all, rounds=self.depth.export_rounds), files)
            bare, small, large, *then = ([whole for _first, whole in seconds] for seconds in made)
            first, seconds = median(first for first, _whole in made[LARGE]), median(large)
            rows.append([
                address.name, f"{median(small):.2f} s", f"{first:.2f} s", "0.5 s", f"{seconds:.1f} s",
                f"{address.times} s" if address.times else "", f"{self.size / seconds:,.0f}",
                f"{ratio(bare, large):.2f}", times(ratio(large, then[1])) if then else "",
            ])  # fmt: skip
        limit = "of COPY" if self.engine == "postgresql" else "of a bare reader"
        columns = ["file", "the sample", "first byte", "asked", "whole", "asked", "rows a second", limit, OF_RELEASE]
        self.print(f"{self.size:,} points as a file", columns, rows)

    def writes(self) -> None:
        """Eight programs that change records."""
        _bare, web = self.serve(workers=WORKERS, threads=THREADS)
        able = [(server, made["writers"]) for server, made in zip(web, self.accounts, strict=True) if made["writers"]]
        ask = partial(write, rounds=max(1, self.depth.rounds // 2), seconds=self.depth.write_seconds)
        made = self.in_turns(ask, able, own=2)
        columns = [
            "points", "changes a second", "asked", "slowest to fastest", "asked", "longest wait", "asked", OF_RELEASE,
        ]  # fmt: skip

        def shown(name: str, one: Writing, then: Writing | None) -> list[str]:
            return [
                name, f"{median(one.rates):.0f}", "100", f"1 : {one.fastest_of_slowest:.1f}", "1 : 3",
                f"{one.longest_wait:.2f} s", "1 s", times(ratio(one.rates, then.rates)) if then else "",
            ]  # fmt: skip

        rows = [shown(name, *pair) for name, pair in zip(self.names, self.beside_release(made), strict=True)]
        self.print(f"eight programs that change records, on {WORKERS} workers", columns, rows)

    def loads(self) -> None:
        """A spreadsheet of new sites, into each registry."""
        made = []
        for registry in self.all:
            try:
                made.append(json.loads(registry.run("-m", "bench.loading", str(self.depth.rows))))
            except CalledProcessError:
                if registry in self.now:
                    raise
                say("no answer: loads of the last release")
                break
        rows = []
        for size, (one, then) in zip(self.names, self.beside_release(made), strict=True):
            rows.append([
                size, f"{one['seconds']:.1f} s", f"{one['rows'] / one['seconds']:,.0f}", f"{one['queries']:.3f}",
                f"{one['memory']} MB", *([f"{one['copy']:.2f}", "0.25"] if "copy" in one else ["", ""]),
                *(f"{one[name]:.1f} s" if name in one else "" for name in ("again", "undone")),
                times(one["seconds"] / then["seconds"]) if then else "",
            ])  # fmt: skip
        columns = [
            "points", "loaded", "rows a second", "queries a row", "memory", "of COPY of all tables", "asked",
            "again, nothing new", "taken back", OF_RELEASE,
        ]  # fmt: skip
        self.print(f"a load of {self.depth.rows:,} rows", columns, rows)

    @property
    def names(self) -> tuple[str, str]:
        return "those of the sample", f"{self.size:,}"

    def beside_release(self, made: list) -> list[tuple]:
        """What was measured at each size, beside what was with the release, or None."""
        return list(zip(made[:2], made[2:4] if len(made) > 3 else [None, None], strict=True))


PARTS = {  # writes and loads come last: they change what the others ask
    "pages": "What grows with the points",
    "memory": "Public pages from memory",
    "api": "The API",
    "exports": "Exports",
    "writes": "Several writers",
    "loads": "Loading",
}


def of_release(made: list[list[float]]) -> list[str]:
    """Of what was measured in turns: the ratios to the last release, with the sample and with many points."""
    return [times(ratio(now, then)) for now, then in zip(made[SMALL:], made[LARGE + 1 :], strict=False)] or ["", ""]


def times(number: float) -> str:
    return f"{number:.0f}" if number >= 20 else f"{number:.1f}" if number >= 3 else f"{number:.2f}"


def goal(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def print_table(title: str, columns: list[str], rows: Iterable[list[str]]) -> None:
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    for cells in rows:
        print(f"| {' | '.join(cells)} |", flush=True)
