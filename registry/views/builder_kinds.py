"""What lies on a builder's page, and how belts, zones and study routes differ there."""

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.actions.groupings import Member, memberships_of, place_of, refusals_to_save_grouping, save_grouping
from registry.actions.routes import PlannedStop, refusals_to_save_route, save_route, stops_of
from registry.fields.outlines import points_inside
from registry.forms import BeltForm, BuilderForm, RouteForm, ZoneForm
from registry.models import PLACES, Belt, DemonstrationPoint, StudyRoute, User, Zone, timetable, verdict_over
from registry.models.base import in_area_q
from registry.overviews.member_selection import MemberSelection, Search, SelectedPoint
from registry.text.refusals import Refused
from registry.text.validators import Invalid


class Builder:
    """The record, its form, the places chosen, what is searched for, and what stands in the way. `is_dated`: what it
    holds belongs to it from one day to another; `is_ordered`: in an order of its own."""

    do_not_call_in_templates: ClassVar[bool] = True  # the list page is given the class
    kind: ClassVar[str]
    model: ClassVar[Any]
    form_class: ClassVar[type[BuilderForm]]
    places: ClassVar[tuple[str, ...]]
    title: ClassVar[str | Promise]
    new: ClassVar[str | Promise]
    refusals_to: ClassVar[Callable[..., Iterable[Refused]]]
    is_dated: ClassVar[bool] = True
    is_ordered: ClassVar[bool] = True
    form: Any
    chosen: MemberSelection
    search: Search
    stale: Refused | None = None
    theirs: Any = None  # the record as somebody else saved it meanwhile

    def __init__(self, record: Any, viewer: User, today: date):
        self.record, self.viewer, self.today = record, viewer, today
        self.refusals: list[Refused] = []

    # What the kinds differ in

    @classmethod
    def listed(cls, viewer: User, today: date) -> Any:
        """The records that the account may build."""
        return cls.model.objects.visible_to(viewer).filter(in_area_q(viewer.write_prefix))

    @classmethod
    def stage_of(cls, record: Any, today: date) -> str:
        return record.stage(today).label

    def stored(self, record: Any) -> MemberSelection:
        """What the record holds: members that have not left, or stops."""
        raise NotImplementedError

    def planned(self, row: SelectedPoint) -> Any:
        """A chosen row as the act wants it. Raises Invalid."""
        raise NotImplementedError

    def save(self, members: list[Any]) -> Any:
        """Writes the record with what it holds, and returns it."""
        raise NotImplementedError

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The chosen rows with what is known of each."""
        return [{"row": row, "is_on": row.is_on(self.today)} for row in self.chosen.rows]

    @property
    def verdict(self) -> Any:
        """Whether a belt qualifies with what is chosen."""
        return None

    @property
    def former(self) -> list[Any]:
        """Members that left."""
        return []

    @property
    def inside(self) -> list[str]:
        """Keys of the sites that lie in a zone's outline and are not chosen yet."""
        return []

    @property
    def their_outline(self) -> str:
        """The outline of a zone as somebody else saved it, if it differs."""
        return ""

    # What they share

    def open(self) -> None:
        """Lays out what is stored."""
        self.form = self.form_class(instance=self.record, viewer=self.viewer)
        self.chosen, self.search = self.stored(self.record), Search(self.places[0])

    def read(self, typed: QueryDict, *, is_checked: bool) -> None:
        """Lays out what was typed, which is checked only to be saved."""
        values: dict[str, Any] = {"data": typed} if is_checked else {"initial": typed.dict()}
        self.form = self.form_class(**values, instance=self.record, viewer=self.viewer)
        self.chosen = MemberSelection.typed_in(typed, self.places, self.viewer)
        self.search = Search.typed_in(typed, self.places)

    def check(self) -> list[Any] | None:
        """The chosen rows as the act wants them; None if something stands in the way, which each row, the form and
        `refusals` then say."""
        members, readable = [], []
        for row in self.chosen.rows:
            try:
                members.append(self.planned(row))
                readable.append(row)
            except Invalid as invalid:
                row.problem = str(invalid)
        is_valid = self.form.is_valid()
        for refusal in self.refusals_to(self.record, members):
            if "row" in refusal.details:
                readable[refusal.details["row"]].problem = str(refusal)
            else:
                self.refusals.append(refusal)
        return members if is_valid and not self.refusals and not self.chosen.has_problem else None

    def put_beside(self, refusal: Refused) -> None:
        """Somebody else saved it meanwhile: everything typed stays, what they saved stands beside it, and saving again
        writes over theirs knowingly."""
        self.stale = refusal
        code = refusal.details.get("code") or self.record.code  # of a new one: the same form was sent before
        if refusal.code == "stale":
            self.theirs = self.model.objects.visible_to(self.viewer).filter(code=code).first()
        if self.theirs:
            self.form.data = self.form.data.copy()
            self.form.data["version"] = str(self.theirs.version)
            self.record = self.theirs

    @property
    def problems(self) -> list[tuple[str, str, Any]]:
        """What stands in the way beside the form's own errors: the place on the page, no label, the words."""
        wrong = [(f"row-{row.number}", "", row.problem) for row in self.chosen.rows if row.problem]
        return [("chosen", "", refusal) for refusal in self.refusals] + wrong

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The fields with what somebody else saved meanwhile, where that differs."""
        stored = self.form_class(instance=self.theirs, viewer=self.viewer) if self.theirs else None
        fields = []
        for bound in self.form.input_fields:
            theirs = ""
            if stored is not None and _text(stored[bound.name].value()) != _text(bound.value()):
                value = stored[bound.name].value()
                theirs = str(dict(getattr(bound.field, "choices", ())).get(value, value) or "—")
            fields.append({"field": bound, "theirs": theirs})
        return fields

    @property
    def their_rows(self) -> list[str]:
        """What the record holds as somebody else saved it, if that differs from what is chosen here."""
        if self.theirs is None:
            return []
        stored = self.stored(self.theirs).rows
        theirs, mine = ([(row.key, row.typed) for row in rows] for rows in (stored, self.chosen.rows))
        return [] if theirs == mine else [str(row.place) for row in stored] or ["—"]

    @property
    def map(self) -> dict[str, Any]:
        """What the map draws: the places one may tap, those chosen in order, the outline, and where it is broken."""
        outline, invalid = getattr(self.form, "drawn", (None, None))
        details = invalid.details if invalid else {}
        return {
            "chosen": [row.key for row in self.chosen.on(self.today)],
            "outline": outline.geometry if outline else None,
            "fault": [details["lat"], details["lng"]] if details.get("lat") is not None else None,
        }


class GroupingBuilder(Builder):
    """What belts and zones share: members from one day to another."""

    refusals_to = staticmethod(refusals_to_save_grouping)

    def stored(self, record: Any) -> MemberSelection:
        """The members of today or later, as many as the page takes; saving leaves the others as they are."""
        chosen = MemberSelection(self.places, self.viewer)
        for membership in memberships_of(record):
            if chosen.is_full:
                break
            if membership.valid_to is None or membership.valid_to > self.today:
                days = {"since": _text(membership.valid_from), "until": _text(membership.valid_to)}
                chosen.add(place_of(membership), **days)
                chosen.rows[-1].stored_pk = membership.pk
        return chosen

    def planned(self, row: SelectedPoint) -> Member:
        return Member(row.place, row.day("since"), row.day("until"), row.stored_pk)

    def save(self, members: list[Any]) -> Any:
        return save_grouping(self.form.opened, members=members, key=self.form.cleaned_data["key"], by=self.viewer)

    @property
    def former(self) -> list[Any]:
        return [row for row in memberships_of(self.record) if row.valid_to and row.valid_to <= self.today]


class BeltBuilder(GroupingBuilder):
    kind, model, form_class, places = "belts", Belt, BeltForm, ("point",)
    title, new = gettext_lazy("Build belts"), gettext_lazy("New belt")

    @classmethod
    def listed(cls, viewer: User, today: date) -> Any:
        return super().listed(viewer, today).with_point_counts(today)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each row with whether it counts in the belt."""
        verdict = verdict_over([row.place for row in self.chosen.rows], self.today)
        stops = {stop.point.pk: stop for stop in verdict.stops}
        return [row | {"stop": stops[row["row"].place.pk]} for row in super().rows]

    @property
    def verdict(self) -> Any:
        return verdict_over([row.place for row in self.chosen.on(self.today)], self.today)


class ZoneBuilder(GroupingBuilder):
    kind, model, form_class, places = "zones", Zone, ZoneForm, ("point", "belt")
    title, new = gettext_lazy("Build zones"), gettext_lazy("New zone")
    is_ordered = False

    @property
    def inside(self) -> list[str]:
        outline, _invalid = self.form.drawn
        if outline is None:
            return []
        named = DemonstrationPoint.objects.visible_to(self.viewer).named(self.today).order_by("code")
        keys = [f"point:{point.code}" for point in points_inside(outline.geometry, list(named))]
        chosen = self.chosen.keys(self.today)
        return [key for key in keys if key not in chosen]

    @property
    def their_outline(self) -> str:
        drawn = self.form.drawn[0]
        if self.theirs is None or self.theirs.outline == (drawn and drawn.geometry):
            return ""
        return json.dumps(self.theirs.outline) if self.theirs.outline else "—"


class RouteBuilder(Builder):
    kind, model, form_class, places = "routes", StudyRoute, RouteForm, PLACES
    title, new = gettext_lazy("Build routes"), gettext_lazy("New route")
    refusals_to = staticmethod(refusals_to_save_route)
    is_dated = False

    @classmethod
    def stage_of(cls, record: Any, today: date) -> str:
        return _("Closed") if record.closed_on and record.closed_on <= today else _("In use")

    def stored(self, record: Any) -> MemberSelection:
        chosen = MemberSelection(self.places, self.viewer)
        for stop in stops_of(record):
            chosen.add(stop.place, minutes=_text(stop.minutes), travel=_text(stop.travel_minutes))
        return chosen

    def planned(self, row: SelectedPoint) -> PlannedStop:
        return PlannedStop(row.kind, row.place, row.minutes("minutes"), row.minutes("travel"))

    def save(self, members: list[Any]) -> Any:
        return save_route(self.form.opened, stops=members, key=self.form.cleaned_data["key"], by=self.viewer)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each row with when the route reaches it, as far as what was typed can be read."""
        try:
            start = self.form.fields["start_time"].clean(self.form["start_time"].value())
        except ValidationError:
            start = None
        times = timetable(start, [self._readable(row) for row in self.chosen.rows])
        return [{"row": row, "timed": timed, "is_on": True} for row, timed in zip(self.chosen.rows, times, strict=True)]

    def _readable(self, row: SelectedPoint) -> PlannedStop:
        try:
            return self.planned(row)
        except Invalid:
            return PlannedStop(row.kind, row.place)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


BUILDERS: dict[str, type[Builder]] = {builder.kind: builder for builder in (BeltBuilder, ZoneBuilder, RouteBuilder)}
