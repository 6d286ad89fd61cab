"""A served registry and a Chromium to look at it."""

from collections.abc import Iterator

import pytest

from tests.browser.portals import Portal, prepare_signed_in, serve_copy
from tests.browser.screens import DESK, FLAGS, PHONE, Person, Screen, new_context, sign_in
from tools.servers import chromium_program


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Portal:
    """What portals are copied from."""
    return prepare_signed_in(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def portal(prepared, tmp_path_factory) -> Iterator[Portal]:
    """The portal of all tests that change nothing; a file whose tests do takes `own_portal` in its place."""
    yield from serve_copy(prepared, tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="module")
def own_portal(prepared, tmp_path_factory) -> Iterator[Portal]:
    """A portal of a file's own."""
    yield from serve_copy(prepared, tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def screen(chromium, portal):
    """Makes windows: `screen(PHONE, "clerk")`."""
    opened: list[Screen] = []

    def make(size: tuple[int, int] = DESK, account: str = "") -> Screen:
        opened.append(Screen(chromium, portal, size, account))
        return opened[-1]

    yield make
    complaints = [complaint for window in opened for complaint in window.complaints]
    for window in opened:
        window.page.context.close()
    assert complaints == []


@pytest.fixture
def person(screen):
    """Makes people at their desk pages: `person("clerk")` with a phone, unless another size is given."""
    return lambda account, size=PHONE: Person(screen(size, account))


@pytest.fixture
def phone(chromium, portal):
    """Makes the clerk's phones, each with a window at an address: `phone("/desk/")`. Other than a person's window, one
    may be closed half way and may lack scripts."""
    contexts = []

    def make(path: str = "/desk/", types_password: bool = False, **options):
        contexts.append(new_context(chromium, portal, "" if types_password else "clerk", **options))
        page = contexts[-1].new_page()
        page.goto(portal.address + path)
        if types_password:
            sign_in(page, "clerk")
        return page

    yield make
    for context in contexts:
        context.close()
