"""The sentences that state a section's figures: on the dashboard, on the wall screen and in the year report."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from registry.figures import Answer

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class StatedFigure:
    """A figure in a sentence: its value with its unit, the `part` of a share, or the `bare` number."""

    slug: str
    show: str = "value"


@dataclass(frozen=True)
class Statement:
    """A text with placeholders, and the figure that each of them states. `text_without` is the text to use where a
    figure has no value."""

    text: str
    figures: dict[str, StatedFigure]
    text_without: dict[str, str] = field(default_factory=dict)


TITLES = gettext_noop(
    "The national title “Advanced grass-roots party organisation” is held by %(national)s, "
    "the provincial or municipal title by %(others)s."
)
TITLES_AND_RANK = gettext_noop(
    "The national title “Advanced grass-roots party organisation” is held by %(national)s, "
    "the provincial or municipal title by %(others)s. "
    "In the city's ranking of grass-roots organisation building the district came in at place %(rank)s."
)
INCOME = gettext_noop(
    "%(with_brand)s have a brand of their own, %(brands)s in all. "
    "In %(reaching)s the collective income reaches the line, %(income)s of all villages."
)
TOWNSHIP_GUARANTEE = gettext_noop(
    "The localities put %(funds)s into creation. %(projects)s led by secretaries solved %(solved)s."
)
OVERVIEW = {
    "national": StatedFigure("honours-national"),
    "others": StatedFigure("honours-provincial-municipal"),
    "rank": StatedFigure("city-rank", "bare"),
}
STATEMENTS = {
    "overview": Statement(TITLES_AND_RANK, OVERVIEW, text_without={"city-rank": TITLES}),
    "showcase": Statement(
        gettext_noop(
            "%(points)s are named, of which premium %(premium)s, a premium rate of %(rate)s. "
            "%(belts)s are built, of which qualified %(qualified)s; comprehensive zones: %(zones)s, with %(themed)s of "
            "one theme planned besides; whole-area showcase in creation: %(whole_area)s."
        ),
        {
            "points": StatedFigure("points"),
            "premium": StatedFigure("premium-rate", "part"),
            "rate": StatedFigure("premium-rate"),
            "belts": StatedFigure("belts"),
            "qualified": StatedFigure("qualified-belts"),
            "zones": StatedFigure("zones"),
            "themed": StatedFigure("themed-zones"),
            "whole_area": StatedFigure("whole-area-townships"),
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
            "with_brand": StatedFigure("brand-fields"),
            "brands": StatedFigure("brands"),
            "reaching": StatedFigure("income-villages", "part"),
            "income": StatedFigure("income-villages"),
            "attained": StatedFigure("community-attainment"),
            "premium": StatedFigure("premium-communities"),
            "share": StatedFigure("premium-community-share"),
        },
        text_without={"communities": INCOME},
    ),
    "effect": Statement(
        gettext_noop(
            "%(consortia)s join %(lead)s that lead with %(led)s that are led; "
            "the development zone has %(zone_points)s. "
            "Steel firms that donated: %(firms)s, %(cash)s in cash; goods apart from that: %(goods)s. "
            "The province named %(sites)s for on-site teaching; %(visits)s were received so far."
        ),
        {
            "consortia": StatedFigure("consortia"),
            "lead": StatedFigure("consortium-villages"),
            "led": StatedFigure("led-villages"),
            "zone_points": StatedFigure("enterprise-zone-points"),
            "firms": StatedFigure("donating-steel-firms"),
            "cash": StatedFigure("donations-cash"),
            "goods": StatedFigure("donations-goods"),
            "sites": StatedFigure("teaching-sites"),
            "visits": StatedFigure("visits"),
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
            "budget": StatedFigure("district-budget"),
            "funds": StatedFigure("creation-funds"),
            "projects": StatedFigure("projects"),
            "solved": StatedFigure("problems-solved"),
            "combined": StatedFigure("wage-uplift-combined"),
            "cross": StatedFigure("wage-uplift-cross"),
            "interviews": StatedFigure("interviews"),
            "replaced": StatedFigure("adjustments"),
        },
        text_without={"wage-uplift-combined": TOWNSHIP_GUARANTEE},
    ),
}


def parts_of(section: str, answers: Mapping[str, Answer]) -> Iterator[str | StatedFigure]:
    """The sentence of a section, in the language that is active: texts, and the figures between them."""
    statement = STATEMENTS[section]
    alternatives = (text for slug, text in statement.text_without.items() if not answers[slug].value)
    text = next(alternatives, statement.text)
    for number, part in enumerate(PLACEHOLDER.split(_(text))):
        if number % 2:
            yield statement.figures[part]
        elif part:
            yield part
