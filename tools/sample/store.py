"""The rows made so far, file by file, and what later steps need to know of them."""

import json
import random
from pathlib import Path

NOT_GIVEN = "日期为示意，文章未列明"


class Store:
    """Collects fixture rows. `random` is seeded, so that the same rows come out every time."""

    def __init__(self, source: Path):
        self.source = source
        self.random = random.Random(445)
        self.files: dict[str, list[dict]] = {}
        self.areas: dict[str, dict] = {}
        self.points: list[dict] = []
        self.counters: dict[str, int] = {}

    def add(self, file: str, model: str, *, pk: str | None = None, **fields) -> dict:
        row = {"model": model, "fields": fields} if pk is None else {"model": model, "pk": pk, "fields": fields}
        self.files.setdefault(file, []).append(row)
        return row

    def code(self, prefix: str, digits: int = 3) -> str:
        self.counters[prefix] = self.counters.get(prefix, 0) + 1
        return f"{prefix}-{self.counters[prefix]:0{digits}d}"

    def townships(self) -> list[str]:
        return [code for code, area in self.areas.items() if area["level"] == "township" and code.startswith("130207")]

    def under(self, township: str, level: str, alive: bool = False) -> list[str]:
        """Codes of the villages or communities of a township; `alive` leaves out those merged since."""
        return [
            code
            for code, area in self.areas.items()
            if area["level"] == level and code.startswith(township) and not (alive and area.get("valid_to"))
        ]

    def write(self, folder: Path) -> dict[str, int]:
        for number, (file, rows) in enumerate(self.files.items(), start=1):
            lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
            (folder / f"{number:02d}-{file}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        return {file: len(rows) for file, rows in self.files.items()}


def short(name: str) -> str:
    """孔家庄 of 孔家庄村委会; 新华 of 新华居委会."""
    for ending in ("村委会", "居委会"):
        name = name.removesuffix(ending)
    return name.removesuffix("社区")
