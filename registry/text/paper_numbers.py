"""Numbers of papers (文号), such as 丰组字〔2021〕6号. People type the brackets in several ways."""

BRACKETS = ("〔〕", "[]", "［］", "【】", "()", "（）")
PLAIN = str.maketrans("".join(BRACKETS), BRACKETS[0] * len(BRACKETS))


def plain_paper_number(number: str) -> str:
    """The number with the brackets that the norm prescribes (GB/T 9704), without white space."""
    return "".join(number.split()).translate(PLAIN)


def spellings(number: str) -> list[str]:
    """The number with each kind of brackets; none of an empty one."""
    plain = plain_paper_number(number)
    return [plain.translate(str.maketrans(BRACKETS[0], brackets)) for brackets in BRACKETS] if plain else []
