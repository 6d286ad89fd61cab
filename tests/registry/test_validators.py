"""What people type and paste, and what is made of it; each refusal is told by its code."""

from decimal import Decimal

import pytest
from django.utils import translation

from registry.fields.points import BY_NAME, FIELDS, SECTIONS
from registry.models import CoordinateSystem, Level
from registry.text.validators import (
    SENTENCES,
    Invalid,
    choice,
    clean,
    line,
    masked,
    number,
    phone,
    position,
    prose,
    storable,
    whole,
    without_numbers,
)

RARE = "\U00020000"  # a character outside the first plane, as rare names have


def refusal(read, text: str) -> str:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert str(refused.value)  # the sentence takes its details
    return refused.value.code


@pytest.mark.parametrize("invisible", ["\u200b", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad"])
def test_what_cannot_be_seen_is_dropped(invisible):
    assert clean(f"孔家{invisible}庄") == "孔家庄"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\u202a", "\u202e", "\u2066", "\ud800", "\ufffd"])
def test_control_and_direction_characters_are_refused(character):
    assert refusal(line(80), f"孔家庄{character}") == "control"
    assert refusal(prose(80), f"孔家庄{character}") == "control"
    assert refusal(number("0", "9"), f"3{character}") == "control"


def test_a_text_no_database_keeps_is_stored_with_a_sign_and_refused_later():
    assert storable("甲\x00乙\ud800") == "甲\ufffd乙\ufffd"
    assert refusal(line(80), storable("甲\x00乙")) == "control"


def test_line_ends_are_stored_as_one_character():
    assert storable("甲\r\n乙\r丙\n丁") == "甲\n乙\n丙\n丁"


@pytest.mark.parametrize("typed", ["孔 家庄", "\u3000孔家庄 ", "孔\t家\n庄", f"{RARE} 庄"])
def test_between_chinese_characters_there_is_no_space(typed):
    assert " " not in line(80)(typed)


def test_other_white_space_in_a_line_becomes_one_space():
    assert line(80)("Party\u3000 \u00a0branch\n 2") == "Party branch 2"


def test_a_composed_and_a_decomposed_letter_are_the_same_name():
    assert line(80)("Cafe\u0301") == line(80)("Caf\u00e9")


def test_a_rare_character_counts_as_one():
    assert line(4, least=4)(RARE * 4) == RARE * 4
    assert refusal(line(4), RARE * 5) == "too_long"


@pytest.mark.parametrize(("text", "code"), [("三个字", "too_short"), ("五个字的名", "too_long")])
def test_a_line_has_its_bounds(text, code):
    assert refusal(line(4, least=4), text) == code


def test_an_empty_line_is_not_too_short():
    assert line(80, least=4)(" \u3000") == ""


def test_prose_keeps_its_lines():
    assert prose(80)("第一行\r\n\r\n第二行\n") == "第一行\n\n第二行"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("120", "120"), ("120.50", "120.50"), ("\uff11\uff12\uff10", "120"), ("\uff13\uff15\uff0e\uff15", "35.5"),
        (" 1 200 ", "1200"), ("1,200", "1200"), ("1\uff0c200.5", "1200.5"), ("+7", "7"), (".5", "0.5"), ("0", "0"),
        ("120平方米", "120"), ("120㎡", "120"), ("120 m²", "120"), ("120 m2", "120"), ("120平", "120"),
        ("约120", "120"), ("约120平米", "120"), ("120余平方米", "120"), ("１２０㎡左右", "120"),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_written(text, value):
    assert number("0", "9999", unit="m²")(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("120亩地", "unit_in_number"), ("120公顷", "unit_in_number"), ("1.2亩", "area_in_mu"),
        ("1.2万", "unit_in_number"), ("一百二十", "not_a_number"), ("3,5", "not_a_number"), ("12,34", "not_a_number"),
        ("1.2.3", "not_a_number"), ("--3", "not_a_number"), ("NaN", "not_a_number"), ("-1", "too_small"),
        ("10000", "too_large"), ("1.234", "decimals"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_its_reason(text, code):
    assert refusal(number("0", "9999", unit="m²"), text) == code


def test_the_bounds_of_a_number_belong_to_it():
    assert [number("0", "100")(text) for text in ("0", "100")] == [0, 100]


def test_zeros_behind_the_point_are_no_decimals():
    assert number("0", "100", decimals=1)("95.500") == Decimal("95.5")


def test_a_whole_number_has_no_part():
    assert whole(0, 99)("36.0") == 36
    assert refusal(whole(0, 99), "36.5") == "not_whole"


@pytest.mark.parametrize("read", [number("0", "9"), whole(0, 9), position])
def test_nothing_typed_is_no_value_rather_than_nought(read):
    assert read(" \u3000\u200b") is None


def test_a_choice_is_given_as_value_or_in_words():
    with translation.override("zh-hans"):
        assert [choice(Level)(text) for text in ("district", "区级", " 区级 ", "")] == ["district"] * 3 + [""]
        assert refusal(choice(Level), "村级") == "not_a_choice"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800000000", "13800000000"), ("138 0000 0000", "13800000000"), ("138-0000-0000", "13800000000"),
        ("+86 13800000000", "13800000000"), ("\uff11\uff13\uff18\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10",
        "13800000000"), ("03158123456", "0315-8123456"), ("(0315)8123456", "0315-8123456"),
        ("0315—8123456", "0315-8123456"), ("01012345678", "010-12345678"), ("8123456", "8123456"), ("", ""),
    ],
)  # fmt: skip
def test_a_telephone_number_is_kept_in_one_form(text, expected):
    assert phone(text) == expected


@pytest.mark.parametrize("text", ["12345678901", "1380000000", "138000000000", "无", "0315", "a13800000000"])
def test_what_is_no_telephone_number_is_refused(text):
    assert refusal(phone, text) == "not_a_phone"


@pytest.mark.parametrize("text", ["1.38E+10", "1.38e10"])
def test_a_telephone_number_that_a_spreadsheet_spoilt_is_told_apart(text):
    assert refusal(phone, text) == "broken_phone"


def test_a_masked_number_shows_neither_middle_nor_a_short_one():
    assert [masked(number) for number in ("13812345678", "81234", "")] == ["138****5678", "****", ""]


@pytest.mark.parametrize(
    "hidden", ["13812345678", "138 1234 5678", "\uff113812345678", "0315-8123456", "13020719900101123X"]
)
def test_telephone_and_identity_numbers_are_hidden_in_a_text(hidden):
    assert without_numbers(f"请打{hidden}找我") == "请打****找我"


def test_other_numbers_in_a_text_stay():
    assert without_numbers("流转土地1200亩,2021年12月31日,FN-0001") == "流转土地1200亩,2021年12月31日,FN-0001"


@pytest.mark.parametrize(
    "text",
    [
        "118.0863, 39.5762", "39.5762, 118.0863", "118.0863 39.5762", "118.0863\uff0c39.5762",
        "\uff11\uff11\uff18.0863,39.5762", "经度118.0863;纬度39.5762",
    ],
)  # fmt: skip
def test_a_position_is_read_in_either_order(text):
    assert position(text) == (118.0863, 39.5762)


@pytest.mark.parametrize("text", ["118°5′11″, 39°34′34″", "39°34'34\" 118°5'11\"", "东经118度5分11秒,北纬39度34分34秒"])
def test_degrees_minutes_and_seconds_are_read_too(text):
    assert position(text) == (118.086389, 39.576111)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("118.0863", "not_a_position"), ("118, 39, 7", "not_a_position"), ("村口大槐树下", "not_a_position"),
        ("2.35, 48.86", "not_in_china"), ("118.0863, 139.5762", "not_in_china"), ("0, 0", "not_in_china"),
    ],
)  # fmt: skip
def test_what_is_no_position_here_is_refused(text, code):
    assert refusal(position, text) == code


def test_every_field_lies_in_a_section_and_is_asked_once():
    assert {field.section for field in FIELDS} <= SECTIONS.keys()
    assert len(BY_NAME) == len(FIELDS)


def test_a_default_is_a_value_the_field_takes():
    assert {field.name: field.read(field.default) for field in FIELDS if field.default} == {
        "applied_level": Level.DISTRICT, "coordinate_system": CoordinateSystem.CGCS2000
    }  # fmt: skip


@pytest.mark.parametrize("name", ["venue_area", "member_count", "self_score", "secretary", "highlights"])
def test_a_value_shown_again_reads_as_the_same_value(name):
    field = BY_NAME[name]
    value = field.read("10")
    assert field.read(field.text(value)) == value


def test_only_the_telephone_is_personal():
    assert [field.name for field in FIELDS if field.personal] == ["phone"]


@pytest.mark.parametrize("code", SENTENCES)
def test_every_refusal_has_a_sentence_in_chinese(code):
    with translation.override("zh-hans"):
        assert translation.gettext(SENTENCES[code]) != SENTENCES[code]
