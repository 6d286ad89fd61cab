"""The sentences that state a section's figures: on the dashboard, on the wall screen and in the year report."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from registry.figures import Answer

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Stated:
    """A figure in a sentence: its value with its unit, the `part` of a share, or the `bare` number."""

    slug: str
    show: str = "value"


@dataclass(frozen=True)
class Statement:
    """A text with placeholders, and the figure that each of them states."""

    text: str
    figures: dict[str, Stated]


TITLES = gettext_noop(
    "The national title “Advanced grass-roots party organisation” is held by %(national)s, "
    "the provincial or municipal title by %(others)s."
)
TITLES_AND_RANK = gettext_noop(
    "The national title “Advanced grass-roots party organisation” is held by %(national)s, "
    "the provincial or municipal title by %(others)s. "
    "In the city's ranking of grass-roots organisation building the district came in at place %(rank)s."
)
OVERVIEW = {
    "national": Stated("honours-national"),
    "others": Stated("honours-provincial-municipal"),
    "rank": Stated("city-rank", "bare"),
}
STATEMENTS = {
    "overview": Statement(TITLES_AND_RANK, OVERVIEW),
    "showcase": Statement(
        gettext_noop(
            "%(points)s are named, of which premium %(premium)s, a premium rate of %(rate)s. "
            "%(belts)s are built, of which qualified %(qualified)s; comprehensive zones: %(zones)s, with %(themed)s of "
            "one theme planned besides; whole-area showcase in creation: %(whole_area)s."
        ),
        {
            "points": Stated("points"),
            "premium": Stated("premium-rate", "part"),
            "rate": Stated("premium-rate"),
            "belts": Stated("belts"),
            "qualified": Stated("qualified-belts"),
            "zones": Stated("zones"),
            "themed": Stated("themed-zones"),
            "whole_area": Stated("whole-area-townships"),
        },
    ),
    "brand": Statement(
        gettext_noop(
            "%(with_brand)s have a brand of their own, %(brands)s in all. "
            "In %(reaching)s the collective income reaches the line, %(income)s of all villages. "
            "Of the communities in the creation %(attained)s meet the standard; %(premium)s are premium, a share of "
            "%(share)s."
        ),
        {
            "with_brand": Stated("brand-fields"),
            "brands": Stated("brands"),
            "reaching": Stated("income-villages", "part"),
            "income": Stated("income-villages"),
            "attained": Stated("community-attainment"),
            "premium": Stated("premium-communities"),
            "share": Stated("premium-community-share"),
        },
    ),
    "effect": Statement(
        gettext_noop(
            "%(consortia)s join %(lead)s that lead with %(led)s that are led; "
            "the development zone has %(zone_points)s. "
            "Steel firms that donated: %(firms)s, %(cash)s in cash; goods apart from that: %(goods)s. "
            "The province named %(sites)s for on-site teaching; %(visits)s were received so far."
        ),
        {
            "consortia": Stated("consortia"),
            "lead": Stated("consortium-villages"),
            "led": Stated("led-villages"),
            "zone_points": Stated("enterprise-zone-points"),
            "firms": Stated("donating-steel-firms"),
            "cash": Stated("donations-cash"),
            "goods": Stated("donations-goods"),
            "sites": Stated("teaching-sites"),
            "visits": Stated("visits"),
        },
    ),
    "guarantee": Statement(
        gettext_noop(
            "The district budget gave %(budget)s, the localities put %(funds)s into creation. "
            "%(projects)s led by secretaries solved %(solved)s. "
            "Wages lie above the provincial standard by %(combined)s for a secretary who is also director and by "
            "%(cross)s for a post in both committees. "
            "Interviews with secretaries: %(interviews)s; replaced: %(replaced)s."
        ),
        {
            "budget": Stated("district-budget"),
            "funds": Stated("creation-funds"),
            "projects": Stated("projects"),
            "solved": Stated("problems-solved"),
            "combined": Stated("wage-uplift-combined"),
            "cross": Stated("wage-uplift-cross"),
            "interviews": Stated("interviews"),
            "replaced": Stated("adjustments"),
        },
    ),
}


def parts_of(section: str, answers: Mapping[str, Answer]) -> Iterator[str | Stated]:
    """The sentence of a section, in the language that is active: texts, and the figures between them."""
    statement = STATEMENTS[section]
    text = statement.text
    if section == "overview" and not answers["city-rank"].value:  # nobody ranked the district, or nobody told yet
        text = TITLES
    for number, part in enumerate(PLACEHOLDER.split(_(text))):
        if number % 2:
            yield statement.figures[part]
        elif part:
            yield part
