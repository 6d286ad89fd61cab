"""A served registry and a Chromium to look at it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, ended, prepare, serve
from tools.servers import chromium_program

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
PASSWORD = "look at every screen"
SHOTS = Path(os.environ["SHOTS"]) if os.environ.get("SHOTS") else None


def environment(folder: Path) -> dict[str, str]:
    """The portal as `make run` serves it, on SQLite, with its data in `folder`."""
    return {
        "SECRET_KEY": "only-for-this-test-" + "x" * 40, "DATA_DIR": str(folder), "DEMO": "1", "DEMO_PASSWORD": PASSWORD,
        "PATH": os.environ["PATH"],
    }  # fmt: skip


def portal(folder: Path) -> Iterator[str]:
    """A served portal with the sample data."""
    prepare(environment(folder))
    process, address = serve(environment(folder))
    yield address
    ended(process)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    yield from portal(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        yield browser
        browser.close()


def sign_in(page, name: str) -> None:
    """Signs `name` in on the page of signing in, which is open."""
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/accounts/login/" not in address)


class Screen:
    """A window of one width. Collects what the page complains of; a test ends with none of it."""

    def __init__(self, chromium, site: str, width: int, height: int = 900):
        self.site = site
        self.page = chromium.new_page(viewport={"width": width, "height": height})
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("request", self._insist_on_own)

    def _insist_on_own(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def open(self, path: str):
        self.page.goto(self.site + path, wait_until="load")
        self.page.wait_for_timeout(150)  # for what scripts draw
        if SHOTS:
            name = path.strip("/").replace("/", "_").replace("?", "_") or "dashboard"
            self.page.screenshot(path=SHOTS / f"{name}-{self.page.viewport_size['width']}.png", full_page=True)
        return self.page

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def faults(self) -> list[str]:
        """Serious and critical findings of axe-core."""
        self.page.evaluate((ROOT / "static" / "vendor" / "axe.min.js").read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']}: {rule['nodes'][0]['html'][:160]}"
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def screen(chromium, site):
    """Makes windows: `screen(390)`."""
    opened: list[Screen] = []

    def make(width: int = 1440, height: int = 900) -> Screen:
        opened.append(Screen(chromium, site, width, height))
        return opened[-1]

    yield make
    complaints = [complaint for window in opened for complaint in window.complaints]
    for window in opened:
        window.page.close()
    assert complaints == []
