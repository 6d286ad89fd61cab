"""What a draft amounts to: what the registry holds already, what is missing or doubtful, and what would change."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import cos, hypot, radians
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from registry.fields.base import DeclaredField
from registry.fields.points import BY_NAME, FIELDS, SECTIONS, names_stored_on
from registry.models import (
    Area,
    AreaAlias,
    AreaLevel,
    Belt,
    DemonstrationPoint,
    Draft,
    DraftState,
    Evidence,
    EvidenceKind,
    Field,
    PartyOrganisation,
    Unit,
    UnitKind,
)
from registry.models.base import valid_on
from registry.text.coordinates import to_wgs84
from registry.text.validators import Invalid

FIELD_OF_AREA = {
    AreaLevel.VILLAGE: Field.RURAL,
    AreaLevel.COMMUNITY: Field.COMMUNITY,
    AreaLevel.TOWNSHIP: Field.GOVERNMENT,
}
FIELD_OF_UNIT = {
    UnitKind.ENTERPRISE: Field.NONPUBLIC_ENTERPRISE,
    UnitKind.SCHOOL: Field.PUBLIC_INSTITUTION,
    UnitKind.HOSPITAL: Field.PUBLIC_INSTITUTION,
    UnitKind.OFFICE: Field.GOVERNMENT,
    UnitKind.ASSOCIATION: Field.SOCIAL_ORGANISATION,
}
NEAR, FAR = 100, 15_000  # metres: closer than this may be the same place; farther from all others may be a slip
SENTENCES = {
    "name_taken": gettext_noop("The site “%(name)s” is in the registry already. Change that one instead."),
    "similar_name": gettext_noop("“%(name)s” has nearly the same name."),
    "near": gettext_noop("“%(name)s” lies only %(metres)s m away."),
    "far": gettext_noop("The position lies %(kilometres)s km from the nearest other site of the township."),
    "no_photo": gettext_noop("There is no photo yet."),
    "unconfirmed": gettext_noop("Confirm what the registry already holds, or change it."),
    "remark_open": gettext_noop("To be put right: %(text)s"),
}  # fmt: skip


@dataclass(frozen=True)
class DraftIssue:
    """What stands in the way of a draft (`hard`), or only gives to think. `site` is another site it is about."""

    code: str
    section: str
    text: str
    name: str = ""
    hard: bool = True
    site: DemonstrationPoint | None = None

    @property
    def key(self) -> str:
        """What a reason sets aside: this doubt about this site, not a later one about another."""
        return f"{self.code}:{self.site.code}" if self.site else self.code


def _sentence(code: str, **details: Any) -> str:
    return _(SENTENCES[code]) % details


@dataclass(frozen=True)
class DraftField:
    """A field as the form shows it: what was typed or else what the registry holds."""

    input: DeclaredField
    typed: str | None
    held: str
    confirmed: bool

    @property
    def text(self) -> str:
        return self.held if self.typed is None else self.typed

    @property
    def words(self) -> str:
        return self.input.words(self.text)

    @property
    def measured(self) -> str:
        """In words, with the unit if it is a number."""
        with suppress(Invalid):
            if self.input.unit and self.input.read(self.text) is not None:
                return f"{self.words} {self.input.unit}"
        return self.words

    @property
    def was(self) -> str:
        return self.input.words(self.held)

    @property
    def is_known(self) -> bool:
        """The registry holds it and nobody typed anything else: shown, not asked."""
        return self.typed is None and self.held != ""

    @property
    def changed(self) -> bool:
        """Somebody typed what means something else: 118.10 is no change of 118.1."""
        return self.typed is not None and self._meant(self.typed) != self._meant(self.held)

    def _meant(self, text: str) -> Any:
        with suppress(Invalid):
            return self.input.read(text)
        return text


class DraftForm:
    """A draft beside what the registry holds."""

    def __init__(self, draft: Draft):
        self.draft = draft
        self.point = draft.point

    @cached_property
    def unit(self) -> Unit | None:
        if self.point:
            return self.point.unit
        return Unit.objects.unscoped("of the draft's own place").filter(code=self.draft.values.get("unit", "")).first()

    @cached_property
    def area(self) -> Area:
        return self.draft.area

    @cached_property
    def field(self) -> Field:
        """Follows from the place: never asked."""
        if self.point:
            return Field(self.point.field)
        return FIELD_OF_UNIT[self.unit.kind] if self.unit else FIELD_OF_AREA[self.area.level]

    @cached_property
    def organisation(self) -> PartyOrganisation | None:
        if self.point:
            return self.point.organisation
        there = PartyOrganisation.objects.unscoped("of the draft's own place").filter(dissolved_on=None)
        own = there.filter(unit=self.unit) if self.unit else there.filter(area=self.area, unit=None)
        return own.order_by("code").first()

    @cached_property
    def held(self) -> dict[str, str]:
        """What the registry holds of each field, as it would be typed."""
        held = {field.name: field.default for field in FIELDS}
        for record, kind in ((self.organisation, "organisation"), (self.point, "point")):
            for name in names_stored_on(kind) if record else ():
                held[name] = BY_NAME[name].text(getattr(record, name))
        if self.organisation:
            held["organisation_name"] = self.organisation.name
        if self.point is None:
            held["name"] = ""
        elif self.point.coordinate_system:
            held["position"] = f"{self.point.lng.normalize():f}, {self.point.lat.normalize():f}"
            held["coordinate_system"] = self.point.coordinate_system
        held |= {
            name: self.last_application[name]
            for name in names_stored_on("application")
            if self.last_application.get(name)
        }
        return held

    @cached_property
    def last_application(self) -> dict[str, str]:
        """As typed when the site last applied for a title; empty if it never did."""
        drafts = Draft.objects.unscoped("of the point itself").filter(point=self.point, state=DraftState.APPLIED)
        applied = drafts.exclude(pk=self.draft.pk).exclude(point=None).order_by("-pk")
        return next(
            (
                values
                for values in applied.values_list("values", flat=True)
                if {*names_stored_on("application")} & {*values}
            ),
            {},
        )

    @cached_property
    def belts(self) -> list[Belt]:
        """The belts the site belongs to today: known, and never asked."""
        today = timezone.localdate()
        own = valid_on(today, "memberships__valid_from", "memberships__valid_to")
        return list(Belt.objects.unscoped("of the draft's own site").filter(own, memberships__point=self.point))

    @cached_property
    def facts(self) -> dict[str, DraftField]:
        values, confirmed = self.draft.values, self.draft.confirmed
        left_out = {"organisation_name"} if self.organisation else set()
        if self.draft.is_change:
            left_out |= {*names_stored_on("application")}
        return {
            name: DraftField(each, values.get(name), self.held[name], confirmed.get(name) == self.held[name])
            for name, each in BY_NAME.items()
            if name not in left_out
        }

    def asks_to_confirm(self, fact: DraftField) -> bool:
        """Known facts are vouched for; what is a mere default is not a fact."""
        return fact.is_known and not fact.confirmed and fact.held != fact.input.default

    @property
    def is_unconfirmed(self) -> bool:
        return any(self.asks_to_confirm(fact) for fact in self.facts.values())

    @cached_property
    def read(self) -> tuple[dict[str, Any], list[DraftIssue]]:
        """The values that can be read, and a problem for each that cannot."""
        values, problems = {}, []
        for name, fact in self.facts.items():
            section = fact.input.section
            try:
                values[name] = fact.input.read(fact.text)
                needed = fact.input.required or name == "organisation_name"
                if needed and values[name] in (None, ""):
                    raise Invalid("required")
            except Invalid as error:
                problems.append(DraftIssue(error.code, section, str(error), name))
        return values, problems

    @cached_property
    def evidence(self) -> list[Evidence]:
        """The photos and documents there are, without those that were taken off."""
        return list(Evidence.objects.unscoped("of the draft itself").of(self.draft, self.point).filter(on_page=True))

    @property
    def photos(self) -> list[Evidence]:
        return [each for each in self.evidence if each.kind == EvidenceKind.PHOTO]

    @property
    def documents(self) -> list[Evidence]:
        return [each for each in self.evidence if each.kind == EvidenceKind.FILE]

    @cached_property
    def position(self) -> tuple[float, float] | None:
        """In WGS 84, or None while there is none that can be read."""
        values = self.read[0]
        if not values.get("position") or not values.get("coordinate_system"):
            return None
        return to_wgs84(*values["position"], values["coordinate_system"])

    @cached_property
    def problems(self) -> list[DraftIssue]:
        """Everything hard, then everything doubtful that nobody has set aside with a reason."""
        found = [*self.read[1], *self._open_remarks(), *self._unconfirmed(), *self._doubts()]
        return sorted(found, key=lambda problem: (not problem.hard, list(SECTIONS).index(problem.section)))

    def _open_remarks(self) -> Iterator[DraftIssue]:
        for remark in self.draft.remarks.all() if self.draft.pk else ():
            if self.text_of(remark.field) == remark.value_then:
                section = BY_NAME[remark.field].section if remark.field in BY_NAME else "photos"
                yield DraftIssue("remark_open", section, _sentence("remark_open", text=remark.text), remark.field)

    def text_of(self, name: str) -> str:
        """What stands in a field now; of the photos, which there are, and documents beside them."""
        if name in self.facts:
            return self.facts[name].text
        return ",".join(each.code for each in self.evidence) if name == "photos" else self.held.get(name, "")

    def _unconfirmed(self) -> Iterator[DraftIssue]:
        for section in SECTIONS:
            names = [fact.input.name for fact in self.facts.values() if fact.input.section == section]
            if any(self.asks_to_confirm(self.facts[name]) for name in names):
                yield DraftIssue("unconfirmed", section, _sentence("unconfirmed"))

    def _doubts(self) -> Iterator[DraftIssue]:
        others = list(self.others())
        name = self.read[0].get("name", "")
        for other in others if name else ():
            if other.name == name and other.field == self.field and other.area_id == self.draft.area_id:
                yield DraftIssue("name_taken", "place", _sentence("name_taken", name=other.name), "name", True, other)
            elif same_stem(other.name, name):
                text = _sentence("similar_name", name=other.name)
                yield DraftIssue("similar_name", "place", text, "name", False, other)
        yield from self._doubts_of_position(others)
        if not self.photos:
            yield DraftIssue("no_photo", "photos", _sentence("no_photo"), "photos", False)

    def _doubts_of_position(self, others: list[DemonstrationPoint]) -> Iterator[DraftIssue]:
        placed = [other for other in others if other.coordinate_system]
        if self.position is None or not placed:
            return
        distances = [(metres(self.position, position_of(other)), other) for other in placed]
        nearest, other = min(distances, key=lambda pair: pair[0])
        if nearest < NEAR:
            text = _sentence("near", name=other.name, metres=round(nearest))
            yield DraftIssue("near", "position", text, "position", False, other)
        elif nearest > FAR:
            text = _sentence("far", kilometres=round(nearest / 1000))
            yield DraftIssue("far", "position", text, "position", False)

    def others(self) -> Any:
        """The other sites of the township, named or not."""
        sites = DemonstrationPoint.objects.unscoped("against registering a site twice").in_area(self.draft.area_id[:9])
        return sites.exclude(pk=self.point.pk if self.point else None).only(
            "code", "name", "field", "area_id", "lng", "lat", "coordinate_system"
        )

    @property
    def hard(self) -> list[DraftIssue]:
        return [problem for problem in self.problems if problem.hard]

    @property
    def doubts(self) -> list[DraftIssue]:
        return [problem for problem in self.problems if not problem.hard]

    def overruled(self, problem: DraftIssue) -> str:
        return self.draft.overruled.get(problem.key, "")

    @property
    def open_doubts(self) -> list[DraftIssue]:
        return [problem for problem in self.doubts if not self.overruled(problem)]

    @property
    def differences(self) -> list[DraftField]:
        """What was typed and says otherwise than the registry."""
        return [fact for fact in self.facts.values() if fact.changed]


def stem(name: str) -> str:
    """What is left of a site's name without the words that all names share: 孔家庄 of 孔家庄村委会党建示范点."""
    for word in ("党建", "示范点", "精品", "示范", "村民委员会", "居民委员会", "村委会", "居委会", "党支部", "党总支"):
        name = name.replace(word, "")
    return name.removesuffix("社区").removesuffix("村") or name


def same_stem(one: str, other: str) -> bool:
    """Whether two names are nearly the same: the same stem, or one of at least three characters within the other."""
    one, other = sorted((stem(one), stem(other)), key=len)
    return one == other or (len(one) >= 3 and one in other)


def similar_sites(name: str, area: str) -> list[DemonstrationPoint]:
    """Sites of the township `area` lies in whose name, or whose village's other name, is nearly `name`."""
    if len(stem(name.strip())) < 2:
        return []
    aliases = AreaAlias.objects.filter(area__code__startswith=area[:9]).values_list("name", "area_id")
    meant = {code for alias, code in aliases if same_stem(alias, name)}
    sites = DemonstrationPoint.objects.unscoped("against registering a site twice").in_area(area[:9])
    return [site for site in sites.order_by("code") if same_stem(site.name, name) or site.area_id in meant]


def position_of(point: DemonstrationPoint) -> tuple[float, float]:
    return to_wgs84(float(point.lng), float(point.lat), point.coordinate_system)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance of two positions in WGS 84, good to a percent within a district."""
    east = (one[0] - other[0]) * 111_320 * cos(radians(one[1]))
    return hypot(east, (one[1] - other[1]) * 110_540)
