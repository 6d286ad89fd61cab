"""Names as people type them."""

import re
import unicodedata
from functools import lru_cache

from registry.text.pinyin import syllables_of

# The statistics bureau writes characters that its code page lacks as two. More can be added where they are met.
SPLIT_CHARACTERS = {"瞿阝": "酄", "瞿卩": "酄", "囗": "口"}


def normalized(text: str) -> str:
    """Half-width letters and digits, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def spellings(text: str) -> list[str]:
    """The text with each rare character as one or as two; the text itself comes first."""
    found = [text]
    for split, whole in SPLIT_CHARACTERS.items():
        found += [spelling.replace(split, whole) for spelling in found if split in spelling]
        found += [spelling.replace(whole, split) for spelling in found if whole in spelling]
    return list(dict.fromkeys(found))


CHINESE = re.compile(r"[\u3400-\u9fff]")
PIECES = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")


@lru_cache(maxsize=20_000)
def _spelt_piece(piece: str) -> tuple[str, str]:
    """The pinyin of a part of a name, without tones, and its initials; letters and digits stay as they are."""
    if not CHINESE.match(piece):
        return piece.lower(), piece.lower()
    syllables = syllables_of(piece)
    return "".join(syllables).lower(), "".join(
        syllable if syllable in piece else syllable[:1] for syllable in syllables
    ).lower()


def pinyin_of(name: str) -> tuple[str, str]:
    """The pinyin of a name without tones, and its initials."""
    pieces = [_spelt_piece(piece) for piece in PIECES.findall(name)]
    return "".join(whole for whole, _first in pieces), "".join(first for _whole, first in pieces)
