"""The year report: the same figures on the page, in the document and in the PDF; and nothing typed but the words."""

import os
import re
import shutil
import subprocess
import uuid
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import docx
import pypdf
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, TextField, Value
from django.db.models.functions import Concat, Left
from django.utils import timezone
from django.utils.translation import override
from docx.oxml.ns import qn

from assessment.models import AccountabilityAction
from fengnan.report import pdf
from fengnan.report.content import close_up, report_of
from fengnan.report.docx import docx_of
from fengnan.report.lines import joined, year_before
from fengnan.report.pdf import FontMissing, font_file, pdf_of
from registry.access.scope import read_scope
from registry.actions.records import save_record
from registry.actions.reports import save_report_text, text_of
from registry.figures import FIGURES
from registry.models import Belt, Event, Parameter, ReportText, Visit
from registry.models.base import PlainText
from registry.text.refusals import Refused
from tests.conftest import DAQI, LAST_DAY, TANGFANG
from tests.factories import entered_in_error, make_point
from tests.test_figures import CONTRACT

MM = 1440 / 25.4  # a millimetre in the twentieths of a point that documents count in
YEAR = f"/report/{LAST_DAY.year}"
KEY = uuid.UUID(int=1)


def document_of(scope):
    return docx.Document(BytesIO(docx_of(report_of(scope))))


def tables_of(document) -> dict[str, list[str]]:
    """The rows of the tables of figures, by slug."""
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    slugs = {str(figure.label): slug for slug, figure in FIGURES.items()}
    return {slugs[re.sub("（[^）]*年）$", "", row[0])]: row for row in rows if len(row) == 6 and "F" in row[1]}


def texts_before_the_annex(document) -> list[str]:
    texts = [paragraph.text for paragraph in document.paragraphs]
    return texts[: texts.index("附件")]


def on_paper(figure, scope) -> str:
    return close_up(joined(figure.answer(scope)))


def parts_of(file: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(file)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


@pytest.fixture
def scope(sample):
    """What the address of the report asks for."""
    return read_scope({"as_of": LAST_DAY.isoformat()}, None)


@pytest.fixture
def chinese():
    with override("zh-hans"):
        yield


@pytest.fixture
def font():
    try:
        return font_file()
    except FontMissing:
        if os.environ.get("REQUIRE") == "all":
            raise
        pytest.skip("no Chinese font on this machine")


def test_every_figure_of_the_contract_stands_in_the_document_with_its_value(scope, chinese):
    rows, earlier = tables_of(document_of(scope)), scope.at(date(2020, 12, 31))
    figures = [FIGURES[slug] for slug in (*CONTRACT, "visits", "township-organisations")]
    assert [rows[figure.slug][:4] for figure in figures] == [
        [figure.label, figure.source, on_paper(figure, scope), on_paper(figure, earlier)] for figure in figures
    ]


def test_no_figure_of_the_catalogue_is_left_out(scope, chinese):
    assert tables_of(document_of(scope)).keys() == FIGURES.keys()


@pytest.mark.parametrize("day", [date(2021, 6, 30), date(2019, 12, 31), date(2010, 1, 1)])
def test_another_day_gives_the_figures_of_that_day(day, scope, chinese):
    rows = tables_of(document_of(scope.at(day)))
    values = {slug: on_paper(figure, scope.at(day)) for slug, figure in FIGURES.items()}
    assert {slug: row[2] for slug, row in rows.items()} == values


def test_an_area_gives_the_figures_of_that_area(scope, chinese):
    own = scope.within(DAQI)
    rows = tables_of(document_of(own))
    assert rows["township-organisations"][2] == on_paper(FIGURES["township-organisations"], own)
    assert {slug: row[2] for slug, row in rows.items()} == {
        slug: on_paper(figure, own) for slug, figure in FIGURES.items()
    }


def test_a_rate_moves_by_percentage_points_and_is_held_against_its_target(scope, chinese):
    row = tables_of(document_of(scope))["premium-community-share"]
    assert row[4:] == ["+57.1个百分点", "32.1%\n+25个百分点"]


def test_codes_stand_in_the_annex_alone(scope, chinese):
    document = document_of(scope)
    points, rate = FIGURES["points"].answer(scope), FIGURES["premium-rate"].answer(scope)
    texts = texts_before_the_annex(document)
    [sentence] = [words for words in texts if words.startswith("命名示范点")]
    assert sentence.split("。")[0] == f"命名示范点{points.value}个，其中精品{rate.part}个，精品率{rate.value}%"
    assert [words for words in texts if re.search(r"F\d\d", words)] == []
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    words = "\n".join(cells + [paragraph.text for paragraph in document.paragraphs])
    assert re.findall("[a-z]{3,}", words) == []


def told(scope, section: str, sentence: str, **options) -> str:
    [part] = [part for part in report_of(scope, **options).sections if part.slug == section]
    return close_up("".join(piece.text for piece in part.sentences.get(sentence, [])))


def test_the_comparison_names_its_day_and_what_moved(scope, chinese):
    was = FIGURES["points"].answer(scope.at(date(2020, 12, 31))).value
    moved = FIGURES["points"].answer(scope).value - was
    text = told(scope, "showcase", "moved")
    assert text.startswith(f"与2020年12月31日相比，示范点增加{moved}个，精品率提高8.54个百分点，")
    assert "全市排名由第3位升至第1位" in told(scope, "overview", "moved")


def test_what_stayed_the_same_is_told_on_demand_only(scope, chinese, client):
    assert told(scope, "brand", "unchanged") == ""
    assert told(scope, "brand", "unchanged", with_unchanged=True).startswith("创建领域、")
    assert "没有变化。" not in client.get(f"{YEAR}/").content.decode()
    assert "没有变化。" in client.get(f"{YEAR}/?unchanged=1").content.decode()


def test_a_yearly_figure_of_an_older_year_says_its_year_and_is_not_compared(scope, chinese):
    day = scope.at(date(2023, 6, 30))
    row = tables_of(document_of(day))["income-villages"]
    assert (row[0], row[4]) == ("集体经济收入达标村占比（2021年）", "—")
    assert "本报告采用2021年数据" in told(day, "brand", "coverage")
    assert told(day, "brand", "moved") == "与2022年6月30日相比，行政村减少20个。"


def test_the_next_steps_name_the_townships_below_the_target_and_what_is_not_reported(scope, chinese):
    rate = FIGURES["premium-rate"]
    target = rate.answer(scope).target
    below = [(answer.value, name) for _key, name, answer in rate.by("township", scope) if answer.value < target]
    names = "、".join(name for _value, name in sorted(below))
    day = scope.at(date(2023, 6, 30))
    assert f"的乡镇（街道）有{len(below)}个，由低到高依次为：{names}。建议" in told(scope, "next-steps", "1")
    assert told(scope, "next-steps", "2") == ""
    assert "“村集体经济收入”尚缺444个" in told(day, "next-steps", "2")
    assert "乡镇" not in told(scope.within(DAQI), "next-steps", "2")


def test_a_report_without_a_problem_says_so(scope, chinese):
    assert told(scope.at(date(2010, 1, 1)).within("130207999"), "next-steps", "1").startswith("各项目标均已达到")


def test_a_township_is_not_told_of_what_only_the_district_has(scope, chinese):
    assert told(scope.within(DAQI), "guarantee", "standing").startswith("各地投入创建资金")
    standing = [told(scope.within(DAQI), section, "standing") for section in ("brand", "guarantee")]
    assert [text for text in standing if "—" in text] == []


def test_addressee_and_signature_are_the_districts_own_words(scope, chinese, administrator):
    report = report_of(scope)
    assert (report.addressee, report.signature) == ("", ["2021年12月31日"])
    save_report_text(words("addressee", "区委"), by=administrator, key=KEY)
    save_report_text(words("signature", "区委组织部"), by=administrator, key=uuid.uuid4())
    report = report_of(scope)
    assert (report.addressee, report.signature) == ("区委：", ["区委组织部", "2021年12月31日"])
    save_report_text(words("signature", "区委组织部\n2022年1月10日"), by=administrator, key=uuid.uuid4())
    assert report_of(scope).signature == ["区委组织部", "2022年1月10日"]
    texts = texts_before_the_annex(document_of(scope))
    assert (texts[2], texts[-2:]) == ("区委：", ["区委组织部", "2022年1月10日"])


def test_a_leap_day_is_compared_with_the_last_day_of_february():
    assert year_before(date(2020, 2, 29)) == date(2019, 2, 28)
    assert year_before(date(2021, 12, 31)) == date(2020, 12, 31)


def test_the_page_shows_what_the_document_says(scope, chinese, client):
    report = client.get(f"{YEAR}/").context["report"]
    on_page = {
        line.figure.slug: [close_up(line.value), close_up(line.earlier)]
        for part in report.sections
        for line in part.lines
    }
    assert on_page == {slug: row[2:4] for slug, row in tables_of(document_of(scope)).items()}


def test_two_documents_of_one_day_are_the_same_file(scope, chinese):
    first, second = docx_of(report_of(scope)), docx_of(report_of(scope))
    assert parts_of(first)["word/document.xml"] == parts_of(second)["word/document.xml"]
    assert first == second


def test_the_page_of_the_document_is_that_of_the_standard(scope):
    section = document_of(scope).sections[0]._sectPr
    size, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
    assert [size.get(qn("w:w")), size.get(qn("w:h"))] == [str(round(side * MM)) for side in (210, 297)]
    sides = {side: abs(int(margins.get(qn(f"w:{side}"))) - width * MM) for side, width in (
        ("top", 37), ("bottom", 35), ("left", 28), ("right", 26)
    )}  # fmt: skip
    assert {side for side, off in sides.items() if off > 1} == set()


def style_of(document, name: str) -> tuple:
    """Chinese font, half points, line in twentieths of a point, its rule, and colour of a style."""
    style = document.styles[name].element
    font, size, line, colour = (
        style.find("/".join(qn(tag) for tag in path.split("/")))
        for path in ("w:rPr/w:rFonts", "w:rPr/w:sz", "w:pPr/w:spacing", "w:rPr/w:color")
    )
    attributes = ((font, "eastAsia"), (size, "val"), (line, "line"), (line, "lineRule"), (colour, "val"))
    return tuple(element.get(qn(f"w:{name}")) for element, name in attributes)


def test_the_text_is_set_as_the_standard_asks(scope):
    document = document_of(scope)
    fonts = {"Normal": "仿宋", "Heading 1": "黑体", "Subtitle": "楷体"}
    assert {name: style_of(document, name) for name in fonts} == {
        name: (font, "32", "580", "exact", "000000") for name, font in fonts.items()
    }


def test_the_number_of_a_page_stands_outside_on_both_sides(scope):
    document = document_of(scope)
    section = document.sections[0]
    sides = [footer.paragraphs[0].alignment.name for footer in (section.footer, section.even_page_footer)]
    assert (sides, document.settings.odd_and_even_pages_header_footer) == (["RIGHT", "LEFT"], True)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Turns documents into another format with LibreOffice, which takes seconds to start."""
    program = shutil.which("soffice")
    if program is None and os.environ.get("REQUIRE") != "all":
        pytest.skip("LibreOffice is not installed")
    profile = tmp_path_factory.mktemp("office").as_uri()

    def convert(target: str, *documents: bytes) -> list[bytes]:
        folder = tmp_path_factory.mktemp("documents")
        files = [folder / f"report-{number}.docx" for number in range(len(documents))]
        for file, document in zip(files, documents, strict=True):
            file.write_bytes(document)
        command = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", target]
        subprocess.run([*command, "--outdir", folder, *files], check=True, timeout=180, capture_output=True)
        return [file.with_suffix(f".{target.partition(':')[0]}").read_bytes() for file in files]

    return convert


def values_by_figure(text: bytes) -> dict[str, str]:
    """What follows the name and the code of each figure in the text of a document, by slug: its value."""
    lines = [line.strip() for line in text.decode("utf-8-sig").splitlines()]
    heads = {(str(figure.label), figure.source): slug for slug, figure in FIGURES.items()}
    rows = zip(lines, lines[1:], lines[2:], strict=False)
    return {heads[label, code]: value for label, code, value in rows if (label, code) in heads}


@pytest.mark.processes
def test_libreoffice_reads_every_figure_of_the_contract_with_its_value(scope, chinese, office):
    township = scope.within(DAQI)
    documents = [docx_of(report_of(scope)), docx_of(report_of(township))]
    values, of_township = map(values_by_figure, office("txt:Text (encoded):UTF8", *documents))
    slugs = (*CONTRACT, "visits", "creation-funds")
    assert {slug: values[slug] for slug in slugs} == {slug: on_paper(FIGURES[slug], scope) for slug in slugs}
    assert {slug: value for slug, value in CONTRACT.items() if FIGURES[slug].answer(scope).value != value} == {}
    slug = "township-organisations"
    assert of_township[slug] == on_paper(FIGURES[slug], township)


@pytest.mark.processes
def test_libreoffice_sets_the_pages_in_the_size_of_the_standard(scope, chinese, office):
    [document] = office("pdf", docx_of(report_of(scope)))
    pages = pypdf.PdfReader(BytesIO(document)).pages
    sizes = {tuple(round(float(side) / 72 * 25.4) for side in page.mediabox[2:]) for page in pages}
    assert sizes == {(210, 297)}


def printed(source) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(source).pages)


def test_the_pdf_holds_the_rows_of_the_document_and_the_font(scope, font, chinese):
    file = pdf_of(report_of(scope))
    words = printed(BytesIO(file)).replace("\n", "").replace(" ", "")
    rows = ["".join(row).replace(" ", "").replace("\n", "") for row in tables_of(document_of(scope)).values()]
    assert [row for row in rows if row not in words] == []
    assert b"/FontFile2" in file


def test_two_pdfs_of_one_day_are_the_same_file(scope, font, chinese):
    assert pdf_of(report_of(scope)) == pdf_of(report_of(scope))


@pytest.fixture
def illegible(scope, administrator):
    """Every name and text holds a control character, one that turns the direction and one that is none, as an older
    version of the portal took them."""
    save_report_text(words("brand", "示例"), by=administrator, key=KEY)
    for model in apps.get_models():
        names = {field.name for field in model._meta.fields if isinstance(field, CharField | TextField)}
        for name in names & {"name", "title", "text", "finding", "issuer"}:
            if issubclass(model, PlainText):
                model._base_manager.update(**{name: Concat(Left(name, 20), Value("\x01\u202e\uffff"))})


def test_a_character_that_no_document_holds_spoils_none(illegible, scope, font, chinese):
    assert "\ufffd" in "".join(paragraph.text for paragraph in document_of(scope).paragraphs)
    assert pdf_of(report_of(scope)).startswith(b"%PDF-")


def test_headings_have_a_font_of_their_own_where_one_is_installed(monkeypatch, settings, tmp_path):
    monkeypatch.setattr(pdf, "FOLDERS", (str(tmp_path),))
    for name in ("SimHei.ttf", "uming.ttc"):
        (tmp_path / name).touch()
    fonts = [font_file(names).name for names in (pdf.BODY, pdf.HEADING, pdf.SUBHEADING, pdf.TITLE)]
    assert fonts == ["uming.ttc", "SimHei.ttf", "uming.ttc", "SimHei.ttf"]
    settings.REPORT_FONT = str(tmp_path / "own.ttf")
    fonts = [font_file(names).name for names in (pdf.BODY, pdf.HEADING, pdf.SUBHEADING, pdf.TITLE)]
    assert fonts == ["own.ttf", "SimHei.ttf", "own.ttf", "SimHei.ttf"]


def test_without_a_font_the_pdf_is_refused_in_plain_words(sample, client, monkeypatch):
    monkeypatch.setattr(pdf, "FOLDERS", ())
    answer = client.get(f"{YEAR}.pdf")
    assert answer.status_code == 501
    assert "fonts-wqy-zenhei" in answer.content.decode()


@pytest.mark.parametrize("address", [f"{YEAR}.docx", f"{YEAR}/?format=docx"])
def test_the_document_is_named_after_its_area_and_day(address, scope, client):
    answer = client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="report-130207-2021-12-31.docx"'
    with override("zh-hans"):
        assert answer.content == docx_of(report_of(scope))


def test_a_year_without_a_day_is_that_of_its_last_day(sample, client):
    assert client.get("/report/2019/").context["scope"].as_of == date(2019, 12, 31)


@pytest.mark.parametrize(
    ("address", "led_to"),
    [
        ("/report/2021/?as_of=2019-06-30", "/report/2019/?as_of=2019-06-30"),
        ("/report/2021/?year=2018&area=130207114", "/report/2018/?area=130207114"),
        ("/report/2021.docx?as_of=2019-06-30", "/report/2019.docx?as_of=2019-06-30"),
    ],
)
def test_a_day_of_another_year_leads_to_the_report_of_that_year(address, led_to, sample, client):
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, led_to)


@pytest.mark.parametrize("year", [0, 1899, 2200, 99999])
def test_there_is_no_report_of_a_year_that_never_was(year, sample, client):
    assert client.get(f"/report/{year}/").status_code == 404


def test_the_words_of_the_district_stand_in_its_report_and_in_no_townships(scope, administrator):
    save_report_text(words("showcase", "第一段。\n第二段 <b>。"), by=administrator, key=KEY)
    texts = [paragraph.text for paragraph in document_of(scope).paragraphs]
    assert [line for line in texts if line in ("第一段。", "第二段 <b>。")] == ["第一段。", "第二段 <b>。"]
    assert {part.text for part in report_of(scope.within(DAQI)).sections} == {""}
    assert {part.text for part in report_of(scope.at(date(2020, 12, 31))).sections} == {""}


def words(section: str, text: str) -> ReportText:
    record = text_of(LAST_DAY.year, section)
    record.text = text
    return record


def test_a_text_sent_twice_is_one_change(scope, administrator):
    for _time in range(2):
        save_report_text(words("brand", "文字"), by=administrator, key=KEY)
    assert Event.objects.filter(kind="reporttext").count() == 1


def test_who_opened_an_older_text_does_not_write_over_the_newer(scope, administrator):
    save_report_text(words("brand", "甲"), by=administrator, key=KEY)
    older = words("brand", "乙")
    save_report_text(words("brand", "丙"), by=administrator, key=uuid.uuid4())
    with pytest.raises(Refused) as refusal:
        save_report_text(older, by=administrator, key=uuid.uuid4())
    assert (refusal.value.code, text_of(LAST_DAY.year, "brand").text) == ("stale", "丙")


def test_a_clerk_writes_no_text_of_the_report(scope, clerk_daqi):
    with pytest.raises(Refused) as refusal:
        save_report_text(words("brand", "甲"), by=clerk_daqi, key=KEY)
    assert (refusal.value.code, ReportText.objects.public().count()) == ("not_allowed", 0)


def test_the_form_keeps_what_was_typed_when_somebody_else_was_faster(sample, administrator, client):
    save_report_text(words("effect", "甲"), by=administrator, key=KEY)
    client.force_login(administrator)
    address = f"/desk/report/{LAST_DAY.year}/effect/"
    opened = client.get(address).context["form"]
    save_report_text(words("effect", "乙"), by=administrator, key=uuid.uuid4())
    typed = {"text": "丙", "key": opened["key"].value(), "version": opened["version"].value()}
    answer = client.post(address, typed)
    assert (answer.status_code, answer.context["form"]["text"].value(), answer.context["theirs"].text) == (
        409,
        "丙",
        "乙",
    )
    again = client.post(address, typed | {"version": answer.context["theirs"].version})
    assert (again.status_code, text_of(LAST_DAY.year, "effect").text) == (302, "丙")


def test_a_section_of_a_year_has_one_text(scope, administrator):
    save_report_text(words("brand", "甲"), by=administrator, key=KEY)
    second = ReportText(code="RT-2", year=LAST_DAY.year, section="brand")
    with override("en"), pytest.raises(ValidationError) as refusal:
        second.full_clean()
    assert refusal.value.messages == ["This section of the year has a text already."]
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_no_form_writes_a_figure(sample, administrator, client):
    client.force_login(administrator)
    form = client.get(f"/desk/report/{LAST_DAY.year}/effect/").context["form"]
    assert list(form.fields) == ["text", "version", "key"]


def changed(client, since: date, address: str = f"{YEAR}/") -> list[str]:
    return [change.about for change in client.get(f"{address}?since={since}").context["changed"]]


@pytest.fixture
def corrected(scope, administrator):
    """A belt, a parameter and an unpublished point that were changed today."""
    belt, rule = Belt.objects.public().first(), Parameter.objects.public().first()
    belt.remark = rule.remark = "更正"
    for record in (belt, rule):
        save_record(record, by=administrator, reason="内部理由")
    return [str(rule), str(belt)]


def test_what_was_corrected_since_is_listed_for_everybody(corrected, client):
    assert changed(client, timezone.localdate()) == corrected
    assert changed(client, timezone.localdate() + timedelta(days=1)) == []


def test_the_report_starts_listing_at_its_own_day(corrected, client):
    context = client.get(f"{YEAR}/").context
    assert (context["since"], [change.about for change in context["changed"]]) == (LAST_DAY, corrected)


def test_the_reason_of_a_correction_is_for_the_staff(corrected, client, administrator):
    assert "内部理由" not in client.get(f"{YEAR}/").content.decode()
    client.force_login(administrator)
    assert {change.entry.reason for change in client.get(f"{YEAR}/").context["changed"]} == {"内部理由"}


def test_a_correction_elsewhere_is_not_listed_under_an_area(corrected, scope, client):
    belt = Belt.objects.public().first()
    elsewhere = DAQI if not belt.area_id.startswith(DAQI) else TANGFANG
    since = timezone.localdate()
    assert [change.about for change in client.get(f"{YEAR}/?area={elsewhere}&since={since}").context["changed"]] == []


def test_what_is_published_as_a_count_is_never_listed(scope, client, administrator):
    talk = AccountabilityAction.objects.counted().first()
    talk.post = "示例"
    save_record(talk, by=administrator)
    client.force_login(administrator)
    assert changed(client, timezone.localdate()) == []


def test_a_point_that_is_not_named_yet_is_not_listed_for_the_public(scope, administrator, client):
    point = save_record(make_point(), by=administrator)
    assert changed(client, timezone.localdate()) == []
    client.force_login(administrator)
    assert changed(client, timezone.localdate()) == [point.name]


def test_a_record_entered_in_error_is_told_to_everybody(scope, client, administrator):
    visit = Visit.objects.public().filter(booking=None).first()
    entered_in_error(visit, administrator)
    assert changed(client, timezone.localdate()) == [str(visit)]


def test_a_since_that_is_no_day_is_refused_by_its_name(sample, client):
    answer = client.get(f"{YEAR}/?since=2021-13-01")
    assert (answer.status_code, answer.context["error"].name) == (400, "since")


def test_the_list_of_years_leads_to_reports_of_the_same_area(sample, client):
    page = client.get(f"/report/?area={DAQI}").content.decode()
    assert re.findall(r'href="/report/(\d{4})/\?area=130207114"', page) == [
        str(date.today().year - back) for back in range(8)
    ]


def test_the_dashboard_leads_to_the_report_of_its_year(sample, client):
    assert 'href="/report/2019/?as_of=2019-06-30"' in client.get("/?as_of=2019-06-30").content.decode()


def brief(client, address: str):
    return client.get(address).context["brief"]


def test_the_brief_states_key_figures_with_year_target_and_change(scope, client):
    rows = {row[0]: row[1:] for row in brief(client, f"/brief/?as_of={LAST_DAY}").table.rows}
    with override("zh-hans"):
        rows = {name: [close_up(cell) for cell in row] for name, row in rows.items()}
    assert rows["示范点"] == ["2021-12-31", "445个", "—", "+83个"]
    assert rows["精品率"] == ["2021-12-31", "35.06%", "35%\n+0.06个百分点", "+8.54个百分点"]
    assert rows["集体经济收入达标村占比"][0] == "2021年"


@pytest.mark.parametrize("area", ["", DAQI])
def test_the_brief_fits_on_one_page(area, scope, font, client):
    file = client.get(f"/brief.pdf?as_of={LAST_DAY}&area={area}")
    assert len(pypdf.PdfReader(BytesIO(file.content)).pages) == 1
    name = f"brief-{area or '130207'}-2021-12-31.pdf"
    assert file["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.processes
def test_libreoffice_sets_the_brief_on_one_page(scope, client, office):
    files = [client.get(f"/brief.docx?as_of={LAST_DAY}&area={area}").content for area in ("", DAQI)]
    files.append(client.get("/brief.docx").content)
    assert [len(pypdf.PdfReader(BytesIO(file)).pages) for file in office("pdf", *files)] == [1, 1, 1]


@pytest.mark.parametrize("ending", ["docx", "pdf"])
def test_two_briefs_of_one_day_are_the_same_file(ending, scope, font, client):
    first, second = (client.get(f"/brief.{ending}?as_of={LAST_DAY}").content for _time in range(2))
    assert first == second


def test_dashboard_township_and_report_lead_to_the_brief(sample, client):
    assert 'href="/brief/?as_of=2021-12-31"' in client.get(f"/?as_of={LAST_DAY}").content.decode()
    assert f'href="/brief/?area={DAQI}"' in client.get(f"/townships/{DAQI}/").content.decode()
    assert 'href="/brief/?as_of=2021-12-31"' in client.get(f"{YEAR}/").content.decode()


def test_a_brief_of_a_day_without_reports_says_not_reported(scope, client):
    rows = {row[0]: row[1:3] for row in brief(client, "/brief/?as_of=2010-01-01").table.rows}
    assert rows["集体经济收入达标村占比"] == ("—", "尚未填报")
