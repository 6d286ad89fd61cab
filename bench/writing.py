"""Changes a second that eight programs get through, each changing a record of its own at the version it read; how
many the slowest gets of what the fastest gets, and the longest wait."""

import json
import time
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from secrets import token_hex
from statistics import median
from typing import NamedTuple
from urllib.parse import quote

from bench.asking import Server, Unanswered, at_once

REASON = quote("更正")


@dataclass
class Writer:
    """One program: it adds a record, then changes it again and again."""

    token: str
    place: str
    port: int
    waits: list[float] = field(default_factory=list)

    def add(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        visit = {
            "visited_on": "2021-06-01", "place": self.place, "headcount": "30", "visitor": f"示例单位{token_hex(4)}",
        }  # fmt: skip
        self.record = self._send("POST", "visits/", visit)

    def change(self, until: float) -> None:
        while time.perf_counter() < until:
            start = time.perf_counter()
            change = {"headcount": str(31 + len(self.waits) % 900)}
            self.record = self._send("PATCH", f"visits/{self.record['code']}/", change, self.record["version"])
            self.waits.append(time.perf_counter() - start)
        self.connection.close()

    def _send(self, method: str, address: str, body: dict, version: int = 0) -> dict:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json", "Host": "localhost"}
        if version:
            headers["If-Match"] = f'"{version}"'
        self.connection.request(method, f"/api/v1/{address}?reason={REASON}", json.dumps(body), headers)
        got = self.connection.getresponse()
        content = json.loads(got.read())
        if got.status >= 300:
            raise Unanswered(f"{method} {address}: {got.status} {content}")
        return content


class Writing(NamedTuple):
    rates: list[float]  # changes a second, of each round
    fastest_of_slowest: float  # of the middle round
    longest_wait: float  # seconds


def write(servers: list[tuple[Server, list]], rounds: int, seconds: float) -> list[Writing]:
    """What the writers get through on each server, in turns."""
    made: list[list[list[Writer]]] = [[] for _server in servers]
    for _round in range(rounds):
        for number, (server, accounts) in enumerate(servers):
            writers = [Writer(token, place, server.port) for token, place in accounts]
            at_once([writer.add for writer in writers])
            until = time.perf_counter() + seconds
            at_once([partial(writer.change, until) for writer in writers])
            made[number].append(writers)
    return [_summed(rounds_of_one, seconds) for rounds_of_one in made]


def _summed(rounds: list[list[Writer]], seconds: float) -> Writing:
    counts = [sorted(len(writer.waits) for writer in writers) for writers in rounds]
    return Writing(
        [max(sum(numbers), 1) / seconds for numbers in counts],
        median(numbers[-1] / max(numbers[0], 1) for numbers in counts),
        max(wait for writers in rounds for writer in writers for wait in writer.waits or [seconds]),
    )
