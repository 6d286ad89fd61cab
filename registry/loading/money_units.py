"""The unit of a bare amount: from its heading, else from a line of the sheet, else the usual one of its column. An
amount with its own unit in the cell needs none of this."""

import re
import unicodedata
from collections.abc import Iterable

YUAN, WAN = "元", "万元"  # the default units of money columns
WORD = r"(?:人民币)?\s*((?:千万|百万|亿|万|千)?元|千万|百万|亿|万)"
IN_BRACKETS = re.compile(rf"(?:金额|计量|货币)?(?:单位)?:?{WORD}(?:/.*)?")
AT_THE_END = re.compile(rf"(?<![美欧港日澳台韩公])(?:单位:?)?{WORD}$")
OF_SHEET = re.compile(rf"单位\s*:?\s*\(?\s*{WORD}(?![\u3400-\u9fff])|\((?:单位:?)?{WORD}\)$")
OWN_UNIT = re.compile(r"[元万亿千百]")
NAMED_IN_YUAN = "_yuan"  # the suffix of money fields in files of programs


def money_unit(heading: str) -> str:
    """The unit of money in a heading, in brackets or at its end; empty if there is none."""
    bare = re.sub(r"\s+", "", unicodedata.normalize("NFKC", heading)).replace("*", "")
    for words in reversed(re.findall(r"\(([^()]*)\)", bare)):
        if match := IN_BRACKETS.fullmatch(words):
            return match[1]
    if bare.lower().endswith(NAMED_IN_YUAN):
        return YUAN
    match = AT_THE_END.search(bare)
    return match[1] if match else ""


def unit_of_sheet(texts: Iterable[str]) -> str:
    """The unit in a line such as 单位:万元, the last of `texts` first; empty if there is none."""
    for text in reversed(list(texts)):
        if match := OF_SHEET.search(unicodedata.normalize("NFKC", text).strip()):
            return match[1] or match[2]
    return ""


def is_bare(text: str) -> bool:
    """Whether an amount has no unit itself."""
    return OWN_UNIT.search(text) is None and any(sign.isdigit() for sign in text)


def with_unit(text: str, unit: str) -> str:
    """An amount as typed with its unit; an amount with its own unit keeps that."""
    return f"{text.strip()}{unit}" if unit and is_bare(text) else text


def in_yuan(amount: object) -> str:
    """An amount of yuan for reading: 10,850,000 or 0.50."""
    return f"{amount:,.2f}".removesuffix(".00")
