"""Forms saved while typing, of each account alone. This logs no event: nothing of the registry changes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from registry.models import UnsentForm
from registry.text.validators import REFUSED

from .records import locked

LONGEST = 5000  # characters of one text: longer than any field takes


def unsent_form(path: str, *, by: Any) -> UnsentForm:
    """What `by` typed in the form at `path`; not stored if there is nothing."""
    return UnsentForm.objects.filter(by=by, path=path).first() or UnsentForm(by=by, path=path)


@transaction.atomic
def save_typed(path: str, texts: Mapping[str, str], *, by: Any) -> UnsentForm:
    """Adds `texts` by the name of their field to what was typed before."""
    form = locked(UnsentForm.objects.get_or_create(by=by, path=path)[0])
    form.values |= {name: REFUSED.sub("", text)[:LONGEST] for name, text in texts.items()}
    form.save()
    return form


def forget_typed(path: str, *, by: Any) -> None:
    """Empties what was typed, because the form was sent."""
    UnsentForm.objects.filter(by=by, path=path).update(values={}, sent_at=timezone.now())


def clear_unsent(now: datetime) -> int:
    """Deletes forms that nobody went on with."""
    return UnsentForm.objects.filter(saved_at__lt=now - timedelta(days=settings.KEEP_UPLOAD_DAYS)).delete()[0]
