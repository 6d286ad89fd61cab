"""`make run`: migrate, load the sample data into an empty registry (with DEMO=0 only make its first account), serve,
work; until Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from tools.local_environment import ROOT, data_folder, environment, is_demonstration

PYTHON = str(ROOT / ".venv" / "bin" / "python")
PATIENCE = 10
# HTTP/1 alone: in HTTP/2 a body may come without its length and without a header that says so
SERVER = ["-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"]


def run(once) -> None:
    data = data_folder(os.environ)
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    _require_free_port(host, port)
    variables = environment(data)
    once(
        "static",
        [ROOT / "static"],
        [data / "static" / "staticfiles.json"],
        _manage,
        variables,
        "collectstatic",
        "--noinput",
        "-v0",
    )
    _manage(variables, "migrate", "-v0")
    _manage(variables, "own_events", "--if-can")
    if is_demonstration(variables):
        _manage(variables, "load_sample", "--if-empty", "--living")
    else:
        _manage(variables, "first_account", "--if-none")
    processes = start(variables, host, port)
    prefix = variables.get("SCRIPT_NAME", "").rstrip("/")
    _say_when_up(processes, f"http://{host}:{port}{prefix}")
    sys.exit(watch(processes))


def _require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(f"✗ {host}:{port} cannot be used ({error.strerror}). Choose another port: PORT=8001 make run")


def _manage(variables: dict[str, str], *arguments: str) -> None:
    if subprocess.run([PYTHON, "manage.py", *arguments], cwd=ROOT, env=variables).returncode:
        sys.exit(f"✗ manage.py {arguments[0]} failed; see above.")


def start(variables: dict[str, str], host: str, port: int) -> dict[str, subprocess.Popen]:
    """The web server and the worker, each in a session of its own, so that Ctrl-C reaches this process alone."""
    web = [
        PYTHON, *SERVER, "--host", host, "--port", str(port), "--workers", "2",
        "--blocking-threads", "3", "--log-level", "warning", "fengnan.wsgi:application",
    ]  # fmt: skip
    commands = {"the web server": web, "the worker": [PYTHON, "manage.py", "runjobs"]}
    if variables.get("REDIS_URL"):
        beat = ["-B", "-s", f"{variables['DATA_DIR']}/beat"]
        commands["the worker"] = [PYTHON, "-m", "celery", "-A", "fengnan", "worker", *beat, "-l", "warning", "-c", "1"]
        commands["the hooks"] = [PYTHON, "manage.py", "callhooks"]
    return {
        name: subprocess.Popen(command, cwd=ROOT, env=variables, start_new_session=True)
        for name, command in commands.items()
    }


def _say_when_up(processes: dict[str, subprocess.Popen], address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(process.poll() is None for process in processes.values()):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                print(f"\n✓ The registry is at {address}/ — Ctrl-C ends it.", flush=True)
                return
        except OSError:
            time.sleep(0.1)


def watch(processes: dict[str, subprocess.Popen]) -> int:
    """Waits until one is asked to stop or one of the processes ends; then ends them all. Returns the exit code."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, frame: signals.append(received))
    while not signals and all(process.poll() is None for process in processes.values()):
        time.sleep(0.2)
    ended = [name for name, process in processes.items() if process.poll() is not None]
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes.values():
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    if ended and not signals:
        print(f"✗ {' and '.join(ended)} ended by itself; see above.", file=sys.stderr)
        return 1
    return 0
