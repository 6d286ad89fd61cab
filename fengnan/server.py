"""The web server: granian, which makes its worker processes of one that has loaded the portal, so that they share what
was loaded. It takes the options of granian: `python -m fengnan.server --workers 2 fengnan.wsgi:application`."""

import multiprocessing
import sys
from collections.abc import Sequence

from granian.cli import cli

import fengnan.wsgi  # noqa: F401 (loads the portal)


def serve(options: Sequence[str] | None = None) -> None:
    """Serves until it is asked to stop. Without `options` it reads those of the command line."""
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)
    cli(options, auto_envvar_prefix="GRANIAN")


if __name__ == "__main__":
    serve()
