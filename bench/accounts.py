"""Who asks: a session for each role of the desk, tokens for the programs that write, and the last page of the API's
list. `python -m bench.accounts` makes them in a database and prints them as JSON."""

import json
import sys
from contextlib import suppress

import django

django.setup()

from django.core import signing  # noqa: E402 (Django comes first)
from django.test import Client  # noqa: E402

from registry.actions.tokens import make_token  # noqa: E402
from registry.models import Area, DemonstrationPoint, User  # noqa: E402

TOWNSHIP, DISTRICT = "130207106", "130207"
ROLES = {"clerk": TOWNSHIP, "head": TOWNSHIP, "reviewer": DISTRICT, "leader": DISTRICT}
WRITERS = 8
PASSWORD = "a long enough password"


def make_staff() -> dict[str, User]:
    """An account of each role, none a superuser; a leader only reads."""
    return {
        role: User.objects.create(
            username=f"bench-{role}", role=role, read_prefix=area, write_prefix="" if role == "leader" else area
        )
        for role, area in ROLES.items()
    }


def _make_writers() -> list[tuple[str, str]]:
    """The token of a clerk in each of the first townships, and the name of a point there."""
    made = []
    townships = Area.objects.unscoped("the benchmark").filter(level="township").order_by("code")
    for code in townships.values_list("code", flat=True)[:WRITERS]:
        user = User.objects.create_user(
            f"writer-{code}", password=PASSWORD, role="clerk", read_prefix=code, write_prefix=code
        )
        _token, text = make_token(user, name="bench", scopes=("read", "write"), password=PASSWORD, by=user)
        points = DemonstrationPoint.objects.public().filter(area__code__startswith=code).order_by("code")
        made.append((text, points.values_list("name", flat=True)[0]))
    return made


def _last_page() -> str:
    """The cursor that leads to the last 50 points."""
    from registry.api.paging import keys_of  # noqa: PLC0415 (a release may have it elsewhere)
    from registry.api.resources import RESOURCES  # noqa: PLC0415

    keys = keys_of(RESOURCES["points"].listed)
    row = DemonstrationPoint.objects.public().order_by("-area_id", "-code").values_list("area_id", "code")[50]
    return signing.Signer(salt=f"cursor {[(key.path, key.descending) for key in keys]}").sign_object([False, list(row)])


def main() -> None:
    sessions = {}
    for role, user in make_staff().items():
        client = Client()
        client.force_login(user)
        sessions[role] = client.cookies["sessionid"].value
    made = {"sessions": sessions, "writers": [], "cursor": ""}
    with suppress(Exception):  # a release of other days may make them otherwise: what needs them is left out
        made["writers"] = _make_writers()
    with suppress(Exception):
        made["cursor"] = _last_page()
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
