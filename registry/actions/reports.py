"""Texts of the district in its year report."""

import uuid
from typing import Any

from django.db import transaction

from registry.models import ReportText

from .records import done_before, save_record


def text_of(year: int, section: str) -> ReportText:
    """The district's text on a section, or an unsaved row for it."""
    text = ReportText.objects.public().filter(year=year, section=section).first()
    return text or ReportText(code=f"RT-{year}-{section}", year=year, section=section)


@transaction.atomic
def save_report_text(record: ReportText, *, by: Any, key: uuid.UUID) -> ReportText:
    """Adds or changes the text. The same form sent twice is one change; an older version is Refused("stale")."""
    if done_before(key, by=by):
        return record
    return save_record(record, right="report.write", by=by, key=key)
