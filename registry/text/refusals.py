"""Refusals of actions: a code, and the details of its sentence."""

from collections.abc import Iterable
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
    "no_title": gettext_noop("The site has no title that could be corrected. What is still under way goes on instead."),
    "correction_reason": gettext_noop(
        "A correction needs a reason. Say in a few words what was typed wrongly: everybody will read it."
    ),
    "draft_there": gettext_noop(
        "“%(name)s” is being filled in for this place already (%(who)s, %(when)s). "
        "Go on with it, or begin another site on purpose."
    ),
    "in_future": gettext_noop("%(day)s has not come yet. Enter the decision on its day or later."),
    "too_early": gettext_noop("The change must lie after %(since)s, when the present period began."),
    "name_missing": gettext_noop("Give the view a name of one to 40 characters."),
    "views_many": gettext_noop("An account has at most %(most)s saved views. Remove one that is no longer used."),
    "own_work": gettext_noop("You wrote this yourself: somebody else has to decide on it."),
    "not_open": gettext_noop("%(who)s has taken this further at %(when)s: it is now “%(state)s”."),
    "opened": gettext_noop("%(who)s opened it at %(when)s, so it cannot be taken back. Ask for it to be returned."),
    "incomplete": gettext_noop("Still to be done before it can be submitted: %(count)s."),
    "doubts_open": gettext_noop("Warnings neither mended nor set aside with a reason: %(count)s."),
    "reason_short": gettext_noop("Give the reason in a few words: the reviewer will read it."),
    "nothing_typed": gettext_noop("Nothing was changed, so there is nothing to submit."),
    "file_empty": gettext_noop("“%(name)s” is empty. Choose it again."),
    "file_large": gettext_noop("“%(name)s” has %(size)s MB: at most %(most)s MB. Choose a smaller one."),
    "not_a_photo": gettext_noop(
        "“%(name)s” is neither a photo that can be read nor a document. "
        "Send JPEG, PNG, WebP or HEIC; or PDF, DOCX or XLSX."
    ),
    "not_a_document": gettext_noop(
        "“%(name)s” is not a %(kind)s file that can be read, or has macros in it. Save it anew without macros."
    ),
    "slow_to_open": gettext_noop("“%(name)s” takes too long to open. Save it anew, or smaller, and send that."),
    "photo_large": gettext_noop("“%(name)s” has too many pixels: at most %(most)s million."),
    "file_size": gettext_noop("“%(name)s” has %(size)s MB: at most %(most)s MB. Split it into several files."),
    "file_kind": gettext_noop("“%(name)s” is not a table that can be read. Save it as .xlsx or .csv."),
    "file_xml": gettext_noop(
        "“%(name)s” is an XML spreadsheet. Open it in a spreadsheet program, choose “Save as” and the type .xlsx."
    ),
    "file_xlsb": gettext_noop(
        "“%(name)s” is a binary workbook. Open it in a spreadsheet program, choose “Save as” and the type .xlsx."
    ),
    "file_nul": gettext_noop(
        "“%(name)s”: line %(row)s holds characters that are no text. Open it in a spreadsheet program and save it anew."
    ),
    "file_zip_bomb": gettext_noop(
        "“%(name)s” unpacks to far more than a table needs. Copy the rows into a new workbook and send that."
    ),
    "file_macros": gettext_noop("“%(name)s” holds macros. Save it as .xlsx without macros and send it again."),
    "file_locked": gettext_noop("“%(name)s” is locked with a password. Take the password off and send it again."),
    "file_encoding": gettext_noop(
        "“%(name)s” is not text in UTF-8 or GB18030. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "file_broken": gettext_noop("“%(name)s” is damaged or incomplete. Open it, save it anew and send it again."),
    "file_doctype": gettext_noop(
        "“%(name)s” holds instructions that no table needs. Copy the rows into a new workbook and send that."
    ),
    "file_wide": gettext_noop(
        "“%(name)s”: sheet “%(sheet)s” has something beyond column %(most)s. Delete the columns on the right."
    ),
    "file_long": gettext_noop(
        "“%(name)s”: sheet “%(sheet)s” has something below row %(most)s. Delete the rows there, or split the file."
    ),
    "file_cell": gettext_noop(
        "“%(name)s”: a cell in row %(row)s has more than %(most)s characters. Perhaps a quotation mark is never closed."
    ),
    "file_merges": gettext_noop("“%(name)s”: sheet “%(sheet)s” has more than %(most)s merged ranges. Split the file."),
    "file_heavy": gettext_noop(
        "“%(name)s” needs more memory than one file is given. Delete what stands far out on a sheet, or split it."
    ),
    "file_fixture": gettext_noop(
        "“%(name)s” is a fixture. An administrator loads it on the server: manage.py load, or loaddata."
    ),
    "file_slow": gettext_noop("Reading “%(name)s” took too long. Split it into several files."),
    "all_solved": gettext_noop("Every problem of this project is solved."),
    "upload_gone": gettext_noop("A file that was sent is not there any more. Choose it again."),
    "part_misplaced": gettext_noop("This part does not follow the last one: %(received)s bytes have arrived."),
    "deduction_unexplained": gettext_noop("Points are deducted without a reason. Say why: %(items)s."),
    "remark_missing": gettext_noop("Say what has to be put right: at a field, or in the opinion."),
    "remarks_a_day": gettext_noop(
        "%(most)s remarks have come from your connection since yesterday, and no more are taken. Send it tomorrow."
    ),
    "remarks_an_hour": gettext_noop("Too many remarks came in on this record. Send yours again in an hour."),
    "remark_settled": gettext_noop("%(who)s settled this remark at %(when)s: it is now “%(state)s”."),
    "remark_passed_on": gettext_noop("The remark was passed on to the district: the district answers it."),
    "remark_at_district": gettext_noop("The remark is with the district already."),
    "outcome_missing": gettext_noop("Say whether the record was corrected or stays as it is."),
    "reply_missing": gettext_noop("Write a few words: who left the remark will read them."),
    "reply_unreadable": gettext_noop("The text cannot be taken as it is: %(why)s"),
    "nothing_changes": gettext_noop("Nothing would change: status, level and grade are as they were."),
    "own_account": gettext_noop("This is your own account: somebody above you looks after it."),
    "account_above": gettext_noop("You look after accounts below your own, inside your area. This is none of them."),
    "role_above": gettext_noop("You cannot give this role: only roles below your own."),
    "area_outside": gettext_noop("You cannot give this area: only your own and those inside it."),
    "administrator_below_district": gettext_noop(
        "An administrator looks after the whole district. Choose the district as the area, or another role."
    ),
    "no_second_factor": gettext_noop("There is no second factor to take off."),
    "factor_required": gettext_noop("Your role decides, so it needs a second factor. An administrator can reset it."),
    "code_wrong": gettext_noop(
        "This code is not valid, or was used before. Wait for the next one in your authenticator and type it."
    ),
    "code_wait": gettext_noop("Too many wrong codes. Try again at %(when)s."),
    "password_wrong": gettext_noop("This is not your present password. Type it again."),
    "too_busy": gettext_noop("Too many people are signing in at this moment. Try again in %(wait)s seconds."),
    "provider_failed": gettext_noop(
        "The sign-in service did not answer as expected. Try again, or sign in here with user name and password."
    ),
    "provider_unknown": gettext_noop(
        "“%(name)s” has no account here. An administrator of the district opens one under this user name."
    ),
    "address_slow": gettext_noop(
        "Wrong passwords for many user names came from your network. Try again in %(wait)s seconds."
    ),
    "member_order": gettext_noop("%(name)s: the end (%(until)s) must be later than the beginning (%(since)s)."),
    "member_undated": gettext_noop("%(name)s: say since when it belongs to it."),
    "member_twice": gettext_noop(
        "%(name)s belongs to it from %(since)s to %(until)s already. Let the new time begin after that."
    ),
    "within_itself": gettext_noop("A zone cannot lie in itself, nor in a zone that lies in it. Choose another one."),
    "no_stops": gettext_noop("A route needs two stops at least. Choose them from the list or the map."),
    "stays_unknown": gettext_noop(
        "To show times, say of every stop but the last how long the group stays there. %(name)s has no stay."
    ),
    "past_midnight": gettext_noop("The route would end after midnight. Shorten stays and ways, or set out earlier."),
    "kind_unknown": gettext_noop("“%(kind)s” is not a kind of record you may load. Choose one of: %(kinds)s."),
    "no_table": gettext_noop(
        "No sheet of the file has headings that are known here (sheets: %(sheets)s). "
        "Take the template, or put the headings above the rows."
    ),
    "export_not_loaded": gettext_noop(
        "This is the portal's own export of “%(kind)s”, which is counted or kept elsewhere: it is not loaded."
    ),
    "export_without_codes": gettext_noop(
        "This is the portal's own export of “%(kind)s” without codes, so its rows cannot be told apart. "
        "Export it with the codes."
    ),
    "kind_unclear": gettext_noop(
        "The rows of “%(sheet)s” may be %(first)s or %(second)s. Choose one of the two on the page of the load, or "
        "send the file again with its kind."
    ),
    "unit_doubtful": gettext_noop(
        "%(count)s rows hold a value in another unit, the first in row %(row)s: “%(text)s” was taken as %(value)s. If "
        "it is meant so, confirm it and apply again."
    ),
    "load_doubtful": gettext_noop(
        "%(count)s rows change an amount a hundredfold or more, the first in row %(row)s from %(before)s to %(after)s "
        "yuan. Look at the unit; if it is meant so, confirm it and apply again."
    ),
    "read_failed": gettext_noop(
        "Reading this file broke off because of a fault of the portal; nothing of it was written. "
        "Try again; if it breaks off again, give the number %(job)s to the administrators."
    ),
    "apply_failed": gettext_noop(
        "Writing broke off because of a fault of the portal, after %(done)s of %(total)s rows. "
        "Try again to go on from there, or take back what was written; "
        "if it breaks off again, give the number %(job)s to the administrators."
    ),
    "undo_failed": gettext_noop(
        "Taking the load back broke off because of a fault of the portal, after %(done)s of %(total)s rows. "
        "Try again to go on from there; if it breaks off again, give the number %(job)s to the administrators."
    ),
    "file_missing": gettext_noop("Choose a file first."),
    "header_unread": gettext_noop("“%(text)s” is not the number of a row of this sheet: it has %(most)s rows."),
    "load_moved_on": gettext_noop("This load is “%(state)s” by now. Look at it again."),
    "token_scope_missing": gettext_noop("Choose at least one thing that may be done with the token."),
    "token_beyond_account": gettext_noop("The account itself may not write, so no token of it may."),
    "token_days": gettext_noop("A token is valid for %(most)s days at most. Choose fewer."),
    "token_many": gettext_noop("The account has %(most)s tokens already. Revoke one that is no longer needed."),
    "token_address": gettext_noop("“%(text)s” is not an address. Write one such as 10.20.0.5, or 10.20.0.0/16."),
    "token_scope": gettext_noop("The token was not made for this: %(scope)s. Make one that was."),
    "desk_first": gettext_noop("Your account asks for something first. Open the desk and do what it says."),
    "authorization_unread": gettext_noop("“Authorization” cannot be read. Write “Token” and a token after it."),
    "token_unknown": gettext_noop("The token is not known, or no longer valid. Make a new one on the desk."),
    "token_elsewhere": gettext_noop("The token may not be used from %(address)s."),
    "key_malformed": gettext_noop("Idempotency-Key must be 1 to %(most)s visible ASCII characters. Take a UUID."),
    "key_reused": gettext_noop("This Idempotency-Key was used for another request. Take a new one for a new request."),
    "hook_address": gettext_noop("“%(address)s” cannot be called. Write a whole address, such as https://host/path."),
    "hook_host": gettext_noop("“%(host)s” is not among the hosts that may be called. Allow it first."),
    "hook_inside": gettext_noop("“%(host)s” leads into our own network (%(address)s), and nobody said that it may."),
    "hook_kinds": gettext_noop("Choose at least one kind of record, among: %(kinds)s."),
    "exists": gettext_noop("“%(name)s” is in the registry already, as %(code)s. Change that one."),
    "code_missing": gettext_noop("Say which record is meant. Send its code."),
    "version_missing": gettext_noop("Say which version is changed. Send the one that was read."),
    "calendar_order": gettext_noop("%(last)s lies before %(first)s. Look at the two dates."),
    "calendar_long": gettext_noop("More than %(most)s days at once are no holiday. Look at the two dates."),
    "not_emptied": gettext_noop("This cannot be emptied here. Leave it out, or send a value."),
    "items_many": gettext_noop("At most %(most)s items are taken at once. Send them in parts."),
    "items_none": gettext_noop("The list is empty. Send at least one item."),
    "in_use": gettext_noop("Other records refer to it. Change or delete those first."),
    "was_public": gettext_noop(
        "“%(name)s” was public, so nobody deletes it. If it is over, enter its end or withdraw its title. "
        "If it never was so, mark it as entered in error, with the reason and the paper."
    ),
    "referred_to": gettext_noop("Other records refer to it: %(names)s. Change those first, or end or mark them."),
    "voided_stays": gettext_noop(
        "“%(name)s” is marked as entered in error and stays as it is. An administrator can take the mark off."
    ),
    "not_voided": gettext_noop("“%(name)s” is not marked as entered in error."),
    "void_reason": gettext_noop(
        "The mark needs a reason. Say in a few words why it was entered in error: everybody will read it."
    ),
    "void_paper": gettext_noop("The mark needs a paper. Give the number of the one that the correction stands on."),
    "restore_reason": gettext_noop("The mark is taken off for a reason. Say it in a few words."),
    "refers_to_voided": gettext_noop(
        "“%(name)s” belongs to “%(other)s”, which is marked as entered in error. Take that mark off first."
    ),
    "one_item": gettext_noop("One item is changed here. Send an object, not a list."),
    "registry_started": gettext_noop("The registry holds areas already. A district starts in an empty database."),
    "area_exists": gettext_noop("The registry has an area with the code %(code)s already."),
    "area_beyond": gettext_noop("The code %(code)s does not lie in the registry's area, %(district)s."),
    "area_without_parent": gettext_noop(
        "There is no area with the code %(parent)s on %(day)s that %(code)s would lie in. Enter that one first."
    ),
    "area_is_over": gettext_noop("“%(name)s” ended on %(day)s and is not changed any more."),
    "area_day_early": gettext_noop("“%(name)s” exists since %(day)s. Choose a later day."),
    "area_name_same": gettext_noop("“%(name)s” is the name it has already."),
    "area_is_district": gettext_noop("“%(name)s” is the area of the registry itself."),
    "area_in_use": gettext_noop(
        "What is in force lies in “%(name)s”: %(names)s. Merge it into another area, or move or end that first."
    ),
    "merge_level": gettext_noop("“%(name)s” is neither a village nor a community: only these are merged here."),
    "merge_across": gettext_noop(
        "“%(name)s” and “%(into)s” lie in different townships. Figures of townships would change for past days."
    ),
    "merge_itself": gettext_noop("Choose villages or communities to be merged, and another one as their successor."),
    "merge_into_none": gettext_noop("“%(name)s” does not exist on %(day)s, or not for good. Choose another successor."),
    "rule_ended": gettext_noop("%(name)s: this value ended on %(day)s. Change the one that is in force."),
    "rule_to_come": gettext_noop("%(name)s: this value holds from %(day)s. Nothing past stands on it."),
    "rule_value_same": gettext_noop("%(name)s: %(value)s is the value it has already."),
    "rule_day_before": gettext_noop("%(name)s: the value in force began on %(day)s. Choose a later day."),
    "year_declared": gettext_noop("%(year)s is declared complete already."),
    "year_not_begun": gettext_noop("%(year)s has not begun. Declare it once there is something to report."),
    "year_not_over": gettext_noop("%(year)s is not over. Close it after its last day."),
    "year_closed_meanwhile": gettext_noop(
        "%(who)s closed %(year)s meanwhile, as edition %(edition)s. Look at it before you close the year again."
    ),
    "proposed_already": gettext_noop("%(who)s proposed this already. Confirm that, or let it be withdrawn first."),
    "proposal_settled": gettext_noop("This proposal is settled: %(outcome)s (%(who)s). Look at the page again."),
    "own_proposal": gettext_noop("You proposed this yourself. Another account confirms it."),
    "figures_changed": gettext_noop(
        "A figure of %(year)s changed since %(who)s proposed to close it. Withdraw the proposal and propose it again."
    ),
    "successor_unfit": gettext_noop(
        "“%(name)s” cannot take over this post: it needs to be active, with the same role and the same or a wider area."
    ),
    "booking_past": gettext_noop("%(day)s is over. Enter who came as a visit."),
    "booking_early": gettext_noop("%(day)s has not come yet. Say on that day, or later, who came."),
    "booking_closed": gettext_noop("%(site)s is not a teaching site on %(day)s. Choose another day or site."),
    "booking_moved_on": gettext_noop("This booking is “%(state)s” by now. Look at it again."),
    "booking_on_page": gettext_noop(
        "A file asks for places and confirms them. That a booking is “%(state)s” is entered on its page."
    ),
    "booking_reason": gettext_noop("Say why in a few words: it stays in the history of the booking."),
    "booking_full": gettext_noop(
        "In %(month)s the site takes %(capacity)s people: %(left)s places are left, and the group has %(people)s."
    ),
    "term_days": gettext_noop("A term for old ledgers ends today at the earliest, and %(most)s days from now at most."),
    "term_open": gettext_noop("A term for old ledgers of %(area)s is open until %(until)s. Close that one first."),
    "edits_many": gettext_noop(
        "More than %(most)s cells were edited here. Mend the file itself and send it again."
    ),
    "load_says_nothing": gettext_noop("Nothing in the file is new or changed, so there is nothing to apply."),
}  # fmt: skip


class Refused(Exception):
    """A refused action. Tests check `code`; people read the sentence, in their own language. If waiting helps, `wait`
    in the details is the number of seconds."""

    def __init__(self, code: str, /, **details: Any):
        super().__init__(code)
        self.code, self.details = code, details

    def __str__(self) -> str:
        return _(SENTENCES[self.code]) % self.details


def raise_first(refusals: Iterable[Refused]) -> None:
    """Raises the first refusal, if there is any."""
    for refusal in refusals:
        raise refusal
