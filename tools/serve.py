"""`make run`: migrate, load the sample data into an empty registry (with DEMO=0 only make its first account), serve,
work; until Ctrl-C. One process loads the portal and makes the others of itself: they share what was loaded."""

import multiprocessing
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess
from typing import Any

from tools.local_environment import data_folder, environment

PATIENCE = 10
# HTTP/1 alone: in HTTP/2 a body may come without its length and without a header that says so
SERVER = ["-m", "fengnan.server", "--interface", "wsgi", "--http", "1", "--no-ws"]
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
ENDING = (signal.SIGINT, signal.SIGTERM)


def main() -> None:
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    _require_free_port(host, port)
    os.environ.update(environment(data_folder(os.environ)))
    try:
        _prepare()
    except KeyboardInterrupt:
        sys.exit(130)
    signals: list[int] = []
    for number in ENDING:
        signal.signal(number, lambda received, frame: signals.append(received))
    processes = start(host, port)
    prefix = os.environ.get("SCRIPT_NAME", "").rstrip("/")
    _say_when_up(processes, signals, f"http://{host}:{port}{prefix}")
    sys.exit(watch(processes, signals))


def _require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"✗ {host}:{port} cannot be used ({error.strerror}). Choose another port: PORT=8001 make run")


def _prepare() -> None:
    """Loads the portal here while a process of its own prepares the data folder: what that takes up goes with it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
    import django  # noqa: PLC0415 (the settings read the environment)
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (as above)

    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(f"✗ {error}")
    preparation = CONTEXT.Process(target=_manage, args=("prepare",))
    preparation.start()
    import fengnan.urls  # noqa: PLC0415 (as above)

    preparation.join()
    if preparation.exitcode:
        sys.exit("✗ The registry could not be prepared; see above.")
    import fengnan.wsgi  # noqa: F401, PLC0415 (it lists the static files)


def _manage(*arguments: str) -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415 (as above)

    try:
        execute_from_command_line(["manage.py", *arguments])
    except KeyboardInterrupt:
        sys.exit(130)


def start(host: str, port: int) -> dict[str, BaseProcess]:
    """The web server and the worker."""
    processes = {"the web server": _start(_serve, host, port)}
    if not os.environ.get("REDIS_URL"):
        return {**processes, "the worker": _start(_manage, "runjobs")}
    return {**processes, "the worker": _start(_work_with_redis), "the hooks": _start(_manage, "callhooks")}


def _start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    process = CONTEXT.Process(target=_in_own_session, args=(work, *arguments))
    process.start()
    return process


def _in_own_session(work: Callable[..., None], *arguments: Any) -> None:
    """Ctrl-C then reaches the first process alone, which ends the others."""
    os.setsid()
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    work(*arguments)


def _serve(host: str, port: int) -> None:
    from fengnan.server import serve  # noqa: PLC0415 (as above)

    address = ["--host", host, "--port", str(port)]
    size = ["--workers", "2", "--blocking-threads", "3", "--log-level", "warning"]
    serve([*SERVER[2:], *address, *size, "fengnan.wsgi:application"])


def _work_with_redis() -> None:
    from fengnan.celery import app  # noqa: PLC0415 (as above)

    app.worker_main(["worker", "-B", "-s", f"{os.environ['DATA_DIR']}/beat", "-l", "warning", "-c", "1"])


def _say_when_up(processes: Mapping[str, BaseProcess], signals: list[int], address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not signals and not _ended(processes):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                print(f"\n✓ The registry is at {address}/ — Ctrl-C ends it.", flush=True)
                return
        except OSError:
            time.sleep(0.05)


def _ended(processes: Mapping[str, BaseProcess]) -> list[str]:
    return [name for name, process in processes.items() if process.exitcode is not None]


def watch(processes: Mapping[str, BaseProcess], signals: list[int]) -> int:
    """Waits until one is asked to stop or one of the processes ends; then ends them all. Returns the exit code."""
    while not signals and not _ended(processes):
        time.sleep(0.2)
    ended = _ended(processes)
    for process in processes.values():
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes.values():
        process.join(max(deadline - time.monotonic(), 0.1))
        if process.exitcode is None and process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    if ended and not signals:
        print(f"✗ {' and '.join(ended)} ended by itself; see above.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    main()
