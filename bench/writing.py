"""Changes a second that eight programs get through, each changing a record of its own at the version it read; how
many the slowest gets of what the fastest gets, and the longest wait. `python -m bench.writing` takes SQLite;
DATABASE_URL names another database, which must be empty."""

import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection
from threading import Thread
from urllib.parse import quote

from bench.serving import served

SECONDS, WRITERS = 6.0, 8
PASSWORD = "a long enough password"
REASON = quote("更正")


@dataclass
class Writer:
    """One program: it reads what it adds, then changes it again and again."""

    token: str
    place: str
    port: int
    waits: list[float] = field(default_factory=list)

    def run(self, until: float) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        visit = {
            "visited_on": "2021-06-01",
            "place": self.place,
            "headcount": "30",
            "visitor": f"示例单位{self.token[-6:]}",
        }
        answer = self._send(connection, "POST", "visits/", visit)
        while time.perf_counter() < until:
            start = time.perf_counter()
            change = {"headcount": str(31 + len(self.waits) % 900)}
            answer = self._send(connection, "PATCH", f"visits/{answer['code']}/", change, answer["version"])
            self.waits.append(time.perf_counter() - start)

    def _send(self, connection: HTTPConnection, method: str, address: str, body: dict, version: int = 0) -> dict:
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json", "Host": "localhost"}
        if version:
            headers["If-Match"] = f'"{version}"'
        connection.request(method, f"/api/v1/{address}?reason={REASON}", json.dumps(body), headers)
        got = connection.getresponse()
        content = json.loads(got.read())
        if got.status >= 300:
            raise SystemExit(f"{method} {address}: {got.status} {content}")
        return content


def clerks() -> list[tuple[str, str]]:
    """The token of a clerk in each of the first townships, and the name of a point there."""
    from registry.actions.tokens import make_token  # noqa: PLC0415
    from registry.models import Area, DemonstrationPoint, Role, User  # noqa: PLC0415

    made = []
    for area in Area.objects.unscoped("the benchmark").filter(level="township").order_by("code")[:WRITERS]:
        user = User.objects.create_user(f"writer-{area.code}", password=PASSWORD, role=Role.CLERK)
        user.read_prefix = user.write_prefix = area.code
        user.save()
        known = {"name": "bench", "scopes": ("read", "write"), "password": PASSWORD}
        place = (
            DemonstrationPoint.objects.public().filter(area__code__startswith=area.code).values_list("name", flat=True)
        )
        made.append((make_token(user, **known, by=user)[1], place[0]))
    return made


def main() -> None:
    os.environ |= {"API_PER_MINUTE": "0"}
    known = clerks()
    with served("fengnan.wsgi:application") as port:
        writers = [Writer(token, place, port) for token, place in known]
        threads = [Thread(target=writer.run, args=(time.perf_counter() + SECONDS,)) for writer in writers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = sorted(len(writer.waits) for writer in writers)
    longest = max(max(writer.waits, default=SECONDS) for writer in writers)
    print(f"\n{WRITERS} programs changing records on two workers")
    print(f"{'changes a second':40s} {sum(counts) / SECONDS:8.0f}")
    print(f"{'slowest of fastest program':40s} {counts[0]} : {counts[-1]}")
    print(f"{'longest wait, seconds':40s} {longest:8.2f}")


def alone() -> None:
    from bench.__main__ import set_up  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        main()


if __name__ == "__main__":
    sys.exit(alone())
