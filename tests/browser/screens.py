"""Windows of Chromium, what is asked of every page in them, and the people who sit before them."""

import os
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.portals import PASSWORD, Portal
from tests.processes import ROOT

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
SHOTS = Path(os.environ["SHOTS"]) if os.environ.get("SHOTS") else None
PHONE, DESK = (390, 844), (1366, 768)
PATIENCE = 60_000  # milliseconds until something expected is missed; enough for a machine with much else to do
expect.set_options(timeout=PATIENCE)

# A chart is drawn by an observer of sizes, so at the next frame; maps and parts of pages come with answers.
DRAWN = """async (patience) => {
    const frame = () => new Promise(requestAnimationFrame);
    const unfinished = () => document.querySelector(".htmx-request, .htmx-settling, .map-wait, [aria-busy=true]")
        || [...document.querySelectorAll(".plot")].find((plot) => plot.clientWidth && !plot.querySelector("canvas"));
    const deadline = performance.now() + patience;
    for (;;) {
        await frame();
        await frame();
        const rest = unfinished();
        if (!rest) return;
        if (performance.now() > deadline) throw new Error(`not drawn: ${rest.outerHTML.slice(0, 200)}`);
    }
}"""
TOUCH = Path(__file__).with_name("touch.js").read_text(encoding="utf-8")
AXE = ROOT / ".venv" / "axe.min.js"
SERIOUS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(({impact}) => ["serious", "critical"].includes(impact))
    .map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 160)}`)"""


def sign_in(page, name: str) -> None:
    """Signs `name` in on the page of signing in, which is open."""
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/accounts/login/" not in address)


def new_context(chromium, portal: Portal, account: str = "", size: tuple[int, int] = PHONE, **options):
    """A device of its own, with one of the portal's accounts signed in if it is named."""
    width, height = size
    context = chromium.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(PATIENCE)
    if account:
        context.add_cookies([{"name": "sessionid", "value": portal.sessions[account], "url": portal.address}])
    return context


class Screen:
    """A window. Collects what its pages complain of; a test ends with none of it."""

    def __init__(self, chromium, portal: Portal, size: tuple[int, int] = DESK, account: str = ""):
        self.site = portal.address
        self.page = new_context(chromium, portal, account, size).new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("request", self._note_foreign_request)

    def _note_foreign_request(self, request):
        if not request.url.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def expect_complaint(self, text: str) -> None:
        """Takes back a complaint, which must be there: the answer to what a test gets wrong on purpose."""
        others = [complaint for complaint in self.complaints if text not in complaint]
        assert len(others) < len(self.complaints), self.complaints
        self.complaints[:] = others

    def open(self, path: str):
        self.page.goto(self.site + path, wait_until="load")
        self.wait_until_drawn()
        return self.page

    def wait_until_drawn(self) -> None:
        self.page.wait_for_load_state("load")
        self.page.evaluate(DRAWN, PATIENCE)

    def resize(self, size: tuple[int, int]) -> None:
        width, height = size
        self.page.set_viewport_size({"width": width, "height": height})

    def shoot(self, name: str) -> None:
        if SHOTS:
            width = self.page.viewport_size["width"]
            self.page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)

    def fits(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    def serious_faults(self) -> list[str]:
        """Serious and critical findings of axe-core."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        return self.page.evaluate(SERIOUS)

    def too_small(self) -> list[str]:
        """On a phone, what a finger cannot use."""
        is_phone = self.page.viewport_size["width"] == PHONE[0]
        return self.page.locator("body").evaluate(TOUCH) if is_phone else []

    def broken_rules(self) -> list[str]:
        """What is wrong with the page as it is now: it must fit the window, axe finds nothing serious, and on a phone a
        finger can use everything."""
        self.wait_until_drawn()
        return ([] if self.fits() else ["wider than the window"]) + self.too_small() + self.serious_faults()

    def visit(self, path: str, *sizes: tuple[int, int]) -> list[str]:
        """Opens a page once and names each rule it breaks at these sizes; what it complains of comes last."""
        self.resize(sizes[0])
        self.open(path)
        broken = []
        for size in sizes:
            self.resize(size)
            self.shoot(path.strip("/").replace("/", "_").replace("?", "_") or "dashboard")
            broken += [f"at {size[0]} pixels: {rule}" for rule in self.broken_rules()]
        broken += self.complaints
        self.complaints.clear()
        return broken

    def expect_sound_pages(self, paths: Iterable[str], *sizes: tuple[int, int]) -> None:
        """Visits each page; fails with a line for each rule that one breaks."""
        broken = [f"{path} {rule}" for path in paths for rule in self.visit(path, *sizes)]
        assert not broken, "\n".join(["", *broken])


class Person:
    """Somebody who is signed in. Counts what is typed and tapped."""

    def __init__(self, window: Screen):
        self.window, self.page = window, window.page
        self.typed: dict[str, str] = {}
        self.taps = 0
        window.open("/desk/")

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.taps += 1
        self.page.wait_for_load_state("load")

    def choose(self, address: str) -> None:
        """Opens a page of the desk by its menu."""
        self.tap(".desk-menu summary")
        self.tap(f".desk-menu a[href$='{address}']")

    def type(self, selector: str, text: str) -> None:
        assert selector not in self.typed, f"{selector} is asked twice"
        field = self.page.locator(selector)
        field.fill("")
        field.press_sequentially(text)
        self.typed[selector] = text

    def look(self, shot: str = "") -> None:
        """The page fits and has no serious fault; `shot` names a picture of it."""
        broken = self.window.broken_rules()
        assert broken == [], "\n".join([self.page.url, *broken])
        if shot:
            self.window.shoot(shot)

    def state(self) -> str:
        """The state of the record whose page is open."""
        return self.page.inner_text("main .tags li:first-child")

    def prove(self, *files) -> None:
        """Chooses files of proof, and waits until they are sent."""
        self.page.set_input_files("main [name=proof]", files)
        expect(self.page.locator("main .sending li", has_text="已上传")).to_have_count(len(files))

    def send(self, button: str = "main form button.primary") -> None:
        """Sends a form, which is accepted."""
        self.tap(button)
        assert self.page.locator("main .errors").all_inner_texts() == []
