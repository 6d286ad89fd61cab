"""The form of a point on a phone, cut off in every way: nothing that was typed is lost."""

import os
import random
import sqlite3
from collections import Counter
from contextlib import closing, nullcontext

import pytest

from tests.browser.drafts import SAYS_SAVED, SECTIONS, begin, open_fields, says_saved, values_of
from tests.browser.screens import sign_in
from tools.servers import chromium_program

pytestmark = pytest.mark.browser

CUTS = 50
PERSONAL = {"phone"}  # kept with the window alone: somebody else may use the phone later


@pytest.fixture(scope="module")
def portal(own_portal):
    """Here drafts are written and sessions deleted."""
    return own_portal


class Cut:
    """A way to be cut off. `before` comes while one is typing, `after` when one is back; what the phone holds is then
    saved, unless the phone itself is lost: then what the page had called saved is there."""

    keeps_phone, keeps_window, types_password = True, False, False

    def before(self, page, folder) -> None:
        pass

    def after(self, page, address: str):
        context = page.context
        page.close()
        context.set_offline(False)
        again = context.new_page()
        again.goto(address)
        return again


class WindowClosed(Cut):
    pass


class ConnectionLost(Cut):
    def before(self, page, folder) -> None:
        page.context.set_offline(True)


class PhoneLost(Cut):
    keeps_phone = False

    def after(self, page, address: str):
        page.context.set_offline(True)  # a window that closes would send the rest
        page.context.close()


class SessionEnded(Cut):
    keeps_window = True
    types_password = True  # else every phone's session would end with this one

    def before(self, page, folder) -> None:
        [cookie] = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]
        with closing(sqlite3.connect(folder / "registry.sqlite3", timeout=30)) as database, database:
            database.execute("DELETE FROM django_session WHERE session_key = ?", [cookie["value"]])

    def after(self, page, address: str):
        page.click("#saved a")
        page.wait_for_url("**/accounts/login/**")
        sign_in(page, "clerk")
        return page


SAMPLE = {WindowClosed: "organisation", ConnectionLost: "position", PhoneLost: "venue", SessionEnded: "place"}


def is_save(request) -> bool:
    return request.method == "POST" and "/desk/drafts/" in request.url


def type_until(page, texts: dict[str, str], chance: random.Random, cut: Cut, folder) -> tuple[dict, dict]:
    """Types `texts` key by key and stops anywhere; before the cut rests now and then until the text is on its way or is
    saved. Returns what was typed, and what of it the page had called saved."""
    keys = [(name, key) for name, text in texts.items() for key in text]
    stop = chance.randint(1, len(keys))
    cut_at = max(stop - chance.randint(1, 15), 0)
    typed: dict[str, str] = {}
    saved: dict[str, str] = {}
    for number, (name, key) in enumerate(keys[:stop]):
        if number == cut_at:
            cut.before(page, folder)
        rest = chance.choice(["none", "none", "none", "on its way", "saved"]) if number < cut_at else "none"
        field = page.locator(f"#f-{name}")
        if name not in typed:
            field.select_text()
        with page.expect_request(is_save) if rest == "on its way" else nullcontext():
            field.press_sequentially(key)
        typed[name] = typed.get(name, "") + key
        if rest == "saved":
            says_saved(page)
        if page.evaluate(SAYS_SAVED):
            saved = dict(typed)
    return typed, saved


def some_text(name: str, chance: random.Random) -> str:
    """Something that may stand in a field, or be refused there: both are kept."""
    letters = (
        "党建引领乡村振兴示范点四个维度·“”<&>'\"𠀀0123456789" if name in ("highlights", "name") else "0123456789.万"
    )
    return "".join(chance.choices(letters, k=chance.randint(4, 9)))


def lose_nothing(phone, portal, draft: str, cut: Cut, section: str, chance: random.Random) -> dict[str, str]:
    """Types into a section of the draft, is cut off, and finds the text again; returns what had been called saved."""
    address = f"{draft}{section}/"
    page = phone(address, types_password=cut.types_password)
    open_fields(page)
    before = values_of(page, section)
    texts = {name: some_text(name, chance) for name in before}
    typed, saved = type_until(page, texts, chance, cut, portal.folder)
    again = cut.after(page, portal.address + address)
    if again:
        says_saved(again)
    after = values_of(phone(address), section)
    for name, text in typed.items():
        is_safe = cut.keeps_phone and (cut.keeps_window or name not in PERSONAL)
        least = text if is_safe else saved.get(name, "")
        assert after[name].startswith(least), (cut, name, text, saved, after)
    return saved


def test_a_cut_of_each_kind_loses_nothing_that_was_typed(phone, portal):
    draft = begin(phone(), "大齐各庄")
    chance = random.Random(536)  # in which every cut comes after some keys, and texts were being saved and saved
    saved = {cut: lose_nothing(phone, portal, draft, cut(), section, chance) for cut, section in SAMPLE.items()}
    assert SAMPLE.keys() == {*Cut.__subclasses__()}
    assert saved[PhoneLost] != {}  # else there was nothing to lose


@pytest.mark.deep
@pytest.mark.skipif(not (os.environ.get("DEEP") and chromium_program()), reason="takes long: make test-deep")
def test_many_random_cuts_lose_nothing_that_was_typed(phone, portal):
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"\n{CUTS} cuts, SEED={seed}")
    chance = random.Random(seed)
    draft = begin(phone(), "大齐各庄")
    counts = Counter()
    for number in range(CUTS):
        cut, section = chance.choice(Cut.__subclasses__())(), chance.choice(list(SECTIONS))
        try:
            lose_nothing(phone, portal, draft, cut, section, chance)
        except Exception as error:
            error.add_note(f"cut {number} of SEED={seed}: {type(cut).__name__} in {section}")
            raise
        counts[type(cut).__name__] += 1
    print(dict(counts))
