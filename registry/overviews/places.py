"""The places where a new site may lie, with what each is found by and what is there already."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.models import Area, DemonstrationPoint, Draft, SearchEntry, Unit
from registry.models.base import in_area_q
from registry.overviews.draft_form import DraftForm
from registry.text.spellings import pinyin_of


@dataclass(frozen=True)
class PlaceChoice:
    """A village, community, unit or township with its sites and the draft of a new one. `find` holds its names, pinyin
    and initials."""

    place: Area | Unit
    find: str
    draft: Draft | None
    sites: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.place.name if isinstance(self.place, Unit) else self.place.short_name

    @property
    def sites_url(self) -> str:
        """The page of the one site, or the list of several."""
        if len(self.sites) == 1:
            return reverse("record", args=["points", self.sites[0]])
        return f"{reverse('records', args=['points'])}?area={self.place.code}"


def place_choices(user: Any, today: date) -> list[tuple[str, list[PlaceChoice]]]:
    """(heading, places) of the account's area: its villages and communities, then its units."""
    prefix = user.write_prefix
    areas: QuerySet = Area.objects.visible_to(user).filter(in_area_q(prefix, "code")).existing(today)
    villages = list(areas.filter(level__in=("village", "community")).order_by("code"))
    units = list(Unit.objects.visible_to(user).filter(in_area_q(prefix)).order_by("name"))
    townships = list(areas.filter(level="township"))
    drafts, sites, spellings = _drafts(user), _sites(user), _spellings(prefix)
    groups = [(_("Villages and communities"), villages), (_("Units"), units), (_("Township or street"), townships)]
    return [
        (
            heading,
            [
                PlaceChoice(
                    place,
                    spellings.get(place.code) or _spelling(place),
                    drafts.get(place.code),
                    tuple(sites[place.code]),
                )
                for place in places
            ],
        )
        for heading, places in groups
    ]


def _drafts(user: Any) -> dict[str, Draft]:
    """The unsettled draft of a new site by the code of its place."""
    rows = (
        Draft.objects.visible_to(user).in_area(user.write_prefix).unsettled().for_lists().select_related("point__unit")
    )
    return {_code_of(draft): draft for draft in rows if not draft.is_change}


def _code_of(draft: Draft) -> str:
    unit = draft.point.unit.code if draft.point and draft.point.unit else draft.values.get("unit", "")
    return unit or draft.area_id


def _sites(user: Any) -> dict[str, list[str]]:
    rows = DemonstrationPoint.objects.visible_to(user).in_area(user.write_prefix).order_by("code")
    sites: dict[str, list[str]] = defaultdict(list)
    for code, area, unit in rows.values_list("code", "area_id", "unit__code"):
        sites[unit or area].append(code)
    return sites


def _spellings(prefix: str) -> dict[str, str]:
    """What the search index finds areas by. It lacks communities and units: those are pinyin_of anew."""
    entries = SearchEntry.objects.filter(in_area_q(prefix, "code"), kind__in=("villages", "townships"))
    rows = entries.values_list("code", "names", "pinyin", "initials")
    return {code: " ".join(texts).replace("\n", " ").lower() for code, *texts in rows}


def _spelling(place: Area | Unit) -> str:
    name = place.name if isinstance(place, Unit) else place.short_name
    return " ".join([name.lower(), *pinyin_of(name)])


def landmarks(form: DraftForm) -> dict[str, list[tuple[float, float, str]]]:
    """What one finds one's way by on an empty map: latitude, longitude and name of the township's other sites, and of
    the villages they lie in, each in the middle of its sites."""
    placed = [(site, site.position) for site in form.others() if site.position]
    areas = Area.objects.unscoped("names of villages are public").filter(level__in=("village", "community"))
    names = {area.code: area.short_name for area in areas.filter(code__in={site.area_id for site, _at in placed})}
    villages: dict[str, list[tuple[float, float]]] = {}
    for site, position in placed:
        if site.area_id in names:
            villages.setdefault(site.area_id, []).append(position)
    return {
        "sites": [(lat, lng, site.name) for site, (lng, lat) in placed],
        "villages": [
            (fmean(lat for _lng, lat in there), fmean(lng for lng, _lat in there), names[code])
            for code, there in villages.items()
        ],
    }
