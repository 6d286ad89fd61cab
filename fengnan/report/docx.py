"""The year report as a document in the layout of GB/T 9704: A4 with its margins, 22 lines a page, 28 characters a line;
no red head and no seal, for the report is not an issued paper. Made again from the same report, the file is the same.
"""

from datetime import datetime
from io import BytesIO
from math import floor
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.translation import gettext as _
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor

from fengnan.report.brief import Brief
from fengnan.report.content import Report, Section, Table, close_up
from fengnan.report.sentences import Sentence
from registry.models import registry_title
from registry.text.validators import legible

PAGE = (Mm(210), Mm(297))
TOP, BOTTOM, LEFT, RIGHT = Mm(37), Mm(35), Mm(28), Mm(26)
LINE, SIZE, SMALL = Pt(29), Pt(16), Pt(10.5)
CHARACTERS, CELL_MARGIN = 28, Mm(1)
BRIEF_MARGINS, BRIEF_SIZE, BRIEF_LINE = (Mm(25), Mm(22)), Pt(12), Pt(22)
BODY, HEADING, SUBHEADING, TITLE, LATIN = "仿宋", "黑体", "楷体", "方正小标宋简体", "Times New Roman"
ZIP_DAY = (1980, 1, 1, 0, 0, 0)  # the same in every file: a time would make two runs differ


def docx_of(report: Report) -> bytes:
    document = Document()
    _set_page(document)
    _set_styles(document)
    _set_properties(document, report)
    _add(document, close_up(report.title), "Title")
    _add(document, report.as_of, "Subtitle").paragraph_format.space_after = Pt(14)
    if report.addressee:
        _add(document, report.addressee, "Addressee")
    _add(document, close_up(report.opening))
    for section in report.sections:
        _write(document, section)
    _add(document, _("Annex: %(title)s") % {"title": report.annex}).paragraph_format.space_before = LINE
    _sign(document, report)
    _write_annex(document, report)
    return _saved(document)


def docx_of_brief(brief: Brief) -> bytes:
    """On one page: smaller letters, closer lines and narrower margins than the report's."""
    document = Document()
    _set_page(document, *BRIEF_MARGINS)
    _set_styles(document, BRIEF_SIZE, BRIEF_LINE)
    _set_properties(document, brief)
    _add(document, close_up(brief.title), "Title")
    _add(document, brief.as_of, "Subtitle")
    _add(document, brief.first_heading, "Heading 1")
    _add_table(document, brief.table)
    for heading, sentences in brief.parts:
        _add(document, heading, "Heading 1")
        for sentence in sentences:
            _add_sentence(document, sentence)
    return _saved(document)


def _saved(document: Any) -> bytes:
    raw = BytesIO()
    document.save(raw)
    return _without_times(raw)


def _write(document: Any, section: Section) -> None:
    _add(document, section.heading, "Heading 1")
    for words in section.paragraphs:
        _add(document, words)
    for sentence in section.sentences.values():
        _add_sentence(document, sentence)


def _sign(document: Any, report: Report) -> None:
    """The signature stands to the right, after a free line, on one page."""
    for number, words in enumerate(report.signature):
        form = _add(document, close_up(words), "Signature").paragraph_format
        form.space_before = LINE if number == 0 else Pt(0)
        form.keep_with_next = number < len(report.signature) - 1


def _write_annex(document: Any, report: Report) -> None:
    _add(document, _("Annex"), "Heading 1").paragraph_format.page_break_before = True
    _add(document, report.annex, "Title")
    for words in report.reading:
        _add(document, close_up(words), "Note")
    for section in report.sections:
        for table in section.tables:
            _add_table(document, table)


def _add(document: Any, words: str, style: str = "Normal") -> Any:
    return document.add_paragraph(legible(words), style)


def _add_sentence(document: Any, sentence: Sentence) -> None:
    _add(document, close_up("".join(piece.text for piece in sentence)))


def _add_table(document: Any, table: Table) -> None:
    if table.title:
        _add(document, close_up(table.title), "Caption")
    made = document.add_table(rows=1, cols=len(table.head), style="Table Grid")
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    margins = _mark(made._tbl.tblPr, "w:tblCellMar")
    for side in ("left", "right"):
        _mark(margins, f"w:{side}", w=str(CELL_MARGIN.twips), type="dxa")
    whole = PAGE[0] - LEFT - RIGHT
    widths = [int(whole * width / sum(table.widths)) for width in table.widths]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    _fill(made.rows[0], table.head, widths, words=len(table.head))
    for cell in made.rows[0].cells:
        cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    _repeat(made.rows[0])
    for row in table.rows:
        _fill(made.add_row(), row, widths, table.words)
    for row in made.rows[:2]:  # the head is never the last line of a page
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True


def _fill(row: Any, texts: tuple[str, ...], widths: list[int], words: int) -> None:
    _mark(row._tr.get_or_add_trPr(), "w:cantSplit")
    for number, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        cell.width = width
        _mark(cell._tc.get_or_add_tcPr(), "w:vAlign", val="center")
        paragraph = cell.paragraphs[0]
        paragraph._p.style = "Cell"  # looking a style up by its name takes most of the time
        paragraph.add_run(legible(close_up(text)))
        if number >= words:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _repeat(row: Any) -> None:
    """The head of a table stands on each of its pages."""
    _mark(row._tr.get_or_add_trPr(), "w:tblHeader")


def _mark(parent: Any, tag: str, **values: str) -> Any:
    element = OxmlElement(tag)
    for name, value in values.items():
        element.set(qn(f"w:{name}"), value)
    parent.append(element)
    return element


def _set_page(document: Any, top: Length = TOP, bottom: Length = BOTTOM) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.top_margin, section.bottom_margin = top, bottom
    section.left_margin, section.right_margin = LEFT, RIGHT
    section.footer_distance = bottom - Mm(7) - Pt(14)  # the number stands 7 mm below the text
    document.settings.odd_and_even_pages_header_footer = True
    _number(section.footer, WD_ALIGN_PARAGRAPH.RIGHT)
    _number(section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)


def _number(footer: Any, side: Any) -> None:
    """The page number between dashes: on odd pages to the right, on even pages to the left."""
    footer.is_linked_to_previous = False
    paragraph = footer.paragraphs[0]
    paragraph.alignment = side
    paragraph.paragraph_format.first_line_indent = Pt(0)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
    for kind, text in (("", "— "), ("begin", ""), ("instr", "PAGE"), ("end", ""), ("", " —")):
        run = paragraph.add_run(text if kind == "" else "")
        _font(run._r.get_or_add_rPr(), "宋体")
        run.font.size = Pt(14)
        if kind == "instr":
            _mark(run._r, "w:instrText").text = text
        elif kind:
            _mark(run._r, "w:fldChar", fldCharType=kind)


def _set_styles(document: Any, size: Length = SIZE, line: Length = LINE) -> None:
    styles = document.styles
    _style(styles["Normal"], BODY, size, indent=2, line=line)
    if size == SIZE:
        pitch = (PAGE[0] - LEFT - RIGHT) / Pt(1) / CHARACTERS
        _mark(styles["Normal"].element.get_or_add_rPr(), "w:spacing", val=str(floor((pitch - SIZE / Pt(1)) * 20)))
    _style(styles["Title"], TITLE, Pt(22), side=WD_ALIGN_PARAGRAPH.CENTER)
    _style(styles["Subtitle"], SUBHEADING, size, side=WD_ALIGN_PARAGRAPH.CENTER, line=line)
    _style(styles["Heading 1"], HEADING, size, indent=2, line=line)
    _style(styles["Caption"], HEADING, SMALL, side=WD_ALIGN_PARAGRAPH.CENTER)
    styles["Caption"].paragraph_format.keep_with_next = True
    for name, side, own_size, own_line in (
        ("Addressee", WD_ALIGN_PARAGRAPH.LEFT, size, line),
        ("Signature", WD_ALIGN_PARAGRAPH.RIGHT, size, line),
        ("Note", WD_ALIGN_PARAGRAPH.JUSTIFY, SMALL, Pt(18)),
        ("Cell", WD_ALIGN_PARAGRAPH.LEFT, SMALL, Pt(16)),
    ):
        own = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH) if name not in styles else styles[name]
        own.base_style = styles["Normal"]
        _style(own, BODY, own_size, side=side, line=own_line)
    styles["Signature"].paragraph_format.right_indent = 2 * SIZE


def _style(style: Any, font: str, size: Length, indent: int = 0, side: Any = None, line: Length = LINE) -> None:
    style.font.size, style.font.bold, style.font.italic = size, False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    properties = style.element.get_or_add_rPr()
    _font(properties, font)
    for tag in ("w:spacing", "w:kern"):  # of the theme: letters spread out
        for element in properties.findall(qn(tag)):
            properties.remove(element)
    _plain_borders(style.element.get_or_add_pPr())
    form = style.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, line
    form.first_line_indent = size * indent
    form.alignment = side if side is not None else WD_ALIGN_PARAGRAPH.JUSTIFY if indent else WD_ALIGN_PARAGRAPH.LEFT


def _plain_borders(properties: Any) -> None:
    for element in properties.findall(qn("w:pBdr")):
        properties.remove(element)


def _font(properties: Any, font: str) -> None:
    """One font for Chinese, one for Latin, and none of the theme's."""
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", font)):
        fonts.set(qn(f"w:{name}"), value)


def _set_properties(document: Any, report: Report | Brief) -> None:
    day = report.scope.as_of
    properties = document.core_properties
    properties.title, properties.author = legible(report.title), registry_title()
    properties.subject, properties.comments, properties.last_modified_by = report.as_of, "", ""
    properties.created = properties.modified = datetime(day.year, day.month, day.day)
    properties.revision = 1


def _without_times(raw: BytesIO) -> bytes:
    """The same parts in a file that does not tell when it was written."""
    made = BytesIO()
    with ZipFile(raw) as before, ZipFile(made, "w", ZIP_DEFLATED) as after:
        for part in before.infolist():
            after.writestr(ZipInfo(part.filename, ZIP_DAY), before.read(part), ZIP_DEFLATED)
    return made.getvalue()
