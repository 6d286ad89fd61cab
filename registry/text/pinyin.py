"""The pinyin of Chinese text, by pypinyin, whose tables take memory only once something is spelt."""

import json
import os
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

ENTRY = re.compile(r'"([^"]+)": ?\[\[(.*?)\]\]')  # of the table of phrases: "重庆": [["chóng"], ["qìng"]]


def syllables_of(text: str) -> list[str]:
    """The pinyin of each character, without tones; what is not Chinese stays as it is."""
    return _pypinyin().lazy_pinyin(text)


@cache
def _pypinyin() -> ModuleType:
    """The library, whose phrases are read here: as it reads them they take 45 MB, and with equal readings as one object
    10 MB."""
    if "pypinyin" in sys.modules:
        return sys.modules["pypinyin"]
    with patch.dict(os.environ, PYPINYIN_NO_PHRASES="1", PYPINYIN_NO_DICT_COPY="1"):
        import pypinyin  # noqa: PLC0415 (with these variables)
        from pypinyin.constants import PHRASES_DICT  # noqa: PLC0415 (as above)
        from pypinyin.seg import mmseg  # noqa: PLC0415 (as above)
    PHRASES_DICT.update(read_phrases(Path(pypinyin.__file__).with_name("phrases_dict.json")))
    mmseg.retrain(mmseg.seg)
    return pypinyin


def read_phrases(file: Path) -> dict[str, list[list[str]]]:
    """Phrases with the readings of their characters."""
    readings: dict[str, list[str]] = {}
    phrases = {}
    for entry in ENTRY.finditer(file.read_text(encoding="utf-8").replace("\n", "")):
        parts = entry[2].split("],[")
        for part in parts:
            if part not in readings:
                readings[part] = json.loads(f"[{part}]")
        phrases[entry[1]] = [readings[part] for part in parts]
    return phrases
