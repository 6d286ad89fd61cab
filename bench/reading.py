"""Reading what people send: against the bare reader in the same run, and the memory of a large text. Prints JSON."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import python_calamine as calamine
import xlsxwriter

from registry.loading.files.reading import read_file
from registry.sandbox import ROOT

ROWS, COLUMNS, ROUNDS = 20_000, 25, 5
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
)


def _cell(row: int, column: int) -> str | float:
    return row * column / 3 if column % 5 == 4 else f"孔家庄村党支部{row % 500 if column % 5 == 2 else row}-{column}"


def _write_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row in range(ROWS):
            sheet.write_row(row, 0, [_cell(row, column) for column in range(COLUMNS)])


def _rates(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Rows a second of each, in turns, so that a busy moment of the machine meets both."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for _round in range(ROUNDS):
        for name, run in work.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: ROWS / statistics.median(times) for name, times in seconds.items()}


def _peak_of_text(folder: Path, rows: int) -> int:
    """The most memory that reading a text of so many rows takes; MB."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(",".join(str(_cell(row, column)) for column in range(COLUMNS)) + "\n" for row in range(rows))
    child = [sys.executable, "-m", "registry.loading.files.reader_process", str(path), path.name, str(folder / "rows")]
    process = subprocess.run([sys.executable, "-c", PEAK, *child], cwd=ROOT, capture_output=True, check=True)
    return int(process.stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "rows.xlsx"
        _write_xlsx(book)
        rates = _rates(
            {
                "bare": lambda: calamine.CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python(),
                "ours": lambda: read_file(book, book.name, folder / "rows"),
            }
        )
        made = {"rate": rates["ours"], "share": rates["ours"] / rates["bare"], "memory": _peak_of_text(folder, ROWS)}
        json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
