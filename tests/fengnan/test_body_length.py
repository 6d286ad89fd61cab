"""A body without `Content-Length` (`Transfer-Encoding: chunked`) is refused. Django would take it as empty and answer a
lost change with 200. As in WSGI, such a request has no CONTENT_LENGTH."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import PartyOrganisation, Upload
from tests.api.sending import program
from tests.conftest import DAQI
from tests.factories import make_draft

CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}


def send_chunked(client: Client, method: str, address: str, body: bytes, content_type: str, **headers: str):
    return client.generic(method, address, body, content_type, headers=headers, **CHUNKED)


def test_a_change_sent_in_chunks_is_refused_and_said_to_be(sample, administrator):
    organisation = PartyOrganisation.objects.unscoped("test").in_area(DAQI).first()
    answer = send_chunked(
        Client(), "PATCH", f"/api/v1/organisations/{organisation.code}/", json.dumps({"name": "改名"}).encode(),
        "application/json", Authorization=f"Token {program(administrator).text}", **{"If-Match": "*"},
    )  # fmt: skip
    assert (answer.status_code, answer["Content-Type"]) == (411, "application/problem+json")
    assert answer.json()["type"] == "urn:showcase:problem:length-required"


@pytest.mark.parametrize("address", ["/api/v1/loads/", "/desk/loads/new/"])
def test_a_file_sent_in_chunks_is_refused(address, sample, clerk_daqi, client):
    client.force_login(clerk_daqi)
    part = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\na,b\r\n--x--\r\n'
    answer = send_chunked(client, "POST", address, part.encode(), "multipart/form-data; boundary=x")
    assert answer.status_code == 411


def test_a_part_of_a_photo_sent_in_chunks_is_refused_and_not_counted(sample, clerk_daqi, client):
    client.force_login(clerk_daqi)
    upload = Upload.objects.create(draft=make_draft(clerk_daqi), by=clerk_daqi, file_name="x.jpg", size=9)
    address = reverse("photo-part", args=[upload.draft.key, upload.key]) + "?offset=0"
    scripted = {"X-Autosave": "1"}
    answer = send_chunked(client, "POST", address, b"123", "application/octet-stream", **scripted)
    assert answer.status_code == 411
    assert "Content-Length" in answer.json()["error"]


def test_a_page_says_so_to_people(sample, client):
    answer = send_chunked(client, "POST", "/remarks/new/", b"text=x", "application/x-www-form-urlencoded")
    assert answer.status_code == 411
    assert "Content-Length" in answer.content.decode()
