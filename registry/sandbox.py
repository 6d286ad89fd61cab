"""A process of its own for what opens a file that somebody sent: the file can at worst end that process.

Both sides import this module: the parent starts a process with `run`, the process bounds itself with the `limit_`
functions before it reads a byte. It is free of Django.
"""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MB = 1024 * 1024
REFUSED = 3  # the exit code of a process that prints why it refuses the file
OUT_OF_TIME = {-signal.SIGXCPU, -signal.SIGKILL}


class Unreadable(Exception):
    """A file that is refused: a code of `registry.text.refusals` and its details."""

    def __init__(self, code: str, /, **details: Any):
        super().__init__(code)
        self.code, self.details = code, details


def run(module: str, *arguments: str, seconds: float, content: bytes = b"") -> tuple[int, bytes]:
    """Runs `python -m module` with `content` as its input. Returns its exit code and what it printed. After `seconds`
    by the clock it is killed with all it started. It gets no environment: neither keys nor passwords."""
    environment = {"PYTHONUTF8": "1", "PATH": os.defpath, "MALLOC_ARENA_MAX": "2"}
    with subprocess.Popen(
        [sys.executable, "-B", "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            printed, _errors = child.communicate(content, timeout=seconds)
        except BaseException as error:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            printed = b""
    return child.returncode, printed


def limit_memory(mb: int) -> None:
    """Bounds the address space of this process; where a system cannot, the clock of the parent remains."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (mb * MB, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except ValueError:
        return


def limit_processor(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def limit_written(mb: int) -> None:
    """Bounds each file that this process writes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (mb * MB, mb * MB))
