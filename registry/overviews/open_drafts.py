"""The open drafts of an account together: what each lacks, and the positions of many in one go."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from registry.fields.points import BY_NAME, SECTIONS
from registry.models import DemonstrationPoint, Draft, Evidence, PartyOrganisation
from registry.overviews.draft_form import DraftForm, DraftIssue, same_stem
from registry.text.area_codes import township_of
from registry.text.validators import Invalid, legible, masked, position

MOST_LINES = 500
PASTED = re.compile(r"^(?P<name>\D.*?)?[\s,，;；]*(?P<numbers>-?\d+(?:[.°度]).*)$")


def draft_forms(drafts: Iterable[Draft]) -> list[DraftForm]:
    """The forms of many drafts. What a new site at a village compares with is read in a few queries for all."""
    forms = [DraftForm(draft) for draft in drafts]
    new = [form for form in forms if form.point is None]
    organisations: dict[str, PartyOrganisation] = {}
    areas = {form.draft.area_id for form in new}
    there = PartyOrganisation.objects.unscoped("of the drafts' own places").filter(dissolved_on=None, unit=None)
    for organisation in there.filter(area__in=areas).order_by("code"):
        organisations.setdefault(organisation.area_id, organisation)
    sites: dict[str, list[DemonstrationPoint]] = {}
    evidence = defaultdict(list)
    photos = Evidence.objects.unscoped("of the drafts themselves").filter(draft__in=[form.draft.pk for form in new])
    for item in photos.filter(on_page=True).order_by("pk"):
        evidence[item.draft_id].append(item)
    for form in new:
        form.evidence, form.last_application = evidence[form.draft.pk], {}
        if not form.draft.values.get("unit"):
            form.unit, form.organisation = None, organisations.get(form.draft.area_id)
        township = township_of(form.draft.area_id)
        form.sites_of_township = sites[township] = sites.get(township) or form.sites_of_township
    return forms


@dataclass
class OpenDraft:
    """A draft in the list: `lacks` are the labels of what it needs, `unreadable` the sentences about what cannot be
    read."""

    form: DraftForm
    lacks: list[str | Promise] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for issue in [*self.form.hard, *self.form.open_doubts]:
            if issue.code == "required" or issue.code == "no_photo":
                self.lacks.append(label_of(issue))
            elif issue.hard and issue.code != "unconfirmed":
                self.unreadable.append(issue.text)

    @property
    def draft(self) -> Draft:
        return self.form.draft

    @property
    def position(self) -> str:
        return self.form.facts["position"].text

    @property
    def known(self) -> list[tuple[str | Promise, str]]:
        """(label, value) of the stored facts that wait for a confirmation; telephones masked."""
        facts = [fact for fact in self.form.facts.values() if self.form.asks_to_confirm(fact)]
        return [(fact.input.label, masked(fact.text) if fact.input.personal else fact.measured) for fact in facts]


def label_of(issue: DraftIssue) -> str | Promise:
    """The short name of what an issue is about."""
    if issue.name == "position":
        return SECTIONS["position"]
    return BY_NAME[issue.name].label if issue.name in BY_NAME else SECTIONS[issue.section]


def doubts_by_code(drafts: Iterable[OpenDraft]) -> dict[str, list[tuple[Draft, DraftIssue]]]:
    """The open doubts of all drafts, by their code: one reason sets aside all of a code."""
    doubts: dict[str, list[tuple[Draft, DraftIssue]]] = defaultdict(list)
    for open_draft in drafts:
        for doubt in open_draft.form.open_doubts:
            doubts[doubt.code].append((open_draft.draft, doubt))
    return dict(doubts)


def what_is_left(drafts: Iterable[OpenDraft]) -> str:
    """One sentence for all: “7 drafts still lack position, photos”; empty if there is no draft."""
    drafts = list(drafts)
    lacking = [draft for draft in drafts if draft.lacks or draft.unreadable]
    if not drafts:
        return ""
    if not lacking:
        return ngettext("%(count)s draft is complete", "%(count)s drafts are complete", len(drafts)) % {
            "count": len(drafts)
        }
    labels = dict.fromkeys(str(label) for draft in lacking for label in draft.lacks)
    what = pgettext("between names", ", ").join(labels) or _("what cannot be read")
    return ngettext("%(count)s draft still lacks %(what)s", "%(count)s drafts still lack %(what)s", len(lacking)) % {
        "count": len(lacking),
        "what": what,
    }


def positions_in(text: str, drafts: Iterable[OpenDraft]) -> tuple[dict[Any, str], list[str]]:
    """The position of each draft by its key in lines such as “小史马村 118.10, 39.52”, as they are pasted from a sheet,
    and a sentence for each line that cannot be used."""
    drafts = list(drafts)
    positions: dict[Any, str] = {}
    refused = []
    for number, line in enumerate(text.splitlines()[:MOST_LINES], start=1):
        if not (line := legible(line).strip()):
            continue
        match = PASTED.match(line)
        try:
            if match is None or position(match["numbers"]) is None:
                raise Invalid("not_a_position", text=line[:80])
        except Invalid as error:
            refused.append(_("Line %(number)s: %(text)s") % {"number": number, "text": error})
            continue
        name = (match["name"] or "").strip(" \t,，;；:：")
        named = [draft for draft in drafts if _is_called(draft, name)]
        if len(named) == 1:
            positions[named[0].draft.key] = match["numbers"].strip()
        else:
            text_of = _("no draft is called “%(name)s”") if not named else _("several drafts are called “%(name)s”")
            refused.append(_("Line %(number)s: %(text)s") % {"number": number, "text": text_of % {"name": name[:40]}})
    return positions, refused


def _is_called(open_draft: OpenDraft, name: str) -> bool:
    draft = open_draft.draft
    if not name:
        return False
    exact = {str(draft), draft.area.name, draft.area.short_name}
    return name in exact or same_stem(draft.area.name, name) or same_stem(str(draft), name)
