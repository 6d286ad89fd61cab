"""Pinyin is that of the library, whose phrases are read in less memory."""

import json
from pathlib import Path

import pypinyin
import pytest

from registry.text.pinyin import read_phrases, syllables_of


def test_the_phrases_are_those_of_the_library():
    file = Path(pypinyin.__file__).with_name("phrases_dict.json")
    assert read_phrases(file) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "syllables"),
    [("重庆银行", ["chong", "qing", "yin", "hang"]), ("重量行走", ["zhong", "liang", "xing", "zou"])],
)
def test_a_character_of_several_readings_is_spelt_as_its_word_asks(text, syllables):
    assert syllables_of(text) == syllables
