"""What the walk through the staff's pages finds in a served portal; run by `manage.py shell` there."""

from django.urls import reverse

from assessment.actions.scoring import return_draft
from registry.actions.drafts import draft_of, save_fields
from registry.inputs import SECTIONS
from tests.factories import make_submitted
from tests.fengnan.walk import Stage, addresses, cases


def staff_pages() -> dict[str, list[str]]:
    """Puts two townships on the stage, and a draft that was returned and one that changes a named site; gives the
    addresses of each row of the matrix of access."""
    stage = Stage()
    own = stage.own
    remarks = {"highlights": "请写清做法。", "photos": "请补拍外景。"}
    returned = return_draft(make_submitted(own.clerk), remarks=remarks, by=stage.cast["head"])
    change = draft_of(own.named, by=own.clerk)
    save_fields(change, {"highlights": "改过的亮点", "member_count": "三十六"}, was={}, by=own.clerk)
    found = {
        f"{name} | {kind} | GET": [address]
        for name in addresses()
        if not name.startswith(("admin:", "api"))
        for kind, address in cases(stage, name)
    }
    drafts = (own.draft, returned, change)
    found["draft | own | GET"] = [draft.get_absolute_url() for draft in drafts]
    found["draft-check | own | GET"] = [reverse("draft-check", args=[draft.key]) for draft in drafts]
    found["draft-section | own | GET"] = [
        reverse("draft-section", args=[draft.key, section]) for draft in drafts for section in SECTIONS
    ]
    return found
