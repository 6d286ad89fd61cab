"""A draft compared with the registry: known values, missing or doubtful values, and changes."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import cos, hypot, radians
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from registry.fields.base import DeclaredField, Text
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
    FieldRemark,
    PartyOrganisation,
    Unit,
    UnitKind,
)
from registry.models.base import valid_on
from registry.text.area_codes import township_of
from registry.text.coordinates import to_wgs84
from registry.text.validators import Invalid

FIELD_OF_AREA: dict[str, Field] = {
    AreaLevel.VILLAGE: Field.RURAL,
    AreaLevel.COMMUNITY: Field.COMMUNITY,
    AreaLevel.TOWNSHIP: Field.GOVERNMENT,
}
FIELD_OF_UNIT: dict[str, Field] = {
    UnitKind.ENTERPRISE: Field.NONPUBLIC_ENTERPRISE,
    UnitKind.SCHOOL: Field.PUBLIC_INSTITUTION,
    UnitKind.HOSPITAL: Field.PUBLIC_INSTITUTION,
    UnitKind.OFFICE: Field.GOVERNMENT,
    UnitKind.ASSOCIATION: Field.SOCIAL_ORGANISATION,
}
NEAR, FAR = 100, 15_000  # metres: closer may be the same place; farther from all others may be a mistake
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
    """An issue of a draft that blocks it (`hard`) or is only a warning. `site` is the other site it is about."""

    code: str
    section: str
    text: str
    name: str = ""
    hard: bool = True
    site: DemonstrationPoint | None = None

    @property
    def key(self) -> str:
        """The key of an overruled warning: this warning about this site."""
        return f"{self.code}:{self.site.code}" if self.site else self.code


@dataclass(frozen=True)
class ChangeRequest:
    """A checker's remark with its field and the field's value then and now; one on the whole draft has no field."""

    remark: FieldRemark
    label: Text = ""
    section: str = ""
    before: str = ""
    after: str = ""
    is_personal: bool = False
    is_open: bool = False


def _sentence(code: str, **details: Any) -> str:
    return _(SENTENCES[code]) % details


@dataclass(frozen=True)
class DraftField:
    """A field of the form: the typed value, or else the stored one."""

    input: DeclaredField
    typed: str | None
    stored: str
    confirmed: bool

    @property
    def text(self) -> str:
        return self.stored if self.typed is None else self.typed

    @property
    def words(self) -> str:
        return self.input.words(self.text)

    @property
    def measured(self) -> str:
        """The value as text, with the unit if it is a number."""
        with suppress(Invalid):
            if self.input.unit and self.input.read(self.text) is not None:
                return f"{self.words} {self.input.unit}"
        return self.words

    @property
    def was(self) -> str:
        return self.input.words(self.stored)

    @property
    def is_known(self) -> bool:
        """Stored in the registry and not retyped: the form shows it without asking."""
        return self.typed is None and self.stored != ""

    @property
    def changed(self) -> bool:
        """Whether the typed value means something else: 118.10 does not change 118.1."""
        return self.typed is not None and self._parsed(self.typed) != self._parsed(self.stored)

    def _parsed(self, text: str) -> Any:
        with suppress(Invalid):
            return self.input.read(text)
        return text


class DraftForm:
    """A draft beside the stored values."""

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
        """Follows from the place, so the form does not ask for it."""
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
    def stored(self) -> dict[str, str]:
        """The stored value of each field, as it would be typed."""
        texts = {field.name: field.default for field in FIELDS}
        for record, kind in ((self.organisation, "organisation"), (self.point, "point")):
            for name in names_stored_on(kind) if record else ():
                texts[name] = BY_NAME[name].text(getattr(record, name))
        if self.organisation:
            texts["organisation_name"] = self.organisation.name
        if self.point is None:
            texts["name"] = ""
        elif self.point.lng is not None and self.point.lat is not None:
            texts["position"] = f"{self.point.lng.normalize():f}, {self.point.lat.normalize():f}"
            texts["coordinate_system"] = self.point.coordinate_system
        texts |= {
            name: self.last_application[name]
            for name in names_stored_on("application")
            if self.last_application.get(name)
        }
        return texts

    @cached_property
    def last_application(self) -> dict[str, str]:
        """The values typed in the last application for a title; empty if there is none."""
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
        """The belts of the site today; the form does not ask for them."""
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
            name: DraftField(field, values.get(name), self.stored[name], confirmed.get(name) == self.stored[name])
            for name, field in BY_NAME.items()
            if name not in left_out
        }

    def asks_to_confirm(self, fact: DraftField) -> bool:
        """Whether known facts need a confirmation; default values do not."""
        return fact.is_known and not fact.confirmed and fact.stored != fact.input.default

    @property
    def is_unconfirmed(self) -> bool:
        return any(self.asks_to_confirm(fact) for fact in self.facts.values())

    @cached_property
    def read(self) -> tuple[dict[str, Any], list[DraftIssue]]:
        """The valid values, and an issue for each invalid one."""
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
        """The photos and documents, without removed ones."""
        return list(Evidence.objects.unscoped("of the draft itself").of(self.draft, self.point).filter(on_page=True))

    @property
    def photos(self) -> list[Evidence]:
        return [item for item in self.evidence if item.kind == EvidenceKind.PHOTO]

    @property
    def documents(self) -> list[Evidence]:
        return [item for item in self.evidence if item.kind == EvidenceKind.FILE]

    @cached_property
    def position(self) -> tuple[float, float] | None:
        """The position in WGS 84, or None if it is missing or invalid."""
        values = self.read[0]
        if not values.get("position") or not values.get("coordinate_system"):
            return None
        lng, lat = values["position"]
        return to_wgs84(lng, lat, values["coordinate_system"])

    @cached_property
    def problems(self) -> list[DraftIssue]:
        """All hard issues, then all warnings that were not overruled."""
        issues = [*self.read[1], *self._open_remarks(), *self._unconfirmed(), *self._doubts()]
        return sorted(issues, key=lambda problem: (not problem.hard, list(SECTIONS).index(problem.section)))

    def _open_remarks(self) -> Iterator[DraftIssue]:
        for remark in self.draft.open_remarks:
            if remark.field and self.text_of(remark.field) == remark.value_then:
                section = BY_NAME[remark.field].section if remark.field in BY_NAME else "photos"
                yield DraftIssue("remark_open", section, _sentence("remark_open", text=remark.text), remark.field)

    @property
    def open_requests(self) -> list[ChangeRequest]:
        """What the last return asks for; the opinion on the whole draft comes first."""
        return self._requested(self.draft.open_remarks)

    @property
    def answered_requests(self) -> list[ChangeRequest]:
        """What was asked for before the last submission, with the values before and after."""
        return self._requested(self.draft.answered_remarks)

    def _requested(self, remarks: list[FieldRemark]) -> list[ChangeRequest]:
        requests = [self._request(remark) for remark in remarks]
        return sorted(requests, key=lambda request: request.remark.field != "")

    def _request(self, remark: FieldRemark) -> ChangeRequest:
        if not remark.field:
            return ChangeRequest(remark)
        now = self.text_of(remark.field)
        is_open = now == remark.value_then
        if field := BY_NAME.get(remark.field):
            before, after = field.words(remark.value_then), field.words(now)
            return ChangeRequest(remark, field.label, field.section, before, after, field.personal, is_open)
        before, after = (str(len([code for code in text.split(",") if code])) for text in (remark.value_then, now))
        return ChangeRequest(remark, SECTIONS["photos"], "photos", before, after, is_open=is_open)

    def text_of(self, name: str) -> str:
        """The current text of a field; for photos, their codes."""
        if name in self.facts:
            return self.facts[name].text
        return ",".join(item.code for item in self.evidence) if name == "photos" else self.stored.get(name, "")

    def _unconfirmed(self) -> Iterator[DraftIssue]:
        for section in SECTIONS:
            names = [fact.input.name for fact in self.facts.values() if fact.input.section == section]
            if any(self.asks_to_confirm(self.facts[name]) for name in names):
                yield DraftIssue("unconfirmed", section, _sentence("unconfirmed"))

    def _doubts(self) -> Iterator[DraftIssue]:
        others = list(self.others())
        name = self.read[0].get("name", "")
        for site in others if name else ():
            if site.name == name and site.field == self.field and site.area_id == self.draft.area_id:
                yield DraftIssue("name_taken", "place", _sentence("name_taken", name=site.name), "name", True, site)
            elif same_stem(site.name, name):
                text = _sentence("similar_name", name=site.name)
                yield DraftIssue("similar_name", "place", text, "name", False, site)
        yield from self._doubts_of_position(others)
        if not self.photos:
            yield DraftIssue("no_photo", "photos", _sentence("no_photo"), "photos", False)

    def _doubts_of_position(self, others: list[DemonstrationPoint]) -> Iterator[DraftIssue]:
        placed = [(site.position, site) for site in others if site.position]
        if self.position is None or not placed:
            return
        distances = [(metres(self.position, position), site) for position, site in placed]
        nearest, site = min(distances, key=lambda pair: pair[0])
        if nearest < NEAR:
            text = _sentence("near", name=site.name, metres=round(nearest))
            yield DraftIssue("near", "position", text, "position", False, site)
        elif nearest > FAR:
            text = _sentence("far", kilometres=round(nearest / 1000))
            yield DraftIssue("far", "position", text, "position", False)

    @cached_property
    def sites_of_township(self) -> list[DemonstrationPoint]:
        """All sites of the township, named or not."""
        sites = DemonstrationPoint.objects.unscoped("against registering a site twice").in_area(
            township_of(self.draft.area_id)
        )
        return list(sites.only("code", "name", "field", "area_id", "lng", "lat", "coordinate_system"))

    def others(self) -> list[DemonstrationPoint]:
        """The other sites of the township."""
        return [site for site in self.sites_of_township if self.point is None or site.pk != self.point.pk]

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
        """The typed values that differ from the registry."""
        return [fact for fact in self.facts.values() if fact.changed]


def stored_facts(point: DemonstrationPoint) -> list[tuple[Text, str]]:
    """(label, words) of what the registry holds of a site and may be confirmed at a glance, without telephones."""
    facts: list[tuple[Text, str]] = [(BY_NAME["organisation_name"].label, point.organisation.name)]
    for field in FIELDS:
        record = {"point": point, "organisation": point.organisation}.get(field.stored_on)
        if record is not None and not field.personal and field.name != "name":
            text = field.text(getattr(record, field.name))
            facts.append((field.label, f"{text} {field.unit}" if text and field.unit else text))
    return facts


def stem(name: str) -> str:
    """A site's name without its generic words: 孔家庄 of 孔家庄村委会党建示范点."""
    for word in ("党建", "示范点", "精品", "示范", "村民委员会", "居民委员会", "村委会", "居委会", "党支部", "党总支"):
        name = name.replace(word, "")
    return name.removesuffix("社区").removesuffix("村") or name


def same_stem(first: str, second: str) -> bool:
    """Whether two names are similar: the same stem, or one of at least three characters within the other."""
    first, second = sorted((stem(first), stem(second)), key=len)
    return first == second or (len(first) >= 3 and first in second)


def similar_sites(name: str, area: str) -> list[DemonstrationPoint]:
    """Sites in the township of `area` whose name, or whose village's other name, is similar to `name`."""
    if len(stem(name.strip())) < 2:
        return []
    aliases = AreaAlias.objects.filter(area__code__startswith=township_of(area)).values_list("name", "area_id")
    alias_codes = {code for alias, code in aliases if same_stem(alias, name)}
    sites = DemonstrationPoint.objects.unscoped("against registering a site twice").in_area(township_of(area))
    return [site for site in sites.order_by("code") if same_stem(site.name, name) or site.area_id in alias_codes]


def metres(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The distance of two positions in WGS 84, accurate to one percent within a district."""
    east = (first[0] - second[0]) * 111_320 * cos(radians(first[1]))
    return hypot(east, (first[1] - second[1]) * 110_540)
