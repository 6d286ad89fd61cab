"""Search by name, other name, pinyin and initials; only what is public is found."""

import pytest

from registry.models import SearchEntry


def names_matching(text: str) -> set[str]:
    return set(SearchEntry.objects.matching(text).values_list("name", flat=True))


@pytest.mark.parametrize("text", ["孔家庄", "家庄村", "kongjiazhuang", "KongJiaZhuang", "kong jia zhuang", "kjz"])
def test_a_village_is_found_by_name_pinyin_and_initials(text, sample):
    assert "孔家庄村委会" in names_matching(text)


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
