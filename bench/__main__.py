"""`make bench`: what grows with the points, and what pages, API, exports, writes and loads cost, on each engine, with
the sample and with many points, against an empty Django view, COPY and the last release of the same run. Prints tables
for docs/BENCHMARKS.md. What is asked stands beside what is measured; nothing fails.

    make bench                                   # both engines, 100,000 points
    make bench ARGS=--quick                      # three minutes: SQLite, fewer rounds
    make bench ARGS="postgresql pages writes"    # one engine, some of the parts
    make bench ARGS="loads --rows 100000"        # a larger load
    make bench BASE=1a7a1d0                      # against this commit instead of the newest tag
"""

import argparse
import json
import os
import subprocess
from contextlib import ExitStack
from datetime import date

from bench.parts import PARTS, Bench, Depth, print_table
from bench.states import ENGINES, NOW, ROOT, last_release, say
from tools import servers

FULL, QUICK = Depth(7, 8.0, 0.6, 4.0, 3, 10_000), Depth(3, 0.6, 0.2, 2.0, 1, 1_000)
POINTS, FEWER = 100_000, 20_000  # the fewer where nothing is grown yet and it has to be quick


def is_installed(engine: str) -> bool:
    if engine == "sqlite" or (servers.postgres_programs() and servers.redis_program()):
        return True
    say("PostgreSQL or Redis is not installed: it is left out")
    return False


def print_reading() -> None:
    made = json.loads(NOW.run("-m", "bench.reading"))
    columns = ["rows a second", "of the bare reader", "asked", "memory for a text of 12 MB"]
    cells = [f"{made['rate']:,.0f}", f"{made['share']:.2f}", "0.6", f"{made['memory']} MB"]
    print_table("A spreadsheet read and normalised", columns, [cells])


def main() -> None:
    names = (*ENGINES, *PARTS)
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("what", nargs="*", help=f"among {', '.join(names)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and SQLite alone unless an engine is named")
    parser.add_argument("--rows", type=int, help=f"rows of a load; {FULL.rows:,}, or {QUICK.rows:,} with --quick")
    options = parser.parse_args()
    if unknown := set(options.what) - set(names):
        parser.error(f"There is no {' or '.join(sorted(unknown))}. Choose among {', '.join(names)}.")
    engines = [engine for engine in ENGINES if engine in options.what] or list(ENGINES)[: 1 if options.quick else 2]
    parts = [part for part in PARTS if part in options.what] or PARTS
    depth = QUICK if options.quick else FULL
    depth = depth._replace(rows=options.rows or depth.rows)
    states = [NOW, *filter(None, [last_release()])]
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    print(f"{date.today()}, {git.stdout.strip()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    with ExitStack() as databases:
        benches = []
        for engine in filter(is_installed, engines):
            points = FEWER if options.quick and not NOW.grown_path(engine, POINTS).exists() else POINTS
            benches.append(Bench(engine, points, depth, states, databases))
        for part in parts:
            print(f"\n## {PARTS[part]}")
            for bench in benches:
                say(f"{part}, {bench.engine}")
                bench.run(part)
    if not options.quick and not options.what:
        print_reading()


if __name__ == "__main__":
    main()
