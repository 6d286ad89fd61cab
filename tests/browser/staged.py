"""What the tests find in a served portal; each function runs there, by `manage.py shell`."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse

from assessment.actions.scoring import return_draft
from registry.actions.drafts import draft_of, save_fields
from registry.actions.sample import make_demo_accounts
from registry.fields.points import SECTIONS
from registry.models import User
from tests.factories import make_submitted
from tests.fengnan.walk import Stage, addresses, cases


def sign_in_demo_accounts() -> dict[str, str]:
    """Makes the demo accounts and a session for each; gives the session keys by account."""
    make_demo_accounts()
    return {user.username: _session_key(user) for user in User.objects.all()}


def _session_key(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def staff_pages() -> dict[str, list[str]]:
    """Puts two townships on the stage, and a draft that was returned and one that changes a named site; gives the
    addresses of each row of the matrix of access."""
    stage = Stage()
    own = stage.own
    remarks = {"highlights": "请写清做法。", "photos": "请补拍外景。"}
    returned = return_draft(make_submitted(own.clerk), remarks=remarks, by=stage.cast["head"])
    change = draft_of(own.named, by=own.clerk)
    save_fields(change, {"highlights": "改过的亮点", "member_count": "三十六"}, was={}, by=own.clerk)
    pages = {
        f"{name} | {kind} | GET": [address]
        for name in addresses()
        if not name.startswith(("admin:", "api"))
        for kind, address in cases(stage, name)
    }
    drafts = (own.draft, returned, change)
    pages["draft | own | GET"] = [draft.get_absolute_url() for draft in drafts]
    pages["draft-check | own | GET"] = [reverse("draft-check", args=[draft.key]) for draft in drafts]
    pages["draft-section | own | GET"] = [
        reverse("draft-section", args=[draft.key, section]) for draft in drafts for section in SECTIONS
    ]
    return pages
