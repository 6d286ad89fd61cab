"""The process in which `manage.py runjobs` works. It takes CHUNK rows at a time and kills itself in the job JOB: before
the statement number NUMBER, counted from its claim, of those that contain STATEMENT. Other jobs it does to their end.
Run as a program: `python -m tests.dying_worker JOB STATEMENT NUMBER CHUNK`."""

import os
import signal
import sys
import threading
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
django.setup()

from django.db import connection  # noqa: E402

from registry.actions import jobs  # noqa: E402
from registry.loading import job_steps  # noqa: E402
from registry.management.commands import runjobs  # noqa: E402


def main(fatal_job: int, statement: str, number: int, chunk: int) -> None:
    run = jobs.run

    def run_until_killed(job, **options):
        left = number

        def count(execute, sql, *arguments):
            nonlocal left
            left -= job.pk == fatal_job and statement in sql
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, *arguments)

        with connection.execute_wrapper(count):
            return run(job, **options)

    with patch.object(jobs, "run", run_until_killed), patch.object(job_steps, "CHUNK", chunk):
        runjobs.work(threading.Event())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
