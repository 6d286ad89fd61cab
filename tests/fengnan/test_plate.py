"""The plate of a site and its QR code."""

from datetime import date
from io import BytesIO

import pytest
import segno
from django.test.utils import override_script_prefix

from tests.factories import make_named_point, make_period, make_point


def code_of(address: str) -> bytes:
    image = BytesIO()
    segno.make(address, error="m", micro=False).save(image, kind="svg", scale=4, border=2)
    return image.getvalue()


def test_a_named_site_has_a_plate_with_its_paper_and_its_address(client, sample):
    page = client.get("/points/FN-0006/plate/").content.decode()
    for words in ("正元管业党建示范点", "市级 · 精品", "丰组字〔2017〕示12号", "2016年6月28日", "正元管业党支部"):
        assert words in page
    assert "http://testserver/points/FN-0006/" in page
    assert 'src="/points/FN-0006/qr.svg"' in page


def test_a_made_up_site_says_so_on_its_plate(client, sample):
    point = make_named_point(illustrative=True)
    assert "made-up" in client.get(f"/points/{point.code}/plate/").content.decode().partition("<main")[2]


def test_only_a_site_that_is_named_on_the_day_has_a_plate(client, sample, administrator):
    draft, withdrawn = make_point(), make_named_point(date(2021, 1, 1), date(2021, 6, 1))
    make_period(draft, date(2021, 1, 1), status="submitted", document_no="")
    make_period(withdrawn, date(2021, 6, 1), status="withdrawn")
    client.force_login(administrator)
    cases = (draft.code, ""), (withdrawn.code, ""), (withdrawn.code, "?as_of=2021-05-31"), ("FN-9999", "")
    answers = [client.get(f"/points/{code}/plate/{query}").status_code for code, query in cases]
    assert answers == [404, 404, 200, 404]


def test_the_point_page_leads_to_the_plate_and_prints_the_code(client, sample):
    page = client.get("/points/FN-0006/").content.decode()
    assert 'href="/points/FN-0006/plate/"' in page
    assert 'src="/points/FN-0006/qr.svg"' in page


@pytest.mark.parametrize("prefix", ["", "/showcase"])
def test_the_code_holds_the_public_address_of_the_site(client, sample, prefix):
    with override_script_prefix(f"{prefix}/"):
        answer = client.get("/points/FN-0006/qr.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content == code_of(f"http://testserver{prefix}/points/FN-0006/")


def test_a_site_nobody_may_see_has_no_code(client, sample, administrator):
    client.force_login(administrator)
    assert client.get(f"/points/{make_point().code}/qr.svg").status_code == 404
