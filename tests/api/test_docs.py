"""The examples of docs/API.md do what they say."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.api.conftest import live
from tests.conftest import DISTRICT
from tests.processes import ROOT, token_of

pytestmark = pytest.mark.processes
TEXT = (ROOT / "docs" / "API.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", TEXT, re.DOTALL)
PRINTED = {
    "while address": "445",
    "import pandas": "445 445.0",
    "If-None-Match": "304",
    'If-Match"': "1",
    "demand": "demanded",
}


def command(kind: str, code: str) -> list[str] | None:
    """How a block is run; None where what it needs is not installed."""
    if kind == "sh":
        return ["sh", "-ec", code] if shutil.which("curl") else None
    module = re.search(r"import (\w+)", code)[1]
    return [sys.executable, "-c", code] if importlib.util.find_spec(module) else None


def test_every_example_runs_and_prints_what_it_should(tmp_path):
    run = []
    with live(tmp_path) as (env, address):
        token = {**os.environ, "TOKEN": token_of(env, "admin", DISTRICT)}
        for kind, code in BLOCKS:
            example = command(kind, code.replace("https://registry.example", address))
            if example is None:
                continue
            process = subprocess.run(example, cwd=tmp_path, env=token, capture_output=True, text=True, check=False)
            assert process.returncode == 0, code + process.stderr
            for part, last in PRINTED.items():
                if part in code:
                    assert process.stdout.rstrip().endswith(last), code
            assert "urn:showcase:problem" not in process.stdout, code
            run.append(code)
    assert len(run) >= len(BLOCKS) - 1  # pandas is not among the packages of the tests
    assert (tmp_path / "points.csv").read_text(encoding="utf-8-sig").count("\n") > 2
