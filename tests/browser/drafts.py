"""What the tests of the form need of a draft on a phone."""

from playwright.sync_api import expect

SECTIONS = {
    "place": ["name"],
    "organisation": ["secretary", "phone", "member_count"],
    "venue": ["venue_area", "highlights", "self_score"],
    "position": ["position"],
}
SAYS_SAVED = """() => {
    const said = document.getElementById("saved");
    return said.textContent.trim().startsWith("已保存") && !said.classList.contains("trouble");
}"""


def says_saved(page) -> None:
    """Waits for it. A predicate of our own would be evaluated in the page, which its security policy forbids."""
    expect(page.locator("#saved:not(.trouble)")).to_contain_text("已保存")


def begin(page, place: str) -> str:
    """Begins a point at `place`; returns the address of its draft."""
    page.goto(page.url.split("/desk/")[0] + "/desk/points/new/")
    page.locator("#place label", has_text=place).first.click()
    page.click("button.primary")
    page.wait_for_load_state("load")
    another = page.locator("button[name=then][value=another]")  # somebody is filling in a point there already
    if "/desk/drafts/" not in page.url and another.count():
        another.click()
    page.wait_for_url("**/desk/drafts/**")
    return "/desk/" + page.url.split("/desk/")[1]


def open_fields(page) -> None:
    """Facts that are known are folded away until somebody changes them."""
    page.locator("details.held").evaluate_all("folded => folded.forEach((fact) => { fact.open = true })")


def values_of(page, section: str) -> dict[str, str]:
    fields = {name: page.locator(f"#f-{name}") for name in SECTIONS[section]}
    return {name: field.input_value() for name, field in fields.items() if field.count()}
