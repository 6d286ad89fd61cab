"""Whatever the desk of an account links opens for it, and so does what those pages link: one page of each kind."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import resolve

from registry.models import Role
from tests.conftest import close_answer

pytestmark = pytest.mark.access

DESK = "/desk/"
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)')
NOT_FOLLOWED = ("/media/", "/static/", "/en/")


def links_of(page: str, address: str) -> list[str]:
    """The addresses a page links within the portal."""
    links = dict.fromkeys(urljoin(address, unescape(link)) for link in LINK.findall(page))
    return [link for link in links if link.startswith("/") and not link.startswith(NOT_FOLLOWED)]


def kind_of(link: str) -> tuple[str, str]:
    """The view of a link, and the kind of record it shows."""
    match = resolve(urlsplit(link).path)
    return match.route, match.kwargs.get("kind", "")


@pytest.mark.parametrize("role", [Role.LEADER, Role.CLERK, Role.HEAD, Role.REVIEWER])
def test_everything_that_the_desk_and_its_pages_link_opens(role, stage, client, db):
    client.force_login(stage.cast[role])
    linked_from = {DESK: ""}
    followed: set[tuple[str, str]] = set()
    level, dead = [DESK], []
    for _level in range(3):
        following = []
        for address in level:
            answer = client.get(address)
            if answer.status_code >= 400:
                dead.append(f"{answer.status_code} {address} linked from {linked_from[address]}")
            is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
            for link in links_of(answer.content.decode(), address) if is_page else ():
                kind = kind_of(link)
                if link not in linked_from and (address == DESK or kind not in followed):
                    linked_from[link] = address
                    followed.add(kind)
                    following.append(link)
            close_answer(answer)
        level = following
    print(f"\n{len(linked_from)} pages")
    assert len(linked_from) > 30
    assert dead == []
