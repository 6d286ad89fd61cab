"""The year report as PDF in the same layout, with a Chinese font of the machine embedded. None is brought along: fonts
have licences of their own."""

import os
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, Paragraph, SimpleDocTemplate, TableStyle
from reportlab.platypus import Table as Grid

from fengnan.report.content import Report, Section, Sentence, Table, close_up, subheading
from registry.models import registry_title
from registry.text.validators import legible

FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts",
    "/System/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
# TrueType fonts with Chinese, the closest to the standard's first. Others draw their glyphs in a way no PDF takes here.
COMMON = (
    "simsun.ttc",
    "uming.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "notosanssc-regular.ttf",
    "droidsansfallbackfull.ttf",
)
BODY = ("simfang.ttf", "stfangso.ttf", *COMMON)
HEADING = ("simhei.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc", "notosanssc-bold.ttf", *COMMON)
SUBHEADING = ("simkai.ttf", "stkaiti.ttf", "ukai.ttc", *COMMON)
SIZE, LINE, SMALL = 16, 29, 10.5
TOP, BOTTOM, LEFT, RIGHT = 37 * mm, 35 * mm, 28 * mm, 26 * mm


class FontMissing(Exception):
    """The machine has no Chinese font that can be put into a PDF."""


def pdf_of(report: Report) -> bytes:
    """Raises FontMissing."""
    styles = _styles()
    made = BytesIO()
    document = SimpleDocTemplate(
        made, pagesize=A4, topMargin=TOP, bottomMargin=BOTTOM, leftMargin=LEFT, rightMargin=RIGHT, invariant=1,
        title=legible(report.title), author=registry_title(), subject=report.as_of,
    )  # fmt: skip
    story = [
        Paragraph(_set(report.title), styles["title"]),
        Paragraph(_plain(report.as_of), styles["subtitle"]),
        *(Paragraph(_set(words), styles["body"]) for words in report.reading),
    ]
    for section in report.sections:
        story += _written(section, styles, document.width)
    document.build(story, onFirstPage=_number, onLaterPages=_number)
    return made.getvalue()


def _written(section: Section, styles: dict[str, ParagraphStyle], width: float) -> Iterator:
    yield Paragraph(_plain(section.heading), styles["heading"])
    for words in section.paragraphs:
        yield Paragraph(_plain(words), styles["body"])
    for number, (heading, sentence) in enumerate(section.sentences, start=1):
        yield Paragraph(_plain(subheading(number, heading)), styles["subheading"])
        yield Paragraph(_marked(sentence), styles["body"])
    for table in section.tables:
        yield CondPageBreak(5 * LINE)
        yield Paragraph(_set(table.title), styles["caption"])
        yield _grid(table, styles, width)


def _marked(sentence: Sentence) -> str:
    """Each figure is followed by its code, small and raised."""
    codes = [f'<super size="8">[{_plain(piece.code)}]</super>' if piece.code else "" for piece in sentence]
    return "".join(_set(piece.text) + code for piece, code in zip(sentence, codes, strict=True))


def _grid(table: Table, styles: dict[str, ParagraphStyle], width: float) -> Grid:
    rows = [[_cell(text, styles, "cell") for text in table.head]]
    for row in table.rows:
        kinds = ["cell"] * table.words + ["number"] * (len(row) - table.words)
        rows.append([_cell(text, styles, kind) for text, kind in zip(row, kinds, strict=True)])
    widths = [width * share / sum(table.widths) for share in table.widths]
    lines = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    lines += [(f"{side}PADDING", (0, 0), (-1, -1), 3) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    return Grid(rows, colWidths=widths, repeatRows=1, style=TableStyle(lines), spaceAfter=10)


def _cell(text: str, styles: dict[str, ParagraphStyle], kind: str) -> Paragraph:
    """Codes and days break at their hyphens alone; Chinese breaks anywhere."""
    return Paragraph(_set(text), styles[f"{kind}-ascii" if text.isascii() else kind])


def _set(text: str) -> str:
    return _plain(close_up(text))


def _plain(text: str) -> str:
    return escape(legible(text))


def _styles() -> dict[str, ParagraphStyle]:
    body, heading, subheading = (_registered(names) for names in (BODY, HEADING, SUBHEADING))
    plain = ParagraphStyle(
        "body", fontName=body, fontSize=SIZE, leading=LINE, firstLineIndent=2 * SIZE, alignment=TA_JUSTIFY,
        wordWrap="CJK",
    )  # fmt: skip
    cell = ParagraphStyle("cell", plain, fontSize=SMALL, leading=16, firstLineIndent=0, alignment=TA_LEFT)
    number = ParagraphStyle("number", cell, alignment=TA_RIGHT)
    centred = {"parent": plain, "alignment": TA_CENTER, "firstLineIndent": 0}
    made = [
        plain,
        cell,
        number,
        *(
            ParagraphStyle(f"{style.name}-ascii", style, wordWrap=None, embeddedHyphenation=1)
            for style in (cell, number)
        ),
        ParagraphStyle("title", fontName=heading, fontSize=22, spaceAfter=6, **centred),
        ParagraphStyle("subtitle", fontName=subheading, spaceAfter=LINE / 2, **centred),
        ParagraphStyle("heading", plain, fontName=heading, keepWithNext=1),
        ParagraphStyle("subheading", plain, fontName=subheading, keepWithNext=1),
        ParagraphStyle("caption", fontName=heading, fontSize=12, spaceAfter=4, **centred),
    ]
    return {style.name: style for style in made}


def _number(canvas, document) -> None:
    """The page number between dashes, 7 mm below the text: on odd pages to the right, on even pages to the left."""
    canvas.setFont(_registered(BODY), 14)
    height, words = BOTTOM - 7 * mm - 14, f"— {document.page} —"
    if document.page % 2:
        canvas.drawRightString(A4[0] - RIGHT - 14, height, words)
    else:
        canvas.drawString(LEFT + 14, height, words)


def _registered(names: tuple[str, ...]) -> str:
    return _register(str(font_file(names)))


@lru_cache(maxsize=8)
def _register(path: str) -> str:
    """A font is read once; a collection gives its first."""
    pdfmetrics.registerFont(TTFont(path, path))
    return path


def font_file(names: tuple[str, ...] = BODY) -> Path:
    """The file of the first of `names` that the machine has, or the one the settings name. Raises FontMissing."""
    if settings.REPORT_FONT:
        return Path(settings.REPORT_FONT)
    paths = {
        name.lower(): Path(folder) / name
        for top in FOLDERS
        for folder, _folders, files in os.walk(Path(top).expanduser())
        for name in files
    }
    for name in names:
        if name in paths:
            return paths[name]
    raise FontMissing
