"""What a bare amount counts in: as its heading says, else as a line of the sheet says, else as its column usually does.
An amount that has its own unit in the cell needs none of this."""

import re
import unicodedata
from collections.abc import Iterable

YUAN, WAN = "元", "万元"  # what columns of money count in unless told
WORD = r"(?:人民币)?\s*((?:千万|百万|亿|万|千)?元|千万|百万|亿|万)"
IN_BRACKETS = re.compile(rf"(?:金额|计量|货币)?(?:单位)?:?{WORD}(?:/.*)?")
AT_THE_END = re.compile(rf"(?<![美欧港日澳台韩公])(?:单位:?)?{WORD}$")
OF_SHEET = re.compile(rf"单位\s*:?\s*\(?\s*{WORD}(?![\u3400-\u9fff])|\((?:单位:?)?{WORD}\)$")
OWN_UNIT = re.compile(r"[元万亿千百]")
NAMED_IN_YUAN = "_yuan"  # what fields of money are called in files of programs


def money_unit(heading: str) -> str:
    """The unit of money that a heading names, in brackets or at its end; empty if it names none."""
    bare = re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading)).replace("*", "")
    for words in reversed(re.findall(r"\(([^()]*)\)", bare)):
        if found := IN_BRACKETS.fullmatch(words):
            return found[1]
    if bare.lower().endswith(NAMED_IN_YUAN):
        return YUAN
    found = AT_THE_END.search(bare)
    return found[1] if found else ""


def unit_of_sheet(texts: Iterable[str]) -> str:
    """The unit that a line such as 单位:万元 names, the last of `texts` first; empty if none does."""
    for text in reversed(list(texts)):
        if found := OF_SHEET.search(unicodedata.normalize("NFKC", text).strip()):
            return found[1] or found[2]
    return ""


def is_bare(text: str) -> bool:
    """Whether an amount says no unit itself."""
    return OWN_UNIT.search(text) is None and any(sign.isdigit() for sign in text)


def with_unit(text: str, unit: str) -> str:
    """An amount as typed with the unit it counts in; one that has its own keeps that."""
    return f"{text.strip()}{unit}" if unit and is_bare(text) else text


def in_yuan(amount: object) -> str:
    """An amount of yuan as people read it: 10,850,000 or 0.50."""
    return f"{amount:,.2f}".removesuffix(".00")
