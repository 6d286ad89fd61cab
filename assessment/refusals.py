"""Why an act of judging was refused, in words; see registry/refusals.py."""

from django.utils.translation import gettext_noop

from registry.refusals import SENTENCES

SENTENCES.update(
    {
        "no_standard": gettext_noop("No standard is in force on this day. An administrator has to enter one first."),
        "decided": gettext_noop("%(who)s has decided on this already, at %(when)s: %(what)s."),
        "not_in_review": gettext_noop("The point is “%(status)s”: there is nothing to score now."),
        "in_review": gettext_noop("“%(name)s” is in review already."),
        "scores_missing": gettext_noop("%(count)s items have no score yet."),
        "vetoed": gettext_noop("A veto item was raised: it can only be refused, whatever the score."),
        "below_line": gettext_noop("The total of %(total)s lies below the lowest pass line of %(line)s."),
        "seen_otherwise": gettext_noop(
            "Somebody else changed the scores after you opened the page. The new values stand below: look at them and "
            "decide again."
        ),
        "has_warnings": gettext_noop("“%(name)s” has warnings that were set aside: open it and look at them."),
        "nothing_chosen": gettext_noop("Choose at least one."),
        "not_scored": gettext_noop("“%(name)s” has not been scored, or stands on a notice already."),
        "scores_changed": gettext_noop(
            "The scores of “%(name)s” were changed after they were handed in: the reviewer has to hand them in again."
        ),
        "notice_too_early": gettext_noop("The notice cannot begin before %(since)s, when the last point was scored."),
        "notice_too_far": gettext_noop("A notice begins within %(days)s days."),
        "notice_running": gettext_noop("The notice runs until %(until)s: naming may follow from the next day."),
        "remarks_open": gettext_noop("%(count)s remarks on the notice are not answered yet."),
        "not_on_notice": gettext_noop("“%(name)s” does not stand on this notice any more."),
        "not_named": gettext_noop("“%(name)s” is not named: only a named point is checked again."),
        "not_rechecked": gettext_noop("The re-check is not finished: the reviewer has not handed in the scores."),
        "opinion_missing": gettext_noop("Give the reason in a few words: the township will read it."),
    }
)
