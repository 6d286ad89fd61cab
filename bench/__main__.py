"""`make bench`: what the pages cost at the server, as multiples of an empty Django view measured in the same run;
what reading a spreadsheet costs, as a share of its bare reader; and how many requests a second the API answers.

Uses a throw-away SQLite registry with the sample data. Figures of the day are in docs/BENCHMARKS.md.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 30
PAGES = {
    "empty view": "/healthz",
    "dashboard": "/",
    "dashboard of a township": "/?area=130207106",
    "wall screen": "/wall/",
    "figure page": "/figures/premium-rate/",
    "list of 50 points": "/points/",
    "point page": "/points/FN-0023/",
    "belt page": "/belts/B-01/",
    "township page": "/townships/130207106/",
    "map": "/map/",
    "search": "/search/?q=kjz",
    "figures API": "/api/v1/figures/",
    "figure by township, API": "/api/v1/figures/premium-rate/?by=township",
}


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of the middle run; a first run warms up."""
    work()
    runs = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        work()
        runs.append((time.perf_counter() - start) * 1000)
    return statistics.median(runs)


def set_up(folder: str, **services: str) -> float:
    """An empty database to the loaded sample; seconds. `services` are the addresses of others than SQLite alone."""
    own = {"DATA_DIR": folder, "TESTING": "1", "DJANGO_SETTINGS_MODULE": "fengnan.settings"}
    os.environ |= {"DATABASE_URL": "", "REDIS_URL": "", **own, **services}
    import django  # noqa: PLC0415 (the environment comes first)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    start = time.perf_counter()
    call_command("migrate", verbosity=0)
    with Path(os.devnull).open("w") as quiet:
        call_command("load_sample", "--if-empty", stdout=quiet)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seconds = set_up(folder)
        print(f"empty database to loaded sample: {seconds:.1f} s\n")
        from django.conf import settings  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        settings.PAGE_CACHE_MB = 0  # each page is made anew
        client = Client(headers={"host": "localhost"})
        print(f"{'page':26s} {'ms':>8s} {'× empty':>8s} {'KB':>7s}")
        empty = 0.0
        for name, address in PAGES.items():
            middle = timed(lambda address=address: client.get(address))
            empty = empty or middle
            size = len(client.get(address).content) / 1024
            print(f"{name:26s} {middle:8.1f} {middle / empty:8.0f} {size:7.1f}")
        from bench import loading, reading, serving, writing  # noqa: PLC0415

        reading.main()
        print()
        loading.main()
        serving.main()
        writing.main()


if __name__ == "__main__":
    main()
