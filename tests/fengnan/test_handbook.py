"""The handbook says what the pages say."""

import pytest

from tests.handbook import Step, pictures, steps

FIXTURES = {"clerk": "clerk_tangfang", "head": "head_tangfang", "admin": "administrator"}


@pytest.mark.parametrize("step", list(steps()), ids=lambda step: f"{step.account} {step.address}")
def test_each_page_of_the_handbook_is_open_to_its_reader_and_has_the_words_quoted(step: Step, sample, client, request):
    client.force_login(request.getfixturevalue(FIXTURES.get(step.account, step.account)))
    answer = client.get(step.address, follow=True)
    assert answer.status_code == 200
    assert [word for word in step.words if word not in answer.content.decode()] == []


def test_each_picture_of_the_handbook_is_there():
    shown = [picture.file for picture in pictures()]
    assert len(shown) >= 10 and all(file.is_file() for file in shown)
    assert set(shown) == set(shown[0].parent.glob("*.png"))
