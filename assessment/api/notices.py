"""Public notices in the API: list, detail, and posting."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from assessment.actions import naming
from assessment.models import Notice
from registry.access.permissions import may
from registry.api.base import ApiView
from registry.api.idempotency import idempotent
from registry.api.inputs import Inputs, ListInput, TextInput, day
from registry.api.parsers import ExactJSON
from registry.api.write_schema import KEY
from registry.text.refusals import Refused
from registry.text.validators import line, prose

from .reviews import notices_for, reviews_for, serialize_notice

MOST = 200


class NoticeSerializer(serializers.Serializer):
    """A public notice. Only accounts that write in the area see the codes of its rounds."""

    code = serializers.CharField()
    title = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    document_no = serializers.CharField(allow_blank=True, required=False)
    text = serializers.CharField(allow_blank=True, required=False)
    url = serializers.URLField(required=False)
    reviews = serializers.ListField(child=serializers.CharField(), required=False)
    version = serializers.IntegerField(required=False)


class NoticesSerializer(serializers.Serializer):
    results = NoticeSerializer(many=True)


class NoticeInputs(Inputs):
    """A notice to post. `reviews` are the codes of rounds."""

    reviews = ListInput(line(40), required=True)
    title = TextInput(line(120), required=True)
    starts_on = TextInput(day)
    document_no = TextInput(line(60))
    text = TextInput(prose(2000))


class NoticeList(ApiView):
    accepted = ("format",)
    parser_classes = [ExactJSON]

    @extend_schema(operation_id="notices_list", responses=NoticesSerializer)
    def get(self, request: Request) -> Response:
        """The visible notices, the latest first."""
        notices = notices_for(request.user)[:MOST]
        return Response({"results": [_line(notice, request) for notice in notices]})

    @extend_schema(
        operation_id="notices_post", request=NoticeInputs, responses={201: NoticeSerializer},
        parameters=[KEY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Posts a notice of scored points, given by the codes of their rounds."""
        if not may(request.user, "point.notice"):
            raise Refused("not_allowed")
        values = NoticeInputs.read(request.data)
        codes = values.pop("reviews")
        chosen = list(reviews_for(request.user).filter(code__in=codes))
        for code in set(codes) - {review.code for review in chosen}:
            raise Refused("not_scored", name=code)
        values.setdefault("starts_on", timezone.localdate())

        def act() -> Response:
            notice = naming.post_notice(chosen, by=request.user, **values)
            url = reverse("api-notice", [notice.code], request=request)
            return Response(serialize_notice(notice), 201, headers={"Location": url})

        return idempotent(request, request.data, act)


class NoticeView(ApiView):
    accepted = ("format",)

    @extend_schema(operation_id="notices_retrieve", responses=NoticeSerializer)
    def get(self, request: Request, code: str) -> Response:
        """A notice. For accounts that write in the area, with the codes of the rounds whose points are still on it."""
        notice = notices_for(request.user).filter(code=code).first()
        if notice is None:
            raise Http404
        body = _line(notice, request)
        if request.user.is_authenticated and request.user.write_prefix:
            body = serialize_notice(notice) | body
        return Response(body)


def _line(notice: Notice, request: Request) -> dict:
    return {
        "code": notice.code,
        "title": notice.title,
        "starts_on": notice.starts_on.isoformat(),
        "ends_on": notice.ends_on.isoformat(),
        "document_no": notice.document_no,
        "text": notice.text,
        "url": reverse("api-notice", [notice.code], request=request),
    }
