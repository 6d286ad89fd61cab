"""Actions on sites and on drafts of sites, except reviews."""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from registry.access.permissions import may
from registry.actions import drafts as acts
from registry.actions.points import (
    change_title,
    correct_standing,
    open_period,
    refusals_to_change_title,
    refusals_to_correct,
    withdraw_point,
)
from registry.api.actions import RecordActionView, actions_on, needs, require_version
from registry.api.inputs import TextInput, TypedInput, day, inputs_of
from registry.api.write_schema import IF_MATCH, KEY
from registry.api.write_views import versions_in
from registry.fields.points import BY_NAME
from registry.models import DemonstrationPoint, Draft, DraftState, Grade, Level, PointStatus
from registry.overviews.draft_form import DraftForm
from registry.text.refusals import Refused
from registry.text.validators import choice, line, masked, whole

from .base import ApiView
from .idempotency import idempotent

MOST = 500
REASON, PAPER, ON = TextInput(), TextInput(line(60)), TextInput(day)


def serialize_point(point: DemonstrationPoint) -> dict[str, Any]:
    now = open_period(point)
    standing = {name: getattr(now, name, "") or None for name in ("status", "level", "grade")}
    return {"code": point.code, **standing, "version": point.version}


def serialize_draft(draft: Draft) -> dict[str, Any]:
    return {
        "key": str(draft.key),
        "point": draft.point.code if draft.point else None,
        "name": str(draft),
        "area": draft.area_id,
        "state": draft.state,
        "version": draft.version,
    }


def points_for(user: Any) -> Any:
    return DemonstrationPoint.objects.visible_to(user)


def drafts_for(user: Any) -> Any:
    return Draft.objects.visible_to(user).select_related("point", "area")


def on_its_draft(act: Callable[..., Any]) -> Callable[..., Any]:
    """An action on the draft of a site, as an action on the site."""

    def act_on_point(point: DemonstrationPoint, **values: Any) -> Any:
        draft = acts.unsettled_draft(point)
        if draft is None:
            raise Refused("nothing_typed")
        return act(draft, **values)

    return act_on_point


def against_its_draft(right: str, refusals: Callable[..., Iterator[Refused]]) -> Callable[..., Iterator[Refused]]:
    """The refusals of an action on the draft of a site."""

    def refusals_of_point(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
        draft = acts.unsettled_draft(point)
        if not may(by, right, point):
            yield Refused("not_allowed")
        elif draft is None:
            yield Refused("nothing_typed")
        else:
            yield from refusals(draft, by=by)

    return refusals_of_point


def _against_submitting(draft: Draft, *, by: Any) -> Iterator[Refused]:
    yield from _against_writing(draft, by=by)
    if draft.state == DraftState.OPEN:
        yield from acts.refusals_to_submit(DraftForm(draft), by=by)


def _against_writing(draft: Draft, *, by: Any) -> Iterator[Refused]:
    if not may(by, "draft.write", draft):
        yield Refused("not_allowed")
    elif draft.state not in (DraftState.OPEN, DraftState.SUBMITTED):
        yield acts.moved_on(draft)


def _regrade(point: DemonstrationPoint, *, by: Any, **change: Any) -> Any:
    """An empty level or grade is the same as one left out."""
    return change_title(point, by=by, status=PointStatus.NAMED, **{name: text for name, text in change.items() if text})


def _against_correcting(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
    """The refusals of a correction that do not depend on the inputs."""
    return refusals_to_correct(point, level="…", grade="…", document_no="…", batch="…", reason="……", by=by)


def _against(status: str) -> Callable[..., Iterator[Refused]]:
    """The refusals of a title change that do not depend on the inputs."""

    def refusals(point: DemonstrationPoint, *, by: Any) -> Iterator[Refused]:
        found = refusals_to_change_title(point, by=by, status=status, document_no="…", reason="…")
        yield from (refusal for refusal in found if refusal.code != "nothing_changes")

    return refusals


POINTS = actions_on("points", points_for, serialize_point)
POINTS.add(
    "submit", _("Submit the draft of the site"), on_its_draft(acts.submit_draft),
    against_its_draft("draft.write", _against_submitting),
)  # fmt: skip
POINTS.add(
    "confirm", _("Confirm the site for the year"), acts.confirm_site, needs("point.confirm"),
    year=TextInput(whole(2000, 2200)),
)  # fmt: skip
POINTS.add(
    "unconfirm", _("Take back the confirmation of the site for the year"), acts.unconfirm_site, needs("point.confirm"),
    year=TextInput(whole(2000, 2200)),
)  # fmt: skip
POINTS.add(
    "withdraw", _("Withdraw the title"), withdraw_point, _against(PointStatus.WITHDRAWN), reason=REASON,
    document_no=PAPER, on=ON,
)  # fmt: skip
POINTS.add(
    "regrade", _("Change the level or grade of a named site"), _regrade, _against(PointStatus.NAMED),
    level=TextInput(choice(Level)), grade=TextInput(choice(Grade)), reason=REASON, document_no=PAPER, on=ON,
)  # fmt: skip
POINTS.add(
    "correct", _("Correct what was typed of the title"), correct_standing,
    _against_correcting, level=TextInput(choice(Level)),
    grade=TextInput(choice(Grade)), document_no=PAPER, batch=TextInput(line(40)), on=ON,
    reason=TextInput(required=True),
)  # fmt: skip
DRAFTS = actions_on("drafts", drafts_for, serialize_draft, key="key")
DRAFTS.add("submit", _("Submit the draft of the site"), acts.submit_draft, _against_submitting)
DRAFTS.add("confirm", _("Vouch for what the registry holds of the site"), acts.confirm_facts, _against_writing)
DRAFTS.add(
    "overrule", _("Set a warning aside"), acts.overrule, _against_writing, doubt=TextInput(line(80), required=True),
    reason=TextInput(required=True),
)  # fmt: skip
DRAFTS.add("take-back", _("Take the submission back before it was opened"), acts.take_back, acts.refusals_to_take_back)
DRAFTS.add("discard", _("Put the draft away"), acts.discard_draft, _against_writing)


class DraftSerializer(serializers.Serializer):
    """A draft of a new site, or of changes to a site."""

    key = serializers.UUIDField()
    point = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    area = serializers.CharField()
    state = serializers.ChoiceField(DraftState.choices)
    version = serializers.IntegerField()


class DraftLineSerializer(DraftSerializer):
    url = serializers.URLField()


class DraftFieldSerializer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    confirmed = serializers.BooleanField()
    changed = serializers.BooleanField()


class DraftProblemSerializer(serializers.Serializer):
    code = serializers.CharField()
    key = serializers.CharField(help_text=_("What a reason sets aside."))
    field = serializers.CharField(allow_blank=True)
    hard = serializers.BooleanField()
    text = serializers.CharField()
    set_aside = serializers.CharField(allow_blank=True)


class FullDraftSerializer(DraftSerializer):
    fields = DraftFieldSerializer(many=True)  # type: ignore[assignment]
    problems = DraftProblemSerializer(many=True)


class DraftsSerializer(serializers.Serializer):
    results = DraftLineSerializer(many=True)


FIELDS_OF_DRAFT = inputs_of("DraftFields", {name: TypedInput() for name in BY_NAME})


class DraftList(ApiView):
    accepted = ("format",)

    @extend_schema(operation_id="drafts_list", responses=DraftsSerializer)
    def get(self, request: Request) -> Response:
        """Open drafts of the account's area, the latest first."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        drafts = drafts_for(request.user).unsettled()[:MOST]
        rows = [(serialize_draft(draft), reverse("api-draft", [draft.key], request=request)) for draft in drafts]
        return Response({"results": [row | {"url": url} for row, url in rows]})


class DraftView(RecordActionView):
    """A draft with its typed values, the stored values, and its open issues."""

    records = DRAFTS

    @extend_schema(operation_id="drafts_retrieve", responses=FullDraftSerializer)
    def get(self, request: Request, code: str) -> Response:
        """The typed and the stored value of each field, and the open issues."""
        return self._draft_response(request, self.record(request, code))

    @extend_schema(
        operation_id="drafts_change",
        request=FIELDS_OF_DRAFT,
        responses=FullDraftSerializer,
        parameters=[KEY, IF_MATCH],
    )
    def patch(self, request: Request, code: str) -> Response:
        """Saves the typed values, valid or not. `If-Match` names the version."""
        draft, versions = self.record(request, code), versions_in(request)
        typed = inputs_of("DraftFields", {name: TypedInput() for name in DraftForm(draft).facts}).read(request.data)

        def act() -> Response:
            require_version(draft, versions)
            acts.save_fields(draft, typed, was={}, by=request.user)
            return self._draft_response(request, self.record(request, code))

        return idempotent(request, [request.data, versions], act)

    def _draft_response(self, request: Request, draft: Draft) -> Response:
        drafting = DraftForm(draft)
        own = may(request.user, "draft.write", draft)
        if own:
            acts.log_reading_of(drafting, by=request.user)
        fields = [
            {
                "name": fact.input.name,
                "value": masked(fact.text) if fact.input.personal and not own else fact.text,
                "confirmed": fact.confirmed,
                "changed": fact.changed,
            }
            for fact in drafting.facts.values()
        ]
        problems = [
            {
                "code": problem.code,
                "key": problem.key,
                "field": problem.name,
                "hard": problem.hard,
                "text": problem.text,
                "set_aside": drafting.overruled(problem),
            }
            for problem in drafting.problems
        ]
        result = serialize_draft(draft) | {"fields": fields, "problems": problems}
        return Response(result, headers={"ETag": f'"{draft.version}"'})
