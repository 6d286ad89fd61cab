"""The limits of one file, and the error for a file beyond them. Used by parent and child process.

Time and memory limits grow with the file, so a small hostile file ends early and a big honest one does not.
"""

from registry.sandbox import MB

MOST_MB = 20  # of an uploaded file
MOST_INFLATED_MB = 200  # 100,000 rows of 25 columns take 150
MOST_RATIO, RATIO_FROM_MB = 100, 1
MOST_MEMBERS = 200
MOST_COLUMNS = 200
MOST_ROWS = 100_000
MOST_HEAD_ROWS = 10  # titles and headings come on top of the rows
MOST_CELLS = 3_000_000
MOST_MERGES = 50_000
MOST_CELL = 32_767  # characters, as in spreadsheets themselves
LAST_ROW = MOST_ROWS + MOST_HEAD_ROWS
MOST_WRITTEN_MB = 1000  # one long text may be shared by many cells
BASE_MEMORY_MB = 220  # of address space, of which a quarter is interpreter and libraries
XLSX_GROWTH, XLS_GROWTH = 5, 24  # MB of memory for each MB unpacked; measured at 100,000 rows of 25 columns, with room
SECONDS, SECONDS_A_MB, MOST_SECONDS = 8, 3, 60


def seconds_for(size: int) -> int:
    """The time limit in seconds, wall clock and CPU, for a file of `size` bytes."""
    return min(SECONDS + SECONDS_A_MB * size // MB, MOST_SECONDS)
