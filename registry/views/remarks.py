"""Remarks from the public: leaving one and asking what became of it, and the owner's side on the desk."""

import uuid
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache

from registry.access.client_ip import client_ip
from registry.access.permissions import may
from registry.access.requests import SignedInRequest
from registry.access.scope import read_scope
from registry.actions import remarks as acts
from registry.actions.access_log import log_reading
from registry.kinds import KINDS, Kind
from registry.models import Remark, RemarkState
from registry.overviews import tasks
from registry.overviews.history import history_of
from registry.text.refusals import Refused
from registry.text.validators import Invalid

from .access import asks_for
from .drafts import key_of
from .paging import page_within
from .records import facts_of, kind_or_404

SETTLED = 50  # of the settled remarks, the list shows the latest


def sender_of(request: HttpRequest) -> str:
    """A fingerprint that tells senders of one day apart and cannot be turned back into an address."""
    address = client_ip(request)
    try:
        network = str(ip_network(f"{address}/{64 if ':' in address else 32}", strict=False))
    except ValueError:
        network = address
    return salted_hmac("registry.remarks.sender", f"{timezone.localdate()} {network}", algorithm="sha256").hexdigest()


def _public_record(address: Mapping[str, str]) -> tuple[Kind, Any]:
    kind, code = kind_or_404(address.get("kind", "")), address.get("code", "")
    record = kind.model.objects.public().filter(code=code).first() if code.isprintable() else None
    if record is None:
        raise Http404
    return kind, record


@never_cache
def leave(request: HttpRequest) -> HttpResponse:
    """The form under a public record, at an address of its own so that the record's page needs no cookie."""
    kind, record = _public_record(request.GET)
    if request.method != "POST":
        return _form(request, kind, record, {"key": uuid.uuid4()})
    if request.POST.get("website"):  # a field people do not see
        return redirect("record", kind.slug, record.code)
    values, problems = acts.read_remark(request.POST)
    if problems:
        return _form(request, kind, record, request.POST, problems, status=400)
    try:
        key = key_of(request.POST.get("key", ""))
        remark = acts.leave_remark(kind, record, sender=sender_of(request), key=key, **values)
    except Refused as refusal:
        return _form(request, kind, record, request.POST, refusal=refusal, status=429)
    return redirect("remark", remark.code)


def _form(
    request: HttpRequest,
    kind: Kind,
    record: Model,
    typed: Mapping[str, Any],
    problems: Mapping[str, Invalid] | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    labels = {"text": pgettext("from the public", "Remark"), "contact": _("How to reach you")}
    wrong = problems or {}
    context = {
        "kind": kind,
        "record": record,
        "typed": typed,
        "wrong": wrong,
        "problems": [(name, label, wrong[name]) for name, label in labels.items() if name in wrong],
        "refusal": refusal,
    }
    return render(request, "registry/remarks/leave.html", context, status=status)


@never_cache
def followed(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a remark, for who holds its number: not its text, nor who wrote it."""
    remark = get_object_or_404(Remark.objects.unscoped("its number is known to its writer"), code=code)
    return render(request, "registry/remarks/followed.html", {"remark": remark, "kind": KINDS.get(remark.kind)})


@asks_for("remark.answer", "point.notice")
def remarks(request: SignedInRequest) -> HttpResponse:
    """The remarks of the account's area: the open ones by the day they are due, then the latest settled ones."""
    today = timezone.localdate()
    rows = tasks.remarks_for(request.user).select_related("area", "answered_by")
    waiting = page_within(rows.open().order_by("due_on", "pk"), request.GET)
    context = {
        "page": waiting,
        "waiting": [(remark, remark.due_on < today) for remark in waiting],
        "settled": rows.exclude(state=RemarkState.NEW).order_by("-answered_at")[:SETTLED],
    }
    return render(request, "registry/remarks/list.html", context)


ACTS: dict[str, Callable[[Remark, str, Any], Remark]] = {  # what the form offers to do
    "corrected": lambda remark, words, by: acts.answer_remark(remark, outcome="corrected", reply=words, by=by),
    "unchanged": lambda remark, words, by: acts.answer_remark(remark, outcome="unchanged", reply=words, by=by),
    "passed_on": lambda remark, words, by: acts.pass_on_remark(remark, note=words, by=by),
    "rejected": lambda remark, words, by: acts.reject_remark(remark, reason=words, by=by),
}


@asks_for("remark.answer", "point.notice")
def remark(request: SignedInRequest, code: str) -> HttpResponse:
    """One remark beside what the registry holds of its record, with its clock; and the answering, for whom it waits."""
    remarks = Remark.objects.visible_to(request.user).in_area(request.user.write_prefix)
    remark = remarks.select_related("area", "answered_by").filter(code=code).first()
    if remark is None:
        raise Http404
    if request.method != "POST":
        return _remark(request, remark)
    act = ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise Refused("outcome_missing")
        act(remark, request.POST.get("words", ""), request.user)
    except Refused as refusal:
        remark.refresh_from_db()
        return _remark(request, remark, refusal)
    messages.success(request, _("The remark on “%(name)s” was dealt with.") % {"name": remark.record_name})
    return redirect("desk-remarks")


def _remark(request: HttpRequest, remark: Remark, refusal: Refused | None = None) -> HttpResponse:
    kind = KINDS[remark.kind]
    record = kind.model.objects.visible_to(request.user).filter(code=remark.record_code).first()
    may_answer = may(request.user, acts.right_to_answer(remark), remark)
    if may_answer and remark.contact:
        log_reading(remark, ["contact"], by=request.user)
    context = {
        "remark": remark,
        "kind": kind,
        "record": record,
        "facts": facts_of(kind, record, read_scope({}, request.user)) if record else [],
        "entries": history_of(record, request.user)[:5] if record else [],
        "is_late": remark.state == RemarkState.NEW and remark.due_on < timezone.localdate(),
        "may_answer": may_answer,
        "refusals": list(acts.refusals_to_answer(remark, by=request.user)),
        "may_pass_on": not any(acts.refusals_to_pass_on(remark, by=request.user)),
        "refusal": refusal,
        "typed": request.POST,
    }
    return render(request, "registry/remarks/remark.html", context, status=409 if refusal else 200)
