"""The year report as PDF in the same layout, with a Chinese font of the machine embedded. None is brought along: fonts
have licences of their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib import textsplit
from reportlab.lib.colors import HexColor, black, grey, white
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    CondPageBreak,
    KeepInFrame,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    TableStyle,
    paragraph,
)
from reportlab.platypus import Table as Grid

from fengnan.map.schematic import Tile, schematic
from fengnan.report.brief import Brief
from fengnan.report.content import Report, Section, Table, close_up
from fengnan.report.sentences import Sentence
from registry.memory import return_memory
from registry.models import registry_title
from registry.text.validators import legible

FOLDERS = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts",
    "/System/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip
# TrueType fonts with Chinese, the closest to the standard's first; COMMON where none of them is installed. Others draw
# their glyphs in a way no PDF takes here.
COMMON = (
    "simsun.ttc",
    "uming.ttc",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "notosanssc-regular.ttf",
    "droidsansfallbackfull.ttf",
)
BODY = ("simfang.ttf", "stfangso.ttf")
HEADING = ("simhei.ttf", "stxihei.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc", "notosanssc-bold.ttf")
SUBHEADING = ("simkai.ttf", "stkaiti.ttf", "ukai.ttc")
TITLE = ("fzxbsjw.ttf", "fzxbsk.ttf", "stzhongs.ttf", *HEADING)
SIZE, LINE, SMALL = 16, 29, 10.5
BRIEF_MARGINS, BRIEF_SIZE, BRIEF_LINE = (20 * mm, 14 * mm), 12, 20
PADDING = 6  # of a frame, on each side
TOP, BOTTOM, LEFT, RIGHT = 37 * mm, 35 * mm, 28 * mm, 26 * mm
TILE_HEIGHT, TILE_GAP = 32, 4
ONE_DOCUMENT = Lock()  # the fonts of the library are one list for all threads
for module in (paragraph, textsplit):  # these do not begin a line either
    module.ALL_CANNOT_START += "，；：？！”’》"


class FontMissing(Exception):
    """The machine has no Chinese font that can be put into a PDF."""


@contextmanager
def _own_fonts() -> Iterator[None]:
    """The fonts of one document at a time, dropped after it: one with Chinese takes 35 MB, and is read in 0.1 s."""
    with ONE_DOCUMENT:
        try:
            yield
        finally:
            pdfmetrics._reset()
            return_memory()


@_own_fonts()
def pdf_of(report: Report) -> bytes:
    """Raises FontMissing."""
    styles = _styles()
    made = BytesIO()
    document = SimpleDocTemplate(
        made, pagesize=A4, topMargin=TOP, bottomMargin=BOTTOM, leftMargin=LEFT, rightMargin=RIGHT, invariant=1,
        title=legible(report.title), author=registry_title(), subject=report.as_of,
    )  # fmt: skip
    story = [Paragraph(_set(report.title), styles["title"]), Paragraph(_plain(report.as_of), styles["subtitle"])]
    if report.addressee:
        story.append(Paragraph(_plain(report.addressee), styles["addressee"]))
    story.append(Paragraph(_set(report.opening), styles["body"]))
    for section in report.sections:
        story += _written(section, styles)
    annex = Paragraph(_plain(_("Annex: %(title)s") % {"title": report.annex}), styles["annex"])
    story += [annex, KeepTogether(_signature(report, styles)), PageBreak()]
    document.build([*story, *_annex(report, styles, document.width)], onFirstPage=_number, onLaterPages=_number)
    return made.getvalue()


@_own_fonts()
def pdf_of_brief(brief: Brief) -> bytes:
    """On one page: what is too long for it is set smaller. Raises FontMissing."""
    styles = _styles(BRIEF_SIZE, BRIEF_LINE)
    made = BytesIO()
    top, bottom = BRIEF_MARGINS
    document = SimpleDocTemplate(
        made, pagesize=A4, topMargin=top, bottomMargin=bottom, leftMargin=LEFT, rightMargin=RIGHT, invariant=1,
        title=legible(brief.title), author=registry_title(), subject=brief.as_of,
    )  # fmt: skip
    story = [
        Paragraph(_set(brief.title), styles["title"]),
        Paragraph(_plain(brief.as_of), styles["subtitle"]),
        Paragraph(_plain(brief.first_heading), styles["heading"]),
        _grid(brief.table, styles, document.width),
    ]
    for heading, sentences in brief.parts:
        story.append(Paragraph(_plain(heading), styles["heading"]))
        story += [Paragraph(_sentence(sentence), styles["body"]) for sentence in sentences]
    tiles = schematic(brief.scope).tiles
    if tiles:
        story += [
            Paragraph(_plain(brief.map_heading), styles["heading"]),
            _map(tiles, styles["cell"].fontName, document.width),
            Paragraph(_plain(_("Number of points, ◆ of which premium.")), styles["note"]),
        ]
    room = (document.width, document.height - 2 * PADDING)
    document.build([KeepInFrame(*room, story, mode="shrink")])
    return made.getvalue()


def _written(section: Section, styles: dict[str, ParagraphStyle]) -> Iterator:
    yield Paragraph(_plain(section.heading), styles["heading"])
    for words in section.paragraphs:
        yield Paragraph(_plain(words), styles["chinese"])
    for sentence in section.sentences.values():
        yield Paragraph(_sentence(sentence), styles["body"])


def _signature(report: Report, styles: dict[str, ParagraphStyle]) -> list[Paragraph]:
    """To the right, after a free line."""
    first, *others = report.signature
    return [
        Paragraph(_set(first), styles["signature-first"]),
        *(Paragraph(_set(words), styles["signature"]) for words in others),
    ]


def _annex(report: Report, styles: dict[str, ParagraphStyle], width: float) -> Iterator:
    yield Paragraph(_plain(_("Annex")), styles["heading"])
    yield Paragraph(_plain(report.annex), styles["title"])
    for words in report.reading:
        yield Paragraph(_set(words), styles["note"])
    for section in report.sections:
        for table in section.tables:
            yield CondPageBreak(5 * LINE)
            yield Paragraph(_set(table.title), styles["caption"])
            yield _grid(table, styles, width)


def _sentence(sentence: Sentence) -> str:
    return _set("".join(piece.text for piece in sentence))


def _grid(table: Table, styles: dict[str, ParagraphStyle], width: float) -> Grid:
    rows = [[_cell(text, styles, "head") for text in table.head]]
    for row in table.rows:
        kinds = ["cell"] * table.words + ["number"] * (len(row) - table.words)
        rows.append([_cell(text, styles, kind) for text, kind in zip(row, kinds, strict=True)])
    widths = [width * share / sum(table.widths) for share in table.widths]
    lines = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
    lines += [(f"{side}PADDING", (0, 0), (-1, -1), 3) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    return Grid(rows, colWidths=widths, repeatRows=1, style=TableStyle(lines), spaceAfter=10)


def _map(tiles: list[Tile], font: str, width: float) -> Drawing:
    """The townships as tiles, placed as in the schematic map, each with its points and premium points."""
    columns, rows = ([tile.place[side] for tile in tiles] for side in (0, 1))
    across, down = width / (max(columns) - min(columns) + 1), TILE_HEIGHT + TILE_GAP
    drawing = Drawing(width, down * (max(rows) - min(rows) + 1))
    for tile in tiles:
        left, bottom = (tile.place[0] - min(columns)) * across, (max(rows) - tile.place[1]) * down + TILE_GAP
        ground, ink = (HexColor("#eaf1f8" if tile.zones else "#ffffff"), black) if tile.inside else (white, grey)
        drawing.add(
            Rect(
                left, bottom, across - TILE_GAP, TILE_HEIGHT, rx=3, fillColor=ground, strokeColor=grey, strokeWidth=0.5
            )
        )
        words = [(tile.name, 19)] + ([(f"{tile.count}  ◆{tile.premium}", 6)] if tile.inside else [])
        for text, up in words:
            drawing.add(String(left + 5, bottom + up, legible(text), fontName=font, fontSize=9, fillColor=ink))
    return drawing


def _cell(text: str, styles: dict[str, ParagraphStyle], kind: str) -> Paragraph:
    """Codes and days break at their hyphens alone; Chinese breaks anywhere."""
    return Paragraph(_set(text).replace("\n", "<br/>"), styles[f"{kind}-ascii" if text.isascii() else kind])


def _set(text: str) -> str:
    return _plain(close_up(text))


def _plain(text: str) -> str:
    """Not every Chinese font has the sign of a minus."""
    return escape(legible(text).replace("−", "-"))


def _styles(size: float = SIZE, line: float = LINE) -> dict[str, ParagraphStyle]:
    body, heading, subheading, title = (_registered(names) for names in (BODY, HEADING, SUBHEADING, TITLE))
    is_english = get_language() == "en"
    plain = ParagraphStyle(
        "body", fontName=body, fontSize=size, leading=line, firstLineIndent=2 * size,
        alignment=TA_LEFT if is_english else TA_JUSTIFY, wordWrap=None if is_english else "CJK",
    )  # fmt: skip
    cell = ParagraphStyle(
        "cell", plain, wordWrap="CJK", fontSize=SMALL, leading=16, firstLineIndent=0, alignment=TA_LEFT
    )
    number = ParagraphStyle("number", cell, alignment=TA_RIGHT)
    head = ParagraphStyle("head", cell, fontName=heading, alignment=TA_CENTER)
    signature = ParagraphStyle("signature", plain, firstLineIndent=0, rightIndent=2 * size, alignment=TA_RIGHT)
    centred = {"parent": plain, "alignment": TA_CENTER, "firstLineIndent": 0}
    made = [
        plain,
        ParagraphStyle("chinese", plain, wordWrap="CJK"),
        cell,
        number,
        head,
        *(
            ParagraphStyle(f"{style.name}-ascii", style, wordWrap=None, embeddedHyphenation=1)
            for style in (cell, number, head)
        ),
        ParagraphStyle("title", fontName=title, fontSize=22, leading=LINE, spaceAfter=6, **centred),
        ParagraphStyle("subtitle", fontName=subheading, spaceAfter=line / 2, **centred),
        ParagraphStyle("heading", plain, fontName=heading, keepWithNext=1),
        ParagraphStyle("addressee", plain, wordWrap="CJK", firstLineIndent=0),
        ParagraphStyle("annex", plain, spaceBefore=line),
        signature,
        ParagraphStyle("signature-first", signature, spaceBefore=line),
        ParagraphStyle("note", cell, leading=18, spaceAfter=4),
        ParagraphStyle("caption", fontName=heading, fontSize=12, spaceAfter=4, **centred),
    ]
    return {style.name: style for style in made}


def _number(canvas: Any, document: Any) -> None:
    """The page number between dashes, 7 mm below the text: on odd pages to the right, on even pages to the left."""
    canvas.setFont(_registered(BODY), 14)
    height, words = BOTTOM - 7 * mm - 14, f"— {document.page} —"
    if document.page % 2:
        canvas.drawRightString(A4[0] - RIGHT - 14, height, words)
    else:
        canvas.drawString(LEFT + 14, height, words)


def _registered(names: tuple[str, ...]) -> str:
    return _register(str(font_file(names)))


def _register(path: str) -> str:
    """A font is read once a document; a collection gives its first."""
    if path not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(path, path))
    return path


def font_file(names: tuple[str, ...] = BODY) -> Path:
    """The file of the first of `names` that the machine has, else the font of the settings, else a common one. The font
    of the settings always sets the text. Raises FontMissing."""
    chosen = Path(settings.REPORT_FONT) if settings.REPORT_FONT else None
    if chosen and names is BODY:
        return chosen
    paths = {
        name.lower(): Path(folder) / name
        for top in FOLDERS
        for folder, _folders, files in os.walk(Path(top).expanduser())
        for name in files
    }
    for name in names if chosen else (*names, *COMMON):
        if name in paths:
            return paths[name]
    if chosen is None:
        raise FontMissing
    return chosen
