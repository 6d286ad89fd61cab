"""The pinyin of Chinese text."""


def syllables_of(text: str) -> list[str]:
    """The pinyin of each character, without tones; what is not Chinese stays as it is."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 (its tables take 55 MB, which most processes never need)

    return lazy_pinyin(text)
