"""The desk has one line a thing: many submissions of one load are one, and lead to the queue."""

import pytest
from django.utils import timezone

from registry.overviews.tasks import tasks_of
from tests.factories import make_submitted


@pytest.mark.parametrize("count", [3, 4])
def test_many_submissions_are_one_line_that_leads_to_the_queue(count, sample, clerk_tangfang, head_tangfang):
    drafts = [make_submitted(clerk_tangfang) for _number in range(count)]
    urls = [task.url for task in tasks_of(head_tangfang, timezone.localdate()) if "/desk/reviews/" in task.url]
    own = sorted(f"/desk/reviews/drafts/{draft.key}/" for draft in drafts)
    assert sorted(urls) == (own if count == 3 else ["/desk/reviews/"])
