"""Names as people type them."""

import unicodedata

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
