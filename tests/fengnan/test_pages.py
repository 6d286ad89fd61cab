"""The public pages: all there, in both languages, of any day, within their number of queries."""

import json
import os
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.figures import FIGURES
from registry.kinds import KINDS
from registry.models import Parameter, StatusPeriod
from registry.models.generation import UNWATCHED
from tests.conftest import DAQI

LISTS = [f"/{slug}/" for slug, kind in KINDS.items() if not kind.redacted]
RECORDS = [
    "/points/FN-0001/", "/belts/B-01/", "/belts/B-16/", "/zones/Z-01/", "/zones/Z-DEV/", "/townships/130207114/",
    "/consortia/C-01/", "/routes/R-01/", "/projects/SP-2021-01/", "/honours/H-001/", "/villages/130207108216/",
    "/organisations/O-130207001008/", "/donations/D-001/", "/teaching-sites/TS-01/", "/standards/ST-01/",
    "/special-actions/SA-01/", "/special-actions/SA-03/", "/attachments/SR-0001/", "/elections/VE-130207108216-2021/",
    "/policy-documents/PD-001/", "/policy-documents/PD-004/", "/schemes/SC-2021-02/",
]  # fmt: skip
FIGURE_PAGES = [f"/figures/{slug}/" for slug in FIGURES]
SIGN_IN = "/accounts/login/"
SITE = [
    "/",
    "/wall/",
    "/figures/",
    "/map/",
    "/map/?view=coordinates",
    "/search/?q=kjz",
    "/report/",
    "/report/2021/",
    "/brief/",
    "/guarantee/",
    SIGN_IN,
]
PAGES = [*SITE, *FIGURE_PAGES, *LISTS, *RECORDS]
COUNTS = Path(__file__).with_name("query_counts.json")


class Words(HTMLParser):
    """The words a reader sees, without scripts, codes and marked foreign text."""

    def __init__(self):
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag, attributes):
        if tag in {"script", "style", "code", "option", "input"} and tag != "input":
            self.hidden += 1

    def handle_endtag(self, tag):
        if tag in {"script", "style", "code", "option"}:
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def words_of(page: str) -> str:
    parser = Words()
    parser.feed(page)
    return " ".join(parser.parts)


def read(client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200, page
    return answer.content.decode()


ALLOWED = {
    "english", "json", "xlsx", "csv", "https", "http", "testserver", "figures", "area", "as_of", "api", "apache",
    "echarts", "leaflet", "htmx", "github", "geojson", "docs", "points", "wgs", "map", "search", "kjz", "kongjiazhuang",
    "docx",
}  # fmt: skip


def english_words(page: str) -> set[str]:
    """English words a reader of a Chinese page would see, without addresses, codes and slugs."""
    codes = r"\b[A-Z]{1,4}-[\w-]+"
    words = re.sub(rf"https?://\S+|/api/\S+|[\w-]+\.[a-z]{{2,}}|{codes}", " ", words_of(page))
    english = {word.lower() for word in re.findall(r"[A-Za-z]{4,}", words)} - ALLOWED
    return english - {word for slug in FIGURES for word in slug.split("-")}


def foreign_addresses(page: str) -> list[str]:
    return re.findall(r'(?:src|href)="(?:https?:)?//(?!testserver)', page.replace('xmlns="http://', ""))


def inline_code(page: str) -> list[str]:
    scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
    return scripts + re.findall(r"<[^>]+\s(?:style|on\w+)=", page)


def read_unwatched(queries: CaptureQueriesContext) -> set[str]:
    """Tables that were read and whose writes leave public pages in memory. But for events and who did them, of which
    the public sees no more than the record they are about; the counts that follow the points; the pairs that follow
    the entries of the search; and drafts, asked of photos without a site, which no page shows."""
    follow = {"registry_event", "registry_user", "registry_draft", "registry_pointtally", "registry_searchpair"}
    tables = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"] or "")}
    return (tables & UNWATCHED) - follow


def allowed_queries(path: str, count: int) -> int:
    """The recorded number. `RECORD=1` writes the numbers anew; look at the difference before committing it."""
    recorded = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    if os.environ.get("RECORD"):
        recorded[path] = count
        COUNTS.write_text(json.dumps(dict(sorted(recorded.items())), indent=1) + "\n")
    return recorded[path]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_what_every_page_promises(path, sample, client):
    english = read(client, f"/en{path}")
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    chinese = answer.content.decode()
    broken = {
        "there, and in Chinese": [] if '<html lang="zh-hans"' in chinese.lower() else chinese[:200],
        "there in English": [] if '<html lang="en"' in english.lower() else english[:200],
        "no English words in Chinese": english_words(chinese),
        "within its number of queries": max(len(queries) - allowed_queries(path, len(queries)), 0),
        "made anew when what it reads is written": read_unwatched(queries),
        "at most 60 KiB for a list": len(answer.content) // (60 * 1024 + 1) if path in LISTS else 0,
        "no cookie for the public": [] if path == SIGN_IN else list(answer.cookies),
        "nothing from elsewhere": foreign_addresses(chinese),
        "no inline script or style": inline_code(chinese),
        "scripts of its own only": [] if "script-src 'self'" in answer["Content-Security-Policy"] else answer.headers,
    }
    assert {rule: fault for rule, fault in broken.items() if fault} == {}


def test_the_recorded_numbers_keep_the_promises():
    recorded = json.loads(COUNTS.read_text())
    assert recorded["/"] <= 15 and recorded["/wall/"] <= 15
    assert {page: recorded[page] for page in LISTS if recorded[page] > 8} == {}


@pytest.mark.parametrize("path", ["/", "/points/", "/figures/points/"])
def test_an_unchanged_page_is_not_sent_again(path, sample, client):
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_changed_row_changes_the_page(sample, client):
    first = client.get("/")
    StatusPeriod.objects.filter(status="named", valid_to=None).order_by("pk").first().delete()
    again = client.get("/", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 200
    assert "444" in again.content.decode()


class Links(HTMLParser):
    """(address, text) of each link of a page."""

    def __init__(self):
        super().__init__()
        self.parts: list[list[str]] = []
        self.open = False

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.parts.append([dict(attributes).get("href", ""), ""])
            self.open = True

    def handle_endtag(self, tag):
        if tag == "a":
            self.open = False

    def handle_data(self, data):
        if self.open:
            self.parts[-1][1] += data


def linked_figures(client, path: str) -> set[str]:
    parser = Links()
    parser.feed(read(client, path))
    return {
        address.split("/figures/")[1].split("/")[0] for address, _text in parser.parts if "/figures/" in address
    } - {""}


def test_the_language_is_switched_and_stays_on_the_page(sample, client):
    chinese = "/figures/points/?as_of=2019-12-31"
    english = link_called(client, chinese, "English")
    assert english == f"/en{chinese}"
    assert "Demonstration points" in read(client, english)
    assert link_called(client, english, "简体中文") == chinese


def link_called(client, page: str, name: str) -> str:
    parser = Links()
    parser.feed(read(client, page))
    [address] = [address for address, text in parser.parts if text == name]
    return address


def test_the_search_of_every_page_finds_a_village_by_initials(sample, client):
    assert 'action="/search/"' in read(client, "/")
    assert "孔家庄" in words_of(read(client, "/search/?q=kjz"))


@pytest.mark.parametrize("path", ["/", "/?as_of=2019-12-31", "/?area=130207106"])
def test_every_figure_of_the_dashboard_is_a_link_to_its_rows(path, sample, client):
    answers = client.get(path).context["answers"]
    assert {slug for slug, answer in answers.items() if answer.value} <= linked_figures(client, path)


def test_the_wall_shows_no_number_that_the_dashboard_does_not(sample, client):
    wall = linked_figures(client, "/wall/")
    assert wall and wall <= linked_figures(client, "/")


def test_the_years_of_a_chart_have_the_target_of_their_own_day(sample, client):
    rule = Parameter.objects.unscoped("a test changes it").get(rule="premium-rate-target")
    Parameter.objects.unscoped("a test ends it").filter(pk=rule.pk).update(valid_to=date(2020, 1, 1))
    values = {"name": rule.name, "unit": rule.unit, "illustrative": True}
    Parameter.objects.create(code="P-NEW", rule=rule.rule, value=40, valid_from=date(2020, 1, 1), **values)
    answer = client.get("/figures/premium-rate/?as_of=2021-12-31")
    targets = {day.year: of_year.target for day, of_year in answer.context["series"]}
    assert (targets[2019], targets[2020], targets[2021]) == (35, 40, 40)
    drawn = re.findall(r'<tr data-target="(\d+)">', answer.content.decode())
    assert [int(target) for target in drawn] == [target for target in targets.values() if target is not None]


def test_breakdowns_whose_order_means_nothing_begin_with_the_largest(sample, client):
    breakdowns = client.get("/figures/points/?as_of=2021-12-31").context["breakdowns"]
    rows_of = {dimension.name: rows for dimension, rows in breakdowns}
    values = {name: [answer.value for *_, answer in rows] for name, rows in rows_of.items()}
    assert values["township"] == sorted(values["township"], reverse=True)
    assert values["field"] == sorted(values["field"], reverse=True)
    assert [key for key, *_ in rows_of["level"]] == ["national", "provincial", "municipal", "district"]
    assert [key for key, *_ in rows_of["year"]] == ["2016", "2017", "2018", "2019", "2020", "2021"]


@pytest.mark.parametrize("slug", [slug for slug, figure in FIGURES.items() if not figure.sums])
def test_a_figure_opens_as_many_rows_as_it_counts(slug, sample, client):
    context = client.get(f"/figures/{slug}/").context
    assert context["table"].count == context["answer"].part


@pytest.mark.parametrize(("day", "count"), [("2016-12-31", 48), ("2019-12-31", 275), ("2021-12-31", 445)])
def test_a_day_in_the_address_gives_the_state_of_that_day(day, count, sample, client):
    assert client.get(f"/?as_of={day}").context["answers"]["points"].value == count
    assert client.get(f"/points/?as_of={day}").context["table"].count == count


def test_links_of_a_page_keep_its_day_and_area(sample, client):
    parser = Links()
    parser.feed(read(client, "/?as_of=2019-12-31&area=130207106"))
    for address, _text in parser.parts:
        if "/figures/" in address and "/figures/?" not in address:
            days = re.findall(r"as_of=(\d{4}-\d\d-\d\d)", address)
            assert days and days[0] <= "2019-12-31" and "area=130207106" in address, address


def test_a_day_that_is_none_gets_a_page_that_says_so(sample, client):
    answer = client.get("/?as_of=2021-13-01")
    assert answer.status_code == 400
    assert "2021-13-01" in answer.content.decode()


@pytest.mark.parametrize("address", ["/no-such-kind/", "/points/NO-SUCH/", "/figures/no-such/", "/accountability/"])
def test_what_is_not_there_gets_a_page_that_says_so(address, sample, client):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "丰南" in answer.content.decode()


def test_talks_and_replacements_show_a_kind_and_a_year_only(sample, client):
    page = read(client, "/figures/interviews/")
    assert "示例人员" not in page and "党委" not in words_of(page)
    rows = client.get("/api/v1/figures/interviews/rows/").json()["results"]
    assert [set(row) for row in rows] == [{"kind", "year", "illustrative"}] * 5


@pytest.mark.parametrize("page", FIGURE_PAGES)
def test_the_page_of_a_figure_opens_for_a_township(page, sample, client):
    assert client.get(page, {"area": DAQI}).status_code == 200


def test_an_answer_for_programs_may_load_nothing(sample, client):
    for address in ("/api/v1/points/", "/api/v1/points/?format=geojson", "/api/v1/nothing/", "/api/v1/points/?x=1"):
        assert client.get(address)["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "script-src 'self'" in client.get("/api/v1/docs/")["Content-Security-Policy"]


def test_third_party_scripts_are_served_by_the_portal(sample, client):
    for name in ("vendor/echarts.common.min.js", "vendor/htmx.min.js", "vendor/leaflet.js"):
        assert finders.find(name), f"{name}: run `make setup`"
