"""Why an act was refused: a code, and the details that make its sentence."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SENTENCES = {
    "not_allowed": gettext_noop("Your account may not do this here. Ask an administrator of the district."),
    "stale": gettext_noop(
        "%(who)s changed this record at %(when)s, after you opened it. Look at the new values and save again."
    ),
    "wrong_move": gettext_noop("A point that is “%(before)s” cannot become “%(after)s”."),
    "paper_missing": gettext_noop(
        "Naming, withdrawal and a change of grade or level need the number of the paper they stand on."
    ),
    "grade_missing": gettext_noop("A named point needs a level and a grade."),
    "reason_missing": gettext_noop("A withdrawal, or a change of level or grade, needs a reason."),
    "in_future": gettext_noop("%(day)s has not come yet. Enter the decision on its day or later."),
    "too_early": gettext_noop("The change must lie after %(since)s, when the present period began."),
    "own_work": gettext_noop("You wrote this yourself: somebody else has to decide on it."),
    "not_open": gettext_noop("%(who)s has taken this further at %(when)s: it is now “%(state)s”."),
    "incomplete": gettext_noop("Still to be done before it can be submitted: %(count)s."),
    "doubts_open": gettext_noop("Warnings neither mended nor set aside with a reason: %(count)s."),
    "reason_short": gettext_noop("Give the reason in a few words: the reviewer will read it."),
    "nothing_typed": gettext_noop("Nothing was changed, so there is nothing to submit."),
    "file_empty": gettext_noop("“%(name)s” is empty. Choose it again."),
    "file_large": gettext_noop("“%(name)s” has %(size)s MB: at most %(most)s MB. Choose a smaller one."),
    "not_a_photo": gettext_noop("“%(name)s” is not a photo that can be read. Take a JPEG, PNG, WebP or HEIC picture."),
    "photo_large": gettext_noop("“%(name)s” has too many pixels: at most %(most)s million."),
    "part_misplaced": gettext_noop("This part does not follow the last one: %(received)s bytes have arrived."),
    "remark_missing": gettext_noop("Say what has to be put right, at one field at least."),
    "nothing_changes": gettext_noop("Nothing would change: status, level and grade are as they were."),
}  # fmt: skip


class Refused(Exception):
    """An act that may not be done. Tests look at `code`; people read the sentence, in their own language."""

    def __init__(self, code: str, **details: Any):
        super().__init__(code)
        self.code, self.details = code, details

    def __str__(self) -> str:
        return _(SENTENCES[self.code]) % self.details
