"""Photos and documents of a draft, and proof: sent whole or in parts, taken off; and handing out a photo to who may
see it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access.requests import SignedInRequest
from registry.actions import evidence as acts
from registry.models import Draft, Evidence, EvidenceKind, Upload
from registry.text.refusals import Refused
from registry.text.validators import plain_number

from .access import asks_for
from .drafts import draft_or_404

PART = 512 * 1024


@asks_for("draft.write")
@require_POST
def add(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """Photos chosen in the form, sent whole: the way without a script."""
    draft = draft_or_404(request, key)
    for file in request.FILES.getlist("photos"):
        try:
            name = str(file.name)
            acts.check_size(name, file.size or 0)
            acts.add_evidence(draft, name, file.read(), by=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
            if refusal.code == "slow_to_open":  # one such photo a request is enough
                break
    return redirect("draft-section", draft.key, "photos")


@asks_for("draft.write")
@require_POST
def begin(request: SignedInRequest, key: uuid.UUID) -> HttpResponse:
    """Announces a photo of a draft."""
    return _begin(request, draft_or_404(request, key))


@asks_for(*acts.PROVING)
@require_POST
def begin_proof(request: SignedInRequest) -> HttpResponse:
    """Announces a file of proof, which is sent while its form is filled in."""
    return _begin(request, None)


def _begin(request: SignedInRequest, draft: Draft | None) -> HttpResponse:
    """Answers how many bytes have arrived already, so that a cut upload goes on from there."""
    try:
        upload = acts.begin_upload(
            draft,
            key=uuid.UUID(request.POST.get("upload", "")),
            name=request.POST.get("name", ""),
            size=int(request.POST.get("size", "")),
            by=request.user,
        )
    except ValueError:
        return JsonResponse({"error": _("The photo cannot be sent like this. Choose it again.")}, status=400)
    return JsonResponse(_progress(upload) | {"part": PART})


def _progress(upload: Upload) -> dict[str, Any]:
    progress: dict[str, Any] = {"received": upload.received, "done": upload.is_done}
    return progress if upload.draft_id or not upload.is_done else progress | {"ticket": upload.ticket}


@asks_for("draft.write")
@require_POST
def part(request: SignedInRequest, key: uuid.UUID, upload: uuid.UUID) -> HttpResponse:
    """The next bytes of a photo of a draft."""
    return _part(request, get_object_or_404(Upload, key=upload, draft=draft_or_404(request, key)))


@asks_for(*acts.PROVING)
@require_POST
def part_of_proof(request: SignedInRequest, upload: uuid.UUID) -> HttpResponse:
    """The next bytes of a file of proof, from who began it."""
    return _part(request, get_object_or_404(Upload, key=upload, draft=None, by=request.user))


def _part(request: SignedInRequest, unfinished: Upload) -> HttpResponse:
    """The next bytes as the body; `offset` says where they belong."""
    offset = plain_number(request.GET.get("offset", ""))
    if offset is None or len(request.body) > 2 * PART:
        return JsonResponse({"error": _("The photo cannot be sent like this. Choose it again.")}, status=400)
    try:
        unfinished = acts.add_part(unfinished, offset, request.body)
    except Refused as refusal:
        unfinished.refresh_from_db()
        answer = {"error": str(refusal), "resume": refusal.code == "part_misplaced", "received": unfinished.received}
        return JsonResponse(answer, status=409)
    return JsonResponse(_progress(unfinished))


@asks_for("draft.write")
@require_POST
def remove(request: SignedInRequest, key: uuid.UUID, code: str) -> HttpResponse:
    draft = draft_or_404(request, key)
    photo = Evidence.objects.visible_to(request.user).of(draft, draft.point).filter(code=code).first()
    if photo is None:
        raise Http404
    acts.remove_evidence(photo, by=request.user)
    return redirect("draft-section", draft.key, "photos")


def evidence(request: HttpRequest, code: str) -> HttpResponseBase:
    """A photo, or a file as it came, for whoever may see it. Never run as a page by the browser."""
    record = Evidence.objects.visible_to(request.user).filter(code=code).first()
    if record is None:
        raise Http404
    response = file_response(record)
    response["Cache-Control"] = "private, no-store" if request.user.is_authenticated else "public, max-age=3600"
    return response


def file_response(record: Evidence) -> FileResponse:
    """The picture shown, or the file as it came, to be kept and not to be run. Who asks was asked before."""
    is_photo = record.kind == EvidenceKind.PHOTO
    file = record.shown if is_photo else record.original
    if not file or not file.storage.exists(str(file.name)):
        raise Http404
    response = FileResponse(file.open(), as_attachment=not is_photo, filename=record.file_name if not is_photo else "")
    response["Content-Type"] = "image/jpeg" if is_photo else "application/octet-stream"
    response["Content-Security-Policy"] = "sandbox"
    return response
