"""Record kinds of 品牌: brands, red business districts."""

from django.utils.translation import gettext_lazy as _

from registry import models as m

from .base import Column, Kind, register
from .shared import BY_FIELD, BY_TOWNSHIP, CODE, FIELD, NAME, ORGANISATION, TOWNSHIP_NAME, by_year, with_township

register(
    Kind(
        "brands",
        m.Brand,
        _("Brands"),
        lambda s: s.sees(m.Brand).in_use(s.as_of),
        (CODE, NAME, FIELD, Column("slogan", _("Slogan")), ORGANISATION, Column("created_on", _("Created on"))),
        (BY_FIELD, BY_TOWNSHIP, by_year("created_on")),
        searched=True,
        details=(Column("meaning", _("Meaning")),),
    ),
    Kind(
        "red-districts",
        m.RedBusinessDistrict,
        _("Red business districts"),
        lambda s: s.sees(m.RedBusinessDistrict).open(s.as_of),
        (CODE, NAME, TOWNSHIP_NAME, Column("opened_on", _("Opened on"))),
        (BY_TOWNSHIP, by_year("opened_on")),
        annotate=with_township,
        searched=True,
    ),
)
