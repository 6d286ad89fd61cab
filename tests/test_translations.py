"""Every word people read has its Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import override
from django.utils.translation.template import templatize

from registry.models import User

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MARKS = {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy",
}  # fmt: skip
CALL = r"""\b(?:n?gettext|_)\((u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")"""


def strings_in(source: str) -> Iterator[tuple[str, str]]:
    """What a Python source marks for translation: (context, text) of each call of a marking function."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MARKS:
            continue
        has_context = node.func.id.startswith("pgettext")
        if isinstance(node.args[0], ast.Constant):
            yield (node.args[0].value, node.args[1].value) if has_context else ("", node.args[0].value)


def strings_of_template(source: str) -> Iterator[tuple[str, str]]:
    """What a template marks for translation: Django turns it into a program that xgettext would read."""
    for text in re.findall(CALL, templatize(source)):
        yield "", ast.literal_eval(text)


def marked() -> dict[tuple[str, str], str]:
    """(context, text) of all that is marked for translation, and a file it stands in."""
    places = {}
    for app in ("registry", "assessment", "fengnan"):
        for path in (ROOT / app).rglob("*.py"):
            places |= dict.fromkeys(strings_in(path.read_text(encoding="utf-8")), str(path.relative_to(ROOT)))
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        places |= dict.fromkeys(strings_of_template(source), str(path.relative_to(ROOT)))
    return places


def test_everything_marked_for_translation_is_in_the_chinese_catalogue():
    entries = {(entry.msgctxt or "", entry.msgid) for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete}
    assert {text: where for text, where in marked().items() if text not in entries} == {}


def test_the_texts_of_templates_and_programs_are_found():
    template = (
        "{% translate 'One' %}{% blocktranslate count n=1 %}Two{% plural %}Twos{% endblocktranslate %}{{ _('3') }}"
    )
    assert list(strings_of_template(template)) == [("", "One"), ("", "Two"), ("", "3")]
    assert list(strings_in("_('One'); ngettext('Two', 'Twos', n); pgettext('which', 'Three'); other('Four')")) == [
        ("", "One"), ("", "Two"), ("which", "Three"),
    ]  # fmt: skip


def test_the_chinese_catalogue_is_whole():
    entries = [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]
    assert [entry.msgid for entry in entries if not entry.translated() or entry.fuzzy] == []


def test_a_translation_keeps_the_places_for_values():
    for entry in polib.pofile(str(CATALOGUE)):
        if "python-format" in entry.flags and not entry.msgid_plural:
            assert sorted(part.split(")")[0] for part in entry.msgid.split("%(")[1:]) == sorted(
                part.split(")")[0] for part in entry.msgstr.split("%(")[1:]
            ), entry.msgid


def chinese() -> Iterator[str]:
    for path in (ROOT / "locale").rglob("*.po"):
        for entry in polib.pofile(str(path)):
            yield from [entry.msgstr, *entry.msgstr_plural.values()] if not entry.obsolete else []


def test_chinese_texts_are_punctuated_in_full_width():
    half = re.compile(r"[\u4e00-\u9fff”）》][,;:?!](?!\d)|[,;:?!]\s?[\u4e00-\u9fff“《]|\([^()]*[\u4e00-\u9fff][^()]*\)")
    texts = (re.sub(r"%\(\w+\)s|\{\w*\}", "x", re.sub(r"<[^>]*>", "", text)) for text in chinese())
    assert [text for text in texts if half.search(text)] == []


def test_chinese_texts_address_people_politely():
    assert [text for text in chinese() if "你" in text] == []


def test_the_words_of_django_itself_are_ours():
    with override("zh-hans"), pytest.raises(ValidationError) as refusal:
        validate_password("short", User(username="somebody"))
    assert refusal.value.messages == ["密码太短，至少 10 个字符。"]
    with override("zh-hans"):
        assert AuthenticationForm.error_messages["invalid_login"] == "用户名或密码不正确，请重新输入（区分大小写）。"
