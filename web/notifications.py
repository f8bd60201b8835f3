"""What people are told on the road: one code, one sentence for the list and one for the mail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from asn.states import Capacity, CorrectionRefusal, EmploymentChange
from partners.states import CancelReason
from placements.states import DecisionReason, SessionCancelReason
from web.models import Notification
from web.templatetags.padan import exact_deadline, long_datetime, short_date


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in the reader's language."""

    title: str
    body: str


_Pair = tuple[str | Promise, str | Promise]

# code -> (title, body). The title is also the subject of the mail: action first, then the deadline.
MESSAGES: dict[str, _Pair] = {
    # To the applicant and participant
    "application_handed_in": (
        _("Your application has been handed in"),
        _("“%(slot)s”: your supervisor has it now."),
    ),
    "application_cleared": (
        _("Your supervisor has cleared your application"),
        _("“%(slot)s”: %(office)s has it now."),
    ),
    "application_refused": (
        _("Your supervisor has not cleared your application"),
        _("“%(slot)s”. Reason: %(reason)s. You can look for another slot or speak with your supervisor."),
    ),
    "application_returned": (
        _("Please revise your application"),
        _("“%(slot)s” has come back. Reason: %(reason)s. Revise it and hand it in again."),
    ),
    "application_waitlisted": (
        _("You are on the waitlist"),
        _("“%(slot)s” has no seat at the moment. You keep your place in the order and are told when a seat is free."),
    ),
    "seat_offered": (
        _("A seat is held for you: answer by %(due)s"),
        _("“%(slot)s”: a seat has come free and it is your turn. Confirm it, or let it go to the next."),
    ),
    "offer_confirmed": (
        _("You have confirmed the seat"),
        _("“%(slot)s”: the seat stays held; the partner %(partner)s sees your name and answers next."),
    ),
    "offer_lapsed": (
        _("The seat has gone to the next"),
        _("“%(slot)s”: the seat that was held for you was not confirmed in time. You can look for another slot."),
    ),
    "application_approved": (
        _("Your application has been approved"),
        _("“%(slot)s”: the partner %(partner)s now sees your name and answers next."),
    ),
    "application_rejected": (
        _("Your application was not approved"),
        _("“%(slot)s”. Reason: %(reason)s. The page of the application shows what else fits you."),
    ),
    "application_declined": (
        _("The partner could not take you"),
        _("“%(slot)s”. Reason: %(reason)s. The page of the application shows what else fits you."),
    ),
    "application_expired": (
        _("Your application has expired"),
        _("“%(slot)s” began or closed before everyone had decided."),
    ),
    "placement_created": (
        _("You have a place: %(slot)s"),
        _("%(partner)s expects you from %(starts)s. Write your learning plan now; %(office)s prepares the letter."),
    ),
    "placement_created_ready": (
        _("You have a place: %(slot)s"),
        _("%(partner)s expects you from %(starts)s. %(office)s prepares the letter; you need not do anything."),
    ),
    "group_started": (
        _("Your placement has begun"),
        _("“%(slot)s”: come to the meetings, and confirm your attendance after each."),
    ),
    "attendance_to_confirm": (
        _("Please confirm your attendance"),
        _("“%(slot)s”, %(day)s: the host has recorded whether you were there. It counts once you confirm it."),
    ),
    "placement_started": (
        _("Your placement has begun"),
        _("“%(slot)s”: write your logbook at least once a week."),
    ),
    "placement_completed": (
        _("Your placement is completed"),
        _("“%(slot)s”: your certificate is ready and the JP are being credited."),
    ),
    "certificate_revoked": (
        _("Your certificate %(number)s has been revoked"),
        _("“%(slot)s”. Reason: %(why)s. Ask %(office)s if you think this is wrong."),
    ),
    "placement_ended": (
        _("The placement has ended early"),
        _("“%(slot)s” of %(person)s ended before its time."),
    ),
    "logbook_returned": (
        _("Please correct a day of your logbook"),
        _("“%(slot)s”, %(day)s: your mentor asks for a revision."),
    ),
    "session_to_confirm": (
        _("Please say whether a mentoring session was held"),
        _("“%(slot)s”: the other side has given its word on the session of %(day)s. It counts once both confirm it."),
    ),
    "session_booked": (
        _("A mentoring session is booked: %(when)s"),
        _("“%(slot)s”: %(person)s and %(mentor)s meet on %(when)s."),
    ),
    "session_moved": (
        _("A mentoring session was moved to %(when)s"),
        _("“%(slot)s”: %(person)s and %(mentor)s now meet on %(when)s."),
    ),
    "session_cancelled": (
        _("A mentoring session was cancelled: %(when)s"),
        _("“%(slot)s”: %(person)s and %(mentor)s. Reason: %(reason)s."),
    ),
    "session_due": (
        _("Tomorrow: a mentoring session, %(when)s"),
        _("“%(slot)s”: %(person)s and %(mentor)s. The page of the session has place or link."),
    ),
    "session_disputed": (
        _("Two words on one mentoring session"),
        _("“%(slot)s”, %(day)s: one side says that it was held, the other that it was not. It does not count so far."),
    ),
    "hours_credited": (
        _("%(hours)s JP have been credited"),
        _("“%(slot)s”: your JP account has grown."),
    ),
    "award_granted": (
        _("You have received an award"),
        _("%(award)s, decree %(number)s. Congratulations!"),
    ),
    "slot_cancelled": (
        _("A slot you applied for has been cancelled"),
        _("“%(slot)s” will not take place: %(reason)s. Look at the slots that are still open."),
    ),
    "place_cancelled": (
        _("“%(slot)s” has been cancelled"),
        _(
            "%(partner)s calls it off: %(reason)s. Your host and %(office)s end the placement or find another way with you."
        ),
    ),
    "slot_paused": (
        _("“%(slot)s” takes no applications for now"),
        _("What you have handed in goes on. A draft can be handed in once %(partner)s opens it again."),
    ),
    "slot_resumed": (
        _("“%(slot)s” is open again"),
        _("%(partner)s takes applications again."),
    ),
    "slot_closed": (
        _("“%(slot)s” is closed"),
        _("It takes no further applications. What you have handed in goes on."),
    ),
    "correction_accepted": (
        _("Your level has been corrected: %(competency)s"),
        _("The earlier assessment stays as history. Recommendations follow the new level."),
    ),
    "correction_refused": (
        _("The level stays as it was measured: %(competency)s"),
        _("Reason: %(reason)s. The page of your request has the whole answer."),
    ),
    "change_continues": (
        _("Your change of employment has been looked at"),
        _("“%(slot)s” goes on."),
    ),
    # To the supervisor
    "member_continues": (
        _("%(person)s now answers to you and takes part in “%(slot)s”"),
        _("At %(partner)s from %(starts)s to %(ends)s: plan the work of the unit."),
    ),
    "clearance_needed": (
        _("Your decision is needed by %(due)s: clearance for %(person)s"),
        _("%(person)s wants to take part in “%(slot)s” at %(partner)s from %(starts)s to %(ends)s."),
    ),
    "conflict_declared": (
        _("%(person)s has declared an interest"),
        _("“%(slot)s” at %(partner)s: say whether the interest is a conflict. Until then HR cannot approve."),
    ),
    "member_cancelled": (
        _("The placement of %(person)s has been cancelled"),
        _("%(partner)s calls “%(slot)s” off: %(reason)s. Plan the work of the unit anew."),
    ),
    "clearance_void": (
        _("Nothing is left to clear for %(person)s"),
        _("%(partner)s has called “%(slot)s” off: %(reason)s."),
    ),
    "member_placed": (
        _("%(person)s has a place"),
        _("“%(slot)s” at %(partner)s from %(starts)s to %(ends)s: plan the work of the unit."),
    ),
    "milestone_reported": (
        _("A milestone is reported: %(milestone)s"),
        _("“%(slot)s”: confirm that it is reached, or return it with what is missing."),
    ),
    "milestone_confirmed": (
        _("A milestone is confirmed: %(milestone)s"),
        _("“%(slot)s”: the host agrees that it is reached."),
    ),
    "milestone_returned": (
        _("A milestone came back: %(milestone)s"),
        _("“%(slot)s”: the host says what is missing. Anybody of the team can report it anew."),
    ),
    "milestone_overdue": (
        _("A milestone is overdue: %(milestone)s"),
        _("“%(slot)s”: it was due on %(day)s. Report it, or agree with the other side on what to do."),
    ),
    "evaluation_due": (
        _("Your evaluation of “%(slot)s” is asked for"),
        _("%(person)s at %(partner)s, until %(ends)s: a few minutes are enough. Afterwards nothing can be added."),
    ),
    "member_finished": (
        _("%(person)s has completed a placement"),
        _("“%(slot)s”: talk about what can be used at work."),
    ),
    "acting_begins": (
        _("You decide in the place of %(holder)s from %(starts)s to %(ends)s"),
        _("%(capacity)s: applications that wait for a clearance are on your page “Clearances” in this period."),
    ),
    "stand_in_named": (
        _("%(person)s decides in your place from %(starts)s to %(ends)s"),
        _("%(capacity)s: what is undecided after the last day is with you again."),
    ),
    "acting_over": (
        _("%(person)s no longer decides in the place of %(holder)s"),
        _("The period was ended early. What is undecided is with the holder of the post again."),
    ),
    "acting_lapsed": (
        _("The last day is over: %(person)s no longer decides in the place of %(holder)s"),
        _("%(capacity)s until %(ends)s. What is undecided is with the holder of the post again."),
    ),
    # To HR
    "post_without_stand_in": (
        _("Nobody stands in for the vacant post of %(holder)s any more"),
        _("The period of %(person)s ended on %(ends)s. Enter another Plt., or the new head of the unit."),
    ),
    "superior_missing": (
        _("Name who decides for %(person)s"),
        _("%(person)s wants to apply, and there is nobody who could give the clearance today."),
    ),
    "correction_requested": (
        _("Answer by %(due)s: %(person)s asks for a correction"),
        _("A measured level is said to be wrong: %(competency)s. By law the answer is due within 3 × 24 hours."),
    ),
    "correction_near": (
        _("One day left, until %(due)s: correction for %(person)s"),
        _("Nobody has answered yet: %(competency)s."),
    ),
    "correction_overdue": (
        _("It was due by %(due)s: correction for %(person)s"),
        _("The 3 × 24 hours are over and nobody has answered: %(competency)s. Answer now."),
    ),
    "change_to_decide": (
        _("Decide by %(due)s: the employment of %(person)s has changed"),
        _("%(changes)s. “%(slot)s” is under way: say what becomes of it."),
    ),
    "approval_needed": (
        _("Decision needed by %(due)s: %(person)s"),
        _("“%(slot)s” at %(partner)s has been cleared by the supervisor."),
    ),
    "seat_held": (
        _("A seat is held for %(person)s"),
        _("“%(slot)s”: a seat has come free and is offered to the first on the waitlist."),
    ),
    "offer_unanswered": (
        _("%(person)s has not confirmed the seat"),
        _("“%(slot)s”: the seat has gone to the next on the waitlist, or is free."),
    ),
    "placement_to_prepare": (
        _("Prepare the assignment letter for %(person)s"),
        _("“%(slot)s” at %(partner)s begins on %(starts)s."),
    ),
    "placement_finished": (
        _("%(person)s has completed a placement"),
        _("“%(slot)s” at %(partner)s: the certificate is issued."),
    ),
    "hours_to_enter": (
        _("Enter the JP of %(person)s"),
        _("“%(slot)s” at %(partner)s is completed. No rule counts this form: enter the JP with the reason."),
    ),
    "slot_to_review": (
        _("A slot waits for review"),
        _("“%(slot)s” of %(partner)s has been handed in."),
    ),
    "partner_to_verify": (
        _("A partner waits for verification"),
        _("%(partner)s has registered."),
    ),
    "award_to_check": (
        _("An award is proposed"),
        _("%(person)s meets the criteria of “%(award)s”. Check the facts and decide."),
    ),
    # To whoever holds an application that is taken back
    "application_withdrawn": (
        _("An application has been withdrawn"),
        _("“%(slot)s”: the applicant has taken it back. Nothing is left for you to do."),
    ),
    # To the partner and HR
    "cohort_short": (
        _("Too few participants for “%(slot)s”"),
        _(
            "Applications have ended with %(filled)s of %(needed)s. It cannot begin on %(starts)s unless %(partner)s agrees to fewer."
        ),
    ),
    # To the partner
    "attendance_contested": (
        _("A participant contests an attendance mark"),
        _("“%(slot)s”, %(day)s: %(person)s says otherwise. Look at the list and correct the mark or keep it."),
    ),
    "candidate_waiting": (
        _("A candidate waits for your answer by %(due)s"),
        _("“%(slot)s”: HR has approved a candidate. Look at the profile and accept or decline."),
    ),
    "seat_held_for_candidate": (
        _("A seat of your slot is held for a candidate"),
        _("“%(slot)s”: the first on the waitlist is asked. You answer once the candidate has confirmed."),
    ),
    "offer_unanswered_by_candidate": (
        _("A candidate has not confirmed the seat"),
        _("“%(slot)s”: the next on the waitlist is asked, or the seat is free."),
    ),
    # To all who look after a slot: HR, the partner, its mentors
    "slot_paused_news": (
        _("“%(slot)s” is paused"),
        _("%(partner)s: nobody can apply for now; applications under way go on."),
    ),
    "slot_stale_news": (
        _("“%(slot)s” is paused: nobody has confirmed it"),
        _("%(partner)s: nobody can apply until the partner says that the offer still stands."),
    ),
    "slot_to_confirm": (
        _("Until %(due)s: does “%(slot)s” still stand?"),
        _("Confirm it or pause it, in one press by the link of the mail. After that it is paused by itself."),
    ),
    "slot_resumed_news": (
        _("“%(slot)s” is open again"),
        _("%(partner)s: people can apply again."),
    ),
    "slot_closed_news": (
        _("“%(slot)s” is closed"),
        _("%(partner)s: no further applications; those under way go on."),
    ),
    "slot_cancelled_news": (
        _("“%(slot)s” is cancelled"),
        _("%(partner)s: %(reason)s. Applications have ended; placements under it need a decision of yours."),
    ),
    "slot_returned": (
        _("Please revise your slot"),
        _("“%(slot)s” has come back from HR with a reason."),
    ),
    "slot_published": (
        _("Your slot is published"),
        _("“%(slot)s” can now be seen and applied for."),
    ),
    "partner_decided": (
        _("There is a decision on your registration"),
        _("%(partner)s: %(agency)s has looked at your registration."),
    ),
    "member_joined": (
        _("%(person)s now acts for %(partner)s"),
        _("The invitation has been accepted. Roles are changed on the page of members."),
    ),
    "member_left": (
        _("%(person)s no longer acts for %(partner)s"),
        _("Participants guided by this person: %(count)s. What was waiting there is told to you from now on."),
    ),
    # To the partner's owners and HR
    "agreement_ending": (
        _("Agreement %(number)s ends on %(ends)s"),
        _(
            "%(partner)s and %(agency)s, %(left)s days from now. Without a new agreement no slot beyond it is published."
        ),
    ),
    # To the mentor
    "mentee_assigned": (
        _("You have a new mentee"),
        _("%(person)s takes part in “%(slot)s” from %(starts)s. Look at the learning plan and agree to it."),
    ),
    "logbook_to_read": (
        _("A logbook day waits for you"),
        _("“%(slot)s”: %(person)s has written %(day)s. Verify it or send it back."),
    ),
}


def told(row: Notification) -> Told:
    """The sentences of a notification in the present language."""
    title, body = MESSAGES[row.code]
    values = _Words(row.params)
    sentences = [str(body) % values]
    if row.params.get("due") and "%(due)s" not in str(title):
        sentences.append(_("Until %(due)s.") % values)
    return Told(str(title) % values, " ".join(sentences))


def mail_of(row: Notification, path: str = "") -> tuple[str, str]:
    """Subject and text of its mail in the present language; ``path`` where the mail leads elsewhere than the page."""
    words = told(row)
    link = f"{settings.SITE_URL}{path or row.url}"
    text = render_to_string("mail/notification.txt", {"user": row.user, "told": words, "link": link})
    return " ".join(words.title.split()), text


class _Words(dict[str, str]):
    """Parameters as they are read: dates in words, reasons by their label, a dash for what is not known."""

    _DATES = {"starts", "ends", "day"}
    _REASONS = (DecisionReason, SessionCancelReason, CancelReason, CorrectionRefusal)

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__({name: self._word(name, value, params) for name, value in params.items()})

    def __missing__(self, name: str) -> str:
        return "–"

    def _word(self, name: str, value: Any, params: Mapping[str, Any]) -> str:
        if not value:
            return "–"
        if name == "due":
            return str(exact_deadline(dt.datetime.fromisoformat(value), params.get("zone", "")))
        if name == "when":
            return str(long_datetime(dt.datetime.fromisoformat(value), params.get("zone", "")))
        if name in self._DATES:
            return str(short_date(dt.date.fromisoformat(value)))
        if name == "changes":
            return ", ".join(str(EmploymentChange(one).label) for one in value)
        if name == "capacity":
            return str(Capacity(value).label)
        if name == "reason":
            found = next((reason(value) for reason in self._REASONS if value in reason.values), None)
            return str(found.label) if found else str(value)
        return str(value)
