"""Asks servers in turns: what an answer costs at the server, and how many a second it gives."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import psycopg
from redis import Redis

from bench.states import VARIABLES, Registry
from tools.sample_database import ROOT
from tools.servers import free_port

# Granian itself, so that the empty view holds nothing of the portal and a release needs nothing of today.
SERVER = ["-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "error"]
CLIENTS, WORKERS, THREADS = 4, 2, 3  # the web server of `make run`
TURN, MOST = 0.05, 200  # seconds of processor time that a turn takes about, and requests it has at most
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A web server on this machine; `roots` are it and the PostgreSQL and Redis it asks."""

    port: int
    roots: tuple[int, ...]

    def processor_time(self) -> float:
        """Seconds of processor time that all its processes took; the time of day where the system does not say."""
        if not Path("/proc/self/stat").exists():
            return time.perf_counter()
        parents = {}
        for entry in Path("/proc").glob("[0-9]*"):
            if fields := _fields(int(entry.name)):
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
        seconds, left = 0.0, list(self.roots)
        for number in left:
            left += parents.get(number, [])
            if fields := _fields(number):
                seconds += _clock(number) + (int(fields[13]) + int(fields[14])) / TICKS  # of children that ended
        return seconds


def _fields(number: int) -> list[str]:
    """The fields of a process behind its name; none if it has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _clock(number: int) -> float:
    try:
        return time.clock_gettime((~number << 3) | 2)  # clock_getcpuclockid(3) of another process
    except OSError:
        return 0.0


@contextmanager
def served(
    registry: Registry | None, application: str = "fengnan.wsgi:application", workers: int = 1, threads: int = 1,
    **variables: str,
) -> Iterator[Server]:  # fmt: skip
    """The production server, with one process and one thread unless more are asked for; of no registry, the empty view.
    Pages are made anew unless PAGE_CACHE_MB says otherwise."""
    own = {**os.environ, **VARIABLES, "PAGE_CACHE_MB": "0"}
    own |= {**(registry.variables if registry else {}), **variables}
    port, root = free_port(), registry.state.root if registry else ROOT
    options = ["--port", str(port), "--workers", str(workers), "--blocking-threads", str(threads)]
    process = subprocess.Popen(
        [sys.executable, *SERVER, *options, application if registry else "bench.bare:application"], env=own, cwd=root
    )
    try:
        for _attempt in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Server(port, (process.pid, *_services(own)))
    finally:
        process.terminate()
        process.wait(20)


def _services(variables: dict[str, str]) -> Iterator[int]:
    """The processes of PostgreSQL and Redis."""
    if url := variables["DATABASE_URL"]:
        with psycopg.connect(url) as connection:
            yield int(_fields(connection.info.backend_pid)[1])
    if url := variables["REDIS_URL"]:
        with Redis.from_url(url) as connection:
            yield connection.info("server")["process_id"]


def request(address: str, session: str = "", etag: str = "") -> bytes:
    """A request as a browser sends it, or a program where the address is one of the API."""
    head = f"GET {address} HTTP/1.1\r\nHost: localhost\r\n"
    head += "" if address.startswith("/api/") else "Accept-Encoding: gzip\r\n"
    head += f"Cookie: sessionid={session}\r\n" if session else ""
    head += f"If-None-Match: {etag}\r\n" if etag else ""
    return f"{head}\r\n".encode()


class Unanswered(Exception):
    """An answer that is neither a page nor "unchanged"."""


def read_answer(connection: socket.socket, asked: bytes) -> tuple[bytes, int]:
    """Sends a request and reads its answer: its head, and the length of its body."""
    connection.sendall(asked)
    got = connection.recv(65536)
    head, _blank, body = got.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 304"):
        return head, 0
    if not head.startswith(b"HTTP/1.1 200"):
        raise Unanswered(f"{asked.split()[1].decode()}: {head[:40].decode()}")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    left = length - len(body)
    while left > 0:
        left -= len(connection.recv(65536))
    return head, length


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port))


def etag_of(server: Server, address: str) -> str:
    with connected(server) as connection:
        head, _length = read_answer(connection, request(address))
    return next(line[5:].strip() for line in head.decode().split("\r\n") if line.lower().startswith("etag:"))


Asked = tuple[Server, bytes]


def costs(asked: list[Asked], rounds: int, patience: float) -> list[list[float]]:
    """Seconds of processor time that an answer takes, for each of `asked` and each round: in turns, so that what else
    the machine does weighs on all. No further round begins after `patience` seconds."""
    for one in asked:
        _cost(*one, 2)  # for warming up
    numbers = [max(1, min(MOST, int(TURN / _cost(*one, 2)))) for one in asked]
    made: list[list[float]] = [[] for _one in asked]
    until = time.perf_counter() + patience
    while not made[0] or (len(made[0]) < rounds and time.perf_counter() < until):
        for one, number, times in zip(asked, numbers, made, strict=True):
            times.append(_cost(*one, number))
    return made


def _cost(server: Server, sent: bytes, times: int) -> float:
    with connected(server) as connection:  # a new one, because the server ends those that are idle for long
        before = server.processor_time()
        for _request in range(times):
            read_answer(connection, sent)
        return max(server.processor_time() - before, 1e-6) / times


def rates(asked: list[Asked], rounds: int, seconds: float) -> list[list[float]]:
    """Requests a second that a few clients get through, for each of `asked` and each round, in turns."""
    for one in asked:
        with connected(one[0]) as connection:
            read_answer(connection, one[1])
        _rate(one, seconds)  # for warming up
    made: list[list[float]] = [[] for _one in asked]
    for _round in range(rounds):
        for number, one in enumerate(asked):
            made[number].append(_rate(one, seconds))
    return made


def _rate(asked: Asked, seconds: float) -> float:
    server, sent = asked
    done, until = count(), time.perf_counter() + seconds

    def ask() -> None:
        with connected(server) as connection:
            while time.perf_counter() < until:
                read_answer(connection, sent)
                next(done)

    at_once([ask] * CLIENTS)
    return next(done) / seconds


def at_once(works: list[Callable[[], None]]) -> None:
    """Runs each in a thread of its own, to the end of all."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def ratio(these: list[float], those: list[float]) -> float:
    """The middle of the ratios of the rounds."""
    return median(this / that for this, that in zip(these, those, strict=True))
