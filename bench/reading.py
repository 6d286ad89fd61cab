"""Reading what people send: against the bare reader in the same run, and memory of text against its size."""

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


def _peak_of_text(folder: Path, rows: int) -> tuple[float, int]:
    """Size of a text file of `rows` and the most memory its reading took; MB."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(",".join(str(_cell(row, column)) for column in range(COLUMNS)) + "\n" for row in range(rows))
    child = [sys.executable, "-m", "registry.loading.files.reader_process", str(path), path.name, str(folder / "rows")]
    process = subprocess.run([sys.executable, "-c", PEAK, *child], cwd=ROOT, capture_output=True, check=True)
    return path.stat().st_size / 1024**2, int(process.stdout)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = folder / "rows.xlsx"
        _write_xlsx(book)
        rates = _rates(
            {
                "bare reader": lambda: calamine.CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python(),
                "read_file": lambda: read_file(book, book.name, folder / "rows"),
            }
        )
        print(f"\nspreadsheet of {ROWS:,} × {COLUMNS}: rows/s")
        for way, rate in rates.items():
            print(f"{way:26s} {rate:8.0f} {rate / rates['bare reader']:8.2f} of the bare reader")
        for rows in (ROWS // 10, ROWS):
            size, peak = _peak_of_text(folder, rows)
            print(f"text of {size:5.1f} MB: {peak} MB of memory")


if __name__ == "__main__":
    main()
