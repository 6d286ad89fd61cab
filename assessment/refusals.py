"""The refusal messages of assessment; see registry/text/refusals.py."""

from django.utils.translation import gettext_noop

from registry.text.refusals import SENTENCES

SENTENCES.update(
    {
        "standard_drafted": gettext_noop("There is a draft of the standard already. Go on with that one."),
        "standard_not_draft": gettext_noop("“%(name)s” is no draft any more: make a new version."),
        "standard_weights": gettext_noop("The weights add up to %(sum)s. Mend them until they add up to 100."),
        "standard_lines": gettext_noop("The pass lines do not go down from the best grade to the last. Mend them."),
        "standard_day_past": gettext_noop(
            "%(day)s is over: points were judged by what was in force then. Choose today or a later day."
        ),
        "standard_day_before": gettext_noop("“%(name)s” is in force since %(day)s. A new version begins later."),
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
        "ledger_is_open": gettext_noop("The ledger is open already: what was promised is changed by an amendment."),
        "ledger_not_open": gettext_noop("The ledger is not open yet."),
        "ledger_closed": gettext_noop("The ledger was handed in on %(day)s."),
        "promise_incomplete": gettext_noop("Fill in the problems, the measures and the expected results first."),
        "opened_after_deadline": gettext_noop("The ledger cannot be opened after the deadline of %(deadline)s."),
        "not_frozen": gettext_noop("Nothing was promised yet: open the ledger first."),
        "amendment_reason": gettext_noop("Give the reason of the amendment in a few words: everybody will read it."),
        "nothing_amended": gettext_noop("Nothing would change: the promise already says so."),
        "solved_stays": gettext_noop("“%(name)s” is solved already: it stays in the promise."),
        "before_opening": gettext_noop("The day must not lie before %(day)s."),
        "checked_that_day": gettext_noop("The ledger has a check of %(day)s already."),
        "solved_already": gettext_noop("“%(name)s” was solved on %(day)s already, and counts once."),
        "proof_missing": gettext_noop("Add a photo or a document that proves it."),
        "difference_missing": gettext_noop(
            "A problem is still open or the deadline has passed: say how what was delivered differs from the promise."
        ),
        "not_handed_in": gettext_noop("The ledger was not handed in yet."),
        "signed_already": gettext_noop("%(who)s signed the ledger off on %(day)s."),
        "scheme_is_open": gettext_noop(
            "The scheme is open: what its units are judged by does not change any more. Copy it for the next year."
        ),
        "scheme_there": gettext_noop("There is a scheme of this kind for %(year)s already."),
        "weights_not_100": gettext_noop(
            "Without the bonus the items weigh %(total)s, but must weigh 100. Change the weights."
        ),
        "figures_of_townships": gettext_noop("Figures have no answer for a department: score its items by hand."),
        "nobody_to_assess": gettext_noop("There is no unit of this kind in the area."),
        "scheme_not_open": gettext_noop("The scheme is not open for scoring."),
        "score_out_of_range": gettext_noop("“%(name)s” gives between 0 and %(most)s."),
        "not_announced": gettext_noop("The ranking is not announced, or published already."),
        "appeals_over": gettext_noop("Appeals could be made until %(day)s."),
        "appeals_running": gettext_noop("Appeals may be made until %(day)s: it can be published from the next day."),
        "appeals_open": gettext_noop("%(count)s appeals are not answered yet."),
        "appealed_already": gettext_noop("An appeal against “%(name)s” is waiting for its answer already."),
        "nothing_appealed": gettext_noop("No appeal is open here. Look at the card again."),
        "computed_item": gettext_noop(
            "“%(name)s” is computed from the registry: correct its rows, and the score follows."
        ),
        "opinion_missing": gettext_noop("Give the reason in a few words: the township will read it."),
        "finding_moved_on": gettext_noop("This finding is “%(state)s” by now. Look at it again."),
        "term_passed": gettext_noop("%(day)s has passed already: give a term that can still be kept."),
        "pack_revoked": gettext_noop("The link was revoked already."),
        "talk_not_due": gettext_noop("No talk is due: %(left)s more overdue findings would lead to one."),
    }
)
