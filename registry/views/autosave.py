"""Forms that save while typing, by the script of a draft's form: the view offers what was typed before, answers the
script, and forgets it once the form was sent."""

from django import forms
from django.http import JsonResponse
from django.utils import timezone

from registry.access.requests import SignedInRequest
from registry.actions.unsent_forms import forget_typed, save_typed, unsent_form


def offer_typed(request: SignedInRequest, form: forms.BaseForm) -> None:
    """Puts what the account typed here before into a form that was not sent."""
    unsent = unsent_form(request.path, by=request.user)
    form.whole = f"{request.user.pk}:{request.path}"  # type: ignore[attr-defined]
    form.keep = f"{form.whole}:{unsent.sent_at or ''}"  # type: ignore[attr-defined]
    form.typed_at = unsent.saved_at if unsent.values else None  # type: ignore[attr-defined]
    if not form.is_bound:
        form.initial.update({name: text for name, text in unsent.values.items() if name in form.fields})


def save_while_typing(request: SignedInRequest, form: forms.BaseForm) -> JsonResponse:
    """Saves what a script sends of the form, and answers what is wrong with it; what is still empty is not."""
    names = [
        name for name, field in form.fields.items() if name in request.POST and not isinstance(field, forms.FileField)
    ]
    unsent = save_typed(request.path, {name: request.POST[name] for name in names}, by=request.user)
    problems = {
        name: " ".join(str(message) for error in form.errors.as_data().get(name, ()) for message in error.messages)
        for name in names
        if request.POST[name].strip()
    }
    return JsonResponse(
        {
            "saved": f"{timezone.localtime(unsent.saved_at):%H:%M}",
            "problems": {name: text for name, text in problems.items() if text},
            "conflicts": [],
        }
    )


def forget(request: SignedInRequest) -> None:
    forget_typed(request.path, by=request.user)
