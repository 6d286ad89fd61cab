"""Requests a second on the production server, as a share of an empty Django view on the same server in the same run:
the API with as many points as the sample has and with many more, and public pages, from memory and made anew.

`python -m bench.serving [sqlite] [postgresql]` measures this alone; on PostgreSQL with Redis, which counts requests.
BENCH_POINTS=100000,5000000 chooses how many points."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from statistics import median
from threading import Thread

from tools import servers
from tools.sample_database import postgres_copy
from tools.servers import free_port

SECONDS, ROUNDS, CLIENTS, WORKERS, THREADS = 0.6, 7, 4, 2, 3
ADDRESSES = {
    "empty view of the portal": "/healthz",
    "points, 50 rows": "/api/v1/points/",
    "points, the last page": "/api/v1/points/?cursor={cursor}",
    "points, in an order without an index": "/api/v1/points/?ordering=-code",
    "points of a township": "/api/v1/points/?area=130207106",
    "one point": "/api/v1/points/FN-0023/",
    "figures": "/api/v1/figures/",
}
PAGES = {"dashboard": "/", "list of 50 points": "/points/", "wall screen": "/wall/"}
SLOW, SCANS = 100_000, ("points, in an order without an index",)  # it reads every row: minutes with millions


@contextmanager
def served(application: str, **variables: str) -> Iterator[int]:
    """The server as `make run` starts it; left to itself it takes hundreds of threads, which wait for each other."""
    port = free_port()
    options = ["--interface", "wsgi", "--port", str(port), "--workers", str(WORKERS), "--no-ws", "--log-level", "error"]
    options += ["--blocking-threads", str(THREADS)]
    process = subprocess.Popen([sys.executable, "-m", "granian", *options, application], env=os.environ | variables)
    try:
        for _attempt in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def one(connection: socket.socket, request: bytes) -> int:
    """Sends a request and reads its answer; its length."""
    connection.sendall(request)
    got = connection.recv(65536)
    head, _blank, body = got.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 304"):
        return 0
    assert head.startswith(b"HTTP/1.1 200"), head[:80]
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    left = length - len(body)
    while left > 0:
        left -= len(connection.recv(65536))
    return length


def etag_of(port: int, address: str) -> str:
    with urllib.request.urlopen(f"http://localhost:{port}{address}") as answer:
        return answer.headers["ETag"]


def rate(port: int, address: str, etag: str = "") -> float:
    """Requests a second with a few clients that keep their connection; with `etag`, of what they have already."""
    known = f"If-None-Match: {etag}\r\n" if etag else ""
    known += "" if address.startswith("/api/") else "Accept-Encoding: gzip\r\n"  # as browsers ask
    request = f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{known}\r\n".encode()
    done = count()

    def ask(until: float) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.perf_counter() < until:
                one(connection, request)
                next(done)

    until = time.perf_counter() + SECONDS
    threads = [Thread(target=ask, args=(until,)) for _client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return next(done) / SECONDS


def compared(port: int, bare: int, address: str, etag: str = "") -> tuple[float, float]:
    """Requests a second, and their share of an empty view's: asked in turns, the middle of some rounds, so that what
    else the machine does meanwhile weighs on both."""
    rate(port, address, etag), rate(bare, "/")  # for warming up
    rounds = [(rate(port, address, etag), rate(bare, "/")) for _round in range(ROUNDS)]
    return median(reached for reached, _limit in rounds), median(reached / limit for reached, limit in rounds)


def last_page() -> str:
    """The cursor that leads to the last 50 points."""
    from django.core import signing  # noqa: PLC0415

    from registry.api.paging import keys_of  # noqa: PLC0415
    from registry.api.resources import RESOURCES  # noqa: PLC0415
    from registry.models import DemonstrationPoint  # noqa: PLC0415

    keys = keys_of(RESOURCES["points"].listed)
    row = DemonstrationPoint.objects.public().order_by("-area_id", "-code").values_list("area_id", "code")[50]
    return signing.Signer(salt=f"cursor {[(key.path, key.descending) for key in keys]}").sign_object([False, list(row)])


def main() -> None:
    from django.db import connection  # noqa: PLC0415

    from bench.points import grow_points  # noqa: PLC0415 (which needs the models)

    sizes = [0, *(int(part) for part in os.environ.get("BENCH_POINTS", "100000").split(","))]
    print(
        f"\nthe API on granian, {WORKERS} workers, {CLIENTS} clients, {connection.vendor}: requests a second, and of an"
    )
    print("empty Django view; of pages, times the time of an empty view")
    for size in sizes:
        grow_points(size)
        print(f"with {size:,} points" if size else "with the points of the sample")
        cursor = last_page()
        with served("fengnan.wsgi:application") as port, served("bench.bare:application") as bare:
            for name, address in ADDRESSES.items():
                if size > SLOW and name in SCANS:
                    continue
                reached, share = compared(port, bare, address.format(cursor=cursor))
                print(f"{name:40s} {reached:8.0f} {share:8.3f}")
            with served("bench.plain:application") as plain:
                _reached, times = compared(port, plain, ADDRESSES["points, 50 rows"])
            print(f"{'points, 50 rows, of a ModelSerializer':40s} {times:17.1f} times")
            pages(port, bare)


def pages(port: int, bare: int) -> None:
    """Public pages that are in memory, those that the browser has, and those made anew."""
    for name, address in PAGES.items():
        _reached, share = compared(port, bare, address)
        print(f"{name + ', from memory':40s} {1 / share:17.1f} times")
        _reached, share = compared(port, bare, address, etag_of(port, address))
        print(f"{name + ', unchanged':40s} {1 / share:17.1f} times")
    with served("fengnan.wsgi:application", PAGE_CACHE_MB="0") as anew:
        for name, address in PAGES.items():
            _reached, share = compared(anew, bare, address)
            print(f"{name + ', made anew':40s} {1 / share:17.1f} times")


def alone() -> None:
    """`python -m bench.serving`: this alone, on one engine after the other."""
    engines = sys.argv[1:] or ["sqlite"]
    for engine in engines[1:]:
        subprocess.run([sys.executable, "-m", "bench.serving", engine], check=True)
    with ExitStack() as on_exit:
        folder = on_exit.enter_context(tempfile.TemporaryDirectory())
        from bench.__main__ import set_up  # noqa: PLC0415

        set_up(folder, **(postgres_and_redis(on_exit) if engines[0] == "postgresql" else {}))
        main()


def postgres_and_redis(on_exit: ExitStack) -> dict[str, str]:
    """A throw-away PostgreSQL with the sample, and Redis; the limits of the API are counted and never reached."""
    return {
        "DATABASE_URL": on_exit.enter_context(postgres_copy(on_exit.enter_context(servers.postgres()))),
        "REDIS_URL": on_exit.enter_context(servers.redis()),
        "API_PER_MINUTE": str(10**9), "API_PER_MINUTE_WITHOUT_TOKEN": str(10**9),
    }  # fmt: skip


if __name__ == "__main__":
    alone()
