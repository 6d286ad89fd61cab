"""Every word people read has its Chinese."""

from pathlib import Path

import polib

CATALOGUE = Path(__file__).resolve().parent.parent / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def test_the_chinese_catalogue_is_whole():
    entries = [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]
    assert [entry.msgid for entry in entries if not entry.translated() or entry.fuzzy] == []


def test_a_translation_keeps_the_places_for_values():
    for entry in polib.pofile(str(CATALOGUE)):
        if "python-format" in entry.flags and not entry.msgid_plural:
            assert sorted(part.split(")")[0] for part in entry.msgid.split("%(")[1:]) == sorted(
                part.split(")")[0] for part in entry.msgstr.split("%(")[1:]
            ), entry.msgid
