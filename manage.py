#!/usr/bin/env python
"""Django's command line for the showcase registry. In a clone it needs no variables; see tools/local_environment.py."""

import os
import sys
from pathlib import Path

from tools.local_environment import ROOT, use_local_environment


def main() -> None:
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 (may not be installed yet)
    except ImportError:
        if Path(sys.prefix).resolve() == ROOT / ".venv":
            raise
        bootstrap = str(ROOT / "tools" / "bootstrap.py")  # sets up what is missing and starts this again in .venv
        os.execv(sys.executable, [sys.executable, bootstrap, "manage", *sys.argv[1:]])
    use_local_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
