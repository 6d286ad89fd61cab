"""What the handbook says: its pages, the words it quotes from each, its pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HANDBOOK = ROOT / "docs" / "HANDBOOK.zh.md"


@dataclass(frozen=True)
class Step:
    """A page of an account, and the words the handbook says stand there."""

    account: str
    address: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A picture of a page: `![…](handbook/name.png "/address/ width")`."""

    account: str
    file: Path
    address: str
    width: int


def sections() -> Iterator[tuple[str, str]]:
    """Account and text of each section."""
    for section in HANDBOOK.read_text(encoding="utf-8").split("\n## ")[1:]:
        [account] = re.findall(r"^账号：`(\w+)`$", section, re.MULTILINE)
        yield account, section


def steps() -> Iterator[Step]:
    for account, section in sections():
        for step in re.split(r"\n\d+\. ", section)[1:]:
            text = re.sub(r"!\[.*", "", step)
            parts = re.split(r"`(/[^`]*)`", text)
            for address, words in zip(parts[1::2], parts[2::2], strict=True):
                first_sentence = words.partition("。")[0]
                yield Step(account, address, tuple(re.findall(r"“([^”]+)”", first_sentence)))


def pictures() -> Iterator[Picture]:
    for account, section in sections():
        for file, address, width in re.findall(r'!\[.*?\]\((\S+) "(\S+)(?: (\d+))?"\)', section):
            yield Picture(account, HANDBOOK.parent / file, address, int(width or 1280))
