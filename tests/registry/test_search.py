"""Search by name, other name, pinyin and initials; only what is public is found."""

import pytest
from django.contrib.auth.models import AnonymousUser

from registry.actions.search import organisations_led_by
from registry.models import Event, PartyOrganisation, SearchEntry, SearchPair, events
from registry.text.spellings import normalized, spellings


def names_matching(text: str) -> set[str]:
    return set(SearchEntry.objects.matching(text).values_list("name", flat=True))


@pytest.mark.parametrize("text", ["孔家庄", "家庄村", "kongjiazhuang", "KongJiaZhuang", "kong jia zhuang", "kjz"])
def test_a_village_is_found_by_name_pinyin_and_initials(text, sample):
    assert "孔家庄村委会" in names_matching(text)


@pytest.mark.parametrize("text", ["孔家庄 唐坊", "唐坊 kjz", "　孔家庄　", "ＫＪＺ", "kong jia", "13020710821"])
def test_it_is_found_by_several_words_full_width_forms_and_a_part_of_its_number(text, sample):
    assert "孔家庄村委会" in names_matching(text)


def test_a_township_alone_does_not_bring_up_all_that_lies_in_it(sample):
    assert "孔家庄村委会" not in names_matching("唐坊") | names_matching("唐坊 镇")


@pytest.mark.parametrize("text", ["柳树酄镇", "柳树瞿阝镇", "柳树酄"])
def test_a_rare_character_is_found_as_one_and_as_two(text, sample):
    assert "柳树瞿阝镇" in names_matching(text)


def test_two_characters_are_enough(sample):
    assert "双坨村委会" in names_matching("双坨")


def test_a_township_is_found_by_the_name_people_use(sample):
    assert "大齐各庄镇" in names_matching("大齐镇")


def test_a_draft_is_not_found(sample):
    from registry.models import DemonstrationPoint

    drafts = DemonstrationPoint.objects.unscoped("test").filter(periods__status="draft").values_list("code", flat=True)
    assert drafts and not SearchEntry.objects.filter(kind="points", code__in=list(drafts)).exists()


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "\\", "' or 1=1 --"])
def test_signs_that_mean_something_to_a_database_find_nothing(text, sample):
    assert names_matching(text) == set()


def test_a_secretary_is_found_by_the_staff_of_the_area_alone_and_the_reading_is_logged(
    sample, clerk_tangfang, clerk_daqi, leader
):
    organisation = PartyOrganisation.objects.unscoped("test").filter(area__code__startswith="130207108").first()
    PartyOrganisation.objects.unscoped("test").filter(pk=organisation.pk).update(secretary="欧阳示意")
    assert organisations_led_by("欧阳", by=clerk_tangfang) == [organisation]
    assert Event.objects.filter(verb="read", actor=clerk_tangfang, code__contains=organisation.code).exists()
    for account in (clerk_daqi, leader, AnonymousUser()):
        assert organisations_led_by("欧阳", by=account) == []
    assert "欧阳示意" not in str(names_matching("欧阳"))


def test_each_name_in_the_index_is_found_by_any_two_of_its_neighbouring_characters(sample):
    entries = SearchEntry.objects.filter(kind="villages")[:5]
    for entry in entries:
        for place in range(len(entry.name) - 1):
            assert entry in SearchEntry.objects.matching(entry.name[place : place + 2])


def test_an_entry_that_goes_takes_its_pairs_along(sample):
    entries = SearchEntry.objects.filter(kind="brands")
    pairs = SearchPair.objects.filter(entry__in=list(entries.values_list("pk", flat=True)))
    assert pairs.exists()
    entries.drop()
    assert not pairs.exists()


def plain_rule(text: str) -> set[int]:
    """The entries that one word finds, by the rule itself, read entry by entry."""
    letters = text.replace("'", "").lower()

    def is_found(entry: SearchEntry) -> bool:
        if any(spelling in entry.names for spelling in spellings(text)):
            return True
        code, typed = entry.code.lower(), text.lower()
        has_digit = len(text) > 1 and any(sign.isdigit() for sign in text)
        return letters.isascii() and (
            letters in entry.pinyin
            or f" {entry.initials}".startswith(f" {letters}")
            or f" {letters}" in entry.initials
            or (typed in code if has_digit else typed == code)
        )

    return {entry.pk for entry in SearchEntry.objects.all() if is_found(entry)}


WORDS = [
    "孔",
    "会",
    "镇",
    "村",
    "孔家",
    "党建",
    "kjz",
    "kongjia",
    "jiazhuang",
    "k",
    "v",
    "12",
    "0012",
    "FN-00",
    "fn-0001",
]


@pytest.mark.parametrize("looked_up", [0, 2_000])
@pytest.mark.parametrize("word", [*WORDS, "ANG", "o'k", "酄"])
def test_a_word_finds_what_the_plain_rule_finds_however_many_hold_it(word, looked_up, sample, monkeypatch):
    monkeypatch.setattr(events, "MOST_LOOKED_UP", looked_up)
    found = SearchEntry.objects.matching(word).values_list("pk", flat=True)
    assert set(found) == plain_rule(normalized(word))


def test_each_character_of_a_name_begins_a_pair(sample):
    entry = SearchEntry.objects.filter(kind="villages").first()
    pairs = set(entry.pairs.values_list("pair", flat=True))
    assert {pair[0] for pair in pairs} == set(entry.names)
    assert entry.names[-1] in pairs


def test_what_few_names_hold_is_looked_up_and_what_many_hold_is_read(sample, monkeypatch):
    monkeypatch.setattr(events, "MOST_LOOKED_UP", 5)
    assert "searchpair" in str(SearchEntry.objects.matching("孔").query)
    assert "searchpair" not in str(SearchEntry.objects.matching("村").query)
    assert "searchpair" not in str(SearchEntry.objects.matching("kjz").query)
