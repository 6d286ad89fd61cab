"""What every page needs: the menu, the languages, the mark of illustrative data, the settings of the map."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse, translate_url
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry.kinds import KINDS
from registry.models import current_district, holds_illustrative, registry_title
from registry.models.district import is_larger_area

MENU = ("points", "belts", "zones", "townships", "consortia", "projects", "routes", "honours")


def site(request: HttpRequest) -> dict:
    """`menu`: (slug, label, address); `other_language`: (code, name, address of this page in it)."""
    larger = is_larger_area()
    labels = {"townships": _("Districts and townships")} if larger else {}
    menu = [(slug, labels.get(slug, KINDS[slug].label), reverse("records", args=[slug])) for slug in MENU]
    other = next((code, name) for code, name in settings.LANGUAGES if code != get_language())
    names = {"zh-hans": "简体中文", "en": "English"}
    return {
        "district": current_district(),
        "is_larger_area": larger,
        "registry_title": registry_title(),
        "holds_illustrative": holds_illustrative(),
        "menu": menu,
        "other_language": (other[0], names[other[0]], translate_url(request.get_full_path(), other[0])),
        "demo": settings.DEMO,
        "sign_in_provider": (settings.OIDC_NAME or _("Single sign-on")) if settings.OIDC_ISSUER else "",
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "map_attribution": settings.MAP_ATTRIBUTION,
    }
