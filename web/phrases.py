"""Every sentence that answers a code: why something was refused and what helps, why a slot fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from asn.states import Level, UnsureReason
from core.errors import DomainError
from web.components import ReasonLine

# Refusals --------------------------------------------------------------------------

Phrase = tuple[str | Promise, str | Promise]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal in words: what happened, and what the reader can do about it."""

    code: str
    field: str
    message: str
    remedy: str


# Remedies that answer more than one refusal.
_CORRECT = _("Correct the marked field and send again.")
_RELOAD = _("Load the page again and look at its present state.")
_CHOOSE = _("Choose one from the list.")
_FILL = _("Fill in the marked field.")
_HR = _("Ask your HR office.")
_HOLDER = _("The timeline shows who holds it now.")
_LATER = _("Nothing was lost: wait a few seconds and try again.")
_NIP = _("Copy the number from the personnel record; in a spreadsheet keep the column as text.")
_DATE = _("Check both dates.")
_CATALOGUE = _("Choose a competency from the catalogue.")
_AGREEMENT = _("Choose an agreement in force that covers the whole period, or change the dates.")
_SIMILAR = _("Look at similar slots that are still open.")
_PDF = _("Save the document as PDF and upload it again.")
_COMPLETE = _("Complete what is missing, then try again.")

# code -> (what happened, what to do); %(names)s are filled from the error's parameters.
ERRORS: dict[str, Phrase] = {
    # Everywhere
    "not_found": (
        _("This page is not here, or it is not meant for you."),
        _("Check the address, or start again from the home page."),
    ),
    "not_allowed": (_("You may look at this, but the decision belongs to somebody else."), _HOLDER),
    "role_missing": (
        _("Your account does not have the role this needs."),
        _("Ask your HR office to check your roles."),
    ),
    "busy": (_("Many people are changing the same thing at this moment."), _LATER),
    "idempotency_key_invalid": (
        _("The header Idempotency-Key is not a name we can keep."),
        _("Send 1 to 128 visible ASCII characters, such as a random UUID."),
    ),
    "idempotency_key_reused": (
        _("This Idempotency-Key named another request before: another address or another body."),
        _("Send the same request again, or this one with a new key."),
    ),
    "already_there": (_("The same has just been entered."), _RELOAD),
    "not_in_this_state": (_("This step is not open now; the status is: %(status)s."), _RELOAD),
    "hr_only": (
        _("Only the HR office enters results of tests and assessment centres."),
        _("Choose the supervisor's confirmation as source, or ask your HR office."),
    ),
    # Text, accounts
    "text_missing": (_("This field is empty."), _FILL),
    "text_too_long": (_("This text is longer than %(limit)s characters."), _("Shorten the text.")),
    "text_control": (
        _("This text holds characters that cannot be shown."),
        _("Type the text anew instead of pasting it."),
    ),
    "email_invalid": (_("This is not an e-mail address."), _CORRECT),
    "email_taken": (
        _("Another account uses this e-mail address."),
        _("Use another address, or ask for a new password for the account you have."),
    ),
    "url_invalid": (_("This is not a web address."), _("Write it in full, beginning with https://.")),
    "username_invalid": (_("A user name has letters, digits and @ . + - _ only."), _CORRECT),
    "username_taken": (_("This user name is taken."), _("Choose another user name.")),
    "password_weak": (
        _("This password is too easy to guess."),
        _("Use at least ten characters that are not only digits or a common word."),
    ),
    "language_unknown": (_("Padan does not speak this language."), _CHOOSE),
    "token_days_range": (_("A token is valid for 1 to %(limit)s days."), _CORRECT),
    # Links in mails
    "link_unknown": (
        _("This link is not known."),
        _("Open it from the newest mail, whole. If that does not help, ask whoever invited you to send it again."),
    ),
    "link_of_another": (
        _("This link was sent to somebody else."),
        _("If it is yours, sign out and open it again, or sign in with the account of the address it was sent to."),
    ),
    "link_answered": (
        _("Somebody has answered this question meanwhile."),
        _("Sign in to see the slot, and to pause or confirm it."),
    ),
    "link_used": (
        _("This link has been used already; it works once."),
        _("Sign in: what it was for has been done. If that was not you, tell whoever sent it."),
    ),
    "link_revoked": (
        _("This link has been withdrawn or replaced by a newer one."),
        _("Open the newest mail. If there is none, ask whoever sent it."),
    ),
    "link_expired": (
        _("This link is too old to be used."),
        _("Ask for a new one: register again, or let whoever invited you send it again."),
    ),
    "code_invalid": (_("A code has letters, digits, hyphens and underscores only."), _CORRECT),
    "code_taken": (_("This code is in use already."), _("Choose another code.")),
    "unknown_time_zone": (_("This time zone is not one of Indonesia's."), _CHOOSE),
    "unknown_role": (_("There is no such role."), _CHOOSE),
    "unknown_user": (
        _("This account is not there, or it belongs to somebody else already."),
        _("Check the account, or open a new one."),
    ),
    "unknown_status": (_("There is no such status."), _CHOOSE),
    "unknown_source": (_("There is no such source of an assessment."), _CHOOSE),
    "unknown_reason": (_("This is not one of the coded reasons."), _CHOOSE),
    # Agencies and their people
    "unknown_unit": (_("Your agency has no such unit."), _CHOOSE),
    "unknown_position": (_("Your agency has no such position."), _CHOOSE),
    "unknown_position_class": (_("There is no such class of positions."), _CHOOSE),
    "days_out_of_range": (_("Between 1 and %(limit)s days."), _CORRECT),
    "pause_before_reminder": (
        _("A slot would be paused before the partner is asked: the question comes after %(reminder)s days."),
        _("Give more days until the pause, or fewer until the question."),
    ),
    "head_not_at_work": (
        _("This person is not in service: %(status)s."),
        _("Choose somebody in service, or leave the post vacant."),
    ),
    "unknown_employee": (_("Your agency has no such employee."), _CHOOSE),
    "unknown_employee_kind": (_("An employee is PNS or PPPK."), _CHOOSE),
    "unknown_supervisor": (_("This supervisor is not an employee of your agency."), _CHOOSE),
    "unknown_competency": (_("This competency is not in the catalogue."), _CATALOGUE),
    "unknown_competency_kind": (_("A competency is managerial, sociocultural or technical."), _CHOOSE),
    "competency_twice": (_("A competency is named twice."), _("Name each competency once.")),
    "too_many_competencies": (_("There are more than %(limit)s competencies."), _("Keep the ones that matter most.")),
    "level_range": (_("A level is between %(lowest)s and %(highest)s."), _CORRECT),
    "weight_range": (_("A priority weighs between 1 and 5."), _CORRECT),
    "unit_cycle": (_("A unit would end up above itself."), _("Choose another parent unit.")),
    "supervisor_cycle": (_("Somebody would end up as their own supervisor."), _("Choose another supervisor.")),
    "unknown_stand_in": (
        _("This person is not at work in your agency, or has no account."),
        _("Choose somebody from the list, or ask for an account first."),
    ),
    "acting_for_oneself": (_("Nobody stands in for themselves."), _("Choose another person.")),
    "acting_overlap": (
        _("Somebody stands in for this person or post already in a part of this period."),
        _("End that period first, or choose other dates."),
    ),
    "acting_over": (_("This period is over already."), _RELOAD),
    "post_not_vacant": (
        _("The leading post of this unit is not vacant."),
        _("For an absent holder enter a Plh., or say first that the post is vacant."),
    ),
    "period_is_over": (_("The last day lies in the past."), _DATE),
    "acting_too_long": (
        _("A period has %(limit)s days at most."),
        _("Enter a shorter period; it can be entered anew."),
    ),
    "only_supervisor_delegates": (
        _("Only somebody who leads people delegates decisions."),
        _("Ask your HR office if you lead people and your record does not say so."),
    ),
    "nip_format": (_("A NIP has 18 digits."), _NIP),
    "nip_birth_date": (_("The first eight digits of this NIP are not a birth date."), _NIP),
    "nip_appointment": (_("Digits 9 to 14 of this NIP are not a plausible appointment."), _NIP),
    "nip_sex": (_("Digit 15 of a NIP is 1 or 2."), _NIP),
    "nip_serial": (_("A NIP does not end in 000."), _NIP),
    "nip_taken": (_("An employee with this NIP is registered already."), _HR),
    "contract_half": (_("A contract has a beginning and an end."), _FILL),
    "contract_of_pns": (_("A PNS has no contract period."), _("Leave the contract dates empty, or choose PPPK.")),
    "ends_before_start": (_("The end lies before the beginning."), _DATE),
    "date_in_future": (_("This date lies in the future."), _CORRECT),
    "assessment_exists": (
        _("This competency was assessed on that day by that source already."),
        _("Choose another date, or leave it as it is."),
    ),
    "only_own_level": (
        _("A correction is asked for by the person whose level was measured, by somebody else than themselves."),
        _("A self-rating is simply given anew."),
    ),
    "same_level": (_("This is the level on record already."), _("Choose the level that is right.")),
    "reason_too_short": (
        _("The reason has fewer than %(minimum)s characters."),
        _("Say what is wrong, and where it can be read."),
    ),
    "correction_open": (
        _("A correction of this assessment has been asked for already."),
        _("Look at that request, or withdraw it first."),
    ),
    "level_outweighed": (
        _("A later assessment, or one by a stricter method on that day, would still count instead of this level."),
        _("Choose a later day, or the method of that assessment."),
    ),
    "not_in_service": (
        _("The person is in service no more on that day."),
        _("End the placement, or cancel the application; correct the record if it is wrong."),
    ),
    "changed_meanwhile": (
        _("Something has changed again since you opened this page."),
        _("Load the page again, read what has changed, then decide."),
    ),
    "choice_not_open": (_("This cannot be chosen here."), _CHOOSE),
    # Files
    "file_empty": (_("The file is empty."), _PDF),
    "file_not_pdf": (_("This file is not a PDF."), _PDF),
    "file_too_large": (_("The file is larger than 10 MB."), _("Scan it at a lower resolution and upload it again.")),
    "unknown_file": (_("This file is not there."), _("Upload the document again.")),
    # Partners and agreements
    "unknown_agency": (_("There is no such agency."), _CHOOSE),
    "unknown_partner": (_("There is no such partner."), _CHOOSE),
    "unknown_partner_kind": (_("There is no such kind of partner."), _CHOOSE),
    "nib_format": (_("A NIB has 13 digits."), _CORRECT),
    "nib_taken": (_("A partner with this NIB is registered already."), _("Ask its owner to add you as a member.")),
    "npwp_format": (_("An NPWP has 15 or 16 digits."), _CORRECT),
    "university_code_format": (_("A PDDIKTI code has 6 digits."), _CORRECT),
    "university_code_of_other_kind": (
        _("Only a university has a PDDIKTI code."),
        _("Leave the code empty, or choose university."),
    ),
    "last_owner": (_("A partner keeps at least one owner."), _("Make somebody else owner first.")),
    "member_already": (_("This address belongs to a member already."), _("Change the role in the list of members.")),
    "invited_already": (
        _("This address has been invited already."),
        _("Send that invitation again, or take it back first."),
    ),
    "invitation_over": (_("This invitation has been accepted or taken back."), _("Invite the person anew.")),
    "invitation_sent_often": (
        _("This invitation has been sent %(limit)s times."),
        _("Ask the person to look among unwanted mail, or take it back and invite another address."),
    ),
    "sign_in_to_accept": (
        _("There is an account with this address."),
        _("Sign in with it first; then open the link again and accept."),
    ),
    "unknown_clause": (_("There is no such clause."), _CHOOSE),
    "renewal_not_longer": (
        _("A renewal ends later than what it renews."),
        _("Choose a day after %(day)s, or name no earlier agreement."),
    ),
    "verification_asked": (_("This agency has been asked already."), _("Wait for its answer; the HR office decides.")),
    "own_partner": (_("You act for this partner yourself."), _("Let a colleague decide.")),
    "partner_not_verified": (_("Your agency has not verified this partner."), _("Verify the partner first.")),
    "unknown_agreement": (_("There is no such agreement between these two."), _CHOOSE),
    "unknown_agreement_kind": (_("There is no such kind of agreement."), _CHOOSE),
    "number_taken": (_("An agreement with this number is on record already."), _CORRECT),
    "agreement_too_general": (
        _("A memorandum of understanding (KB) carries no slot."),
        _("Choose a cooperation agreement (PKS) under it."),
    ),
    "agreement_ended": (_("This agreement was ended."), _AGREEMENT),
    "agreement_not_signed": (
        _("This agreement is not signed yet."),
        _("Copy the slot as soon as the HR office has signed it."),
    ),
    "agreement_over": (_("This agreement ended on %(ends_on)s."), _("Ask the HR office for its renewal.")),
    "agreement_missing": (
        _("There is no cooperation agreement (PKS) with this city."),
        _("Ask its HR office to prepare one with you."),
    ),
    "city_not_asked": (
        _("This city has not verified your organisation."),
        _("Ask it on the page of your organisation."),
    ),
    "city_not_decided": (
        _("This city has not decided yet whether it verifies your organisation."),
        _("Wait for its answer; complete your profile meanwhile."),
    ),
    "city_refused": (
        _("This city has refused to verify your organisation."),
        _("Correct what it named, then ask again."),
    ),
    "copy_too_short": (
        _("The last date of the copy, %(day)s, lies after its last day."),
        _("Choose a later last day, or the same length as before; dates can be taken away from the draft."),
    ),
    "date_too_far": (_("This day lies too far away."), _DATE),
    "agreement_not_in_force": (_("The agreement is not in force during the whole period."), _AGREEMENT),
    "agreement_of_other_agency": (
        _("This agreement is with another agency."),
        _("Clone the slot for the other agency."),
    ),
    "slot_outside_agreement": (_("The agreement covers %(starts_on)s to %(ends_on)s only."), _AGREEMENT),
    # Slots
    "unknown_kind": (_("There is no such kind of slot; there are: %(kinds)s."), _CHOOSE),
    "unknown_mode": (_("A slot is on site, online or hybrid."), _CHOOSE),
    "place_missing": (_("A slot on site has a place."), _("Name the town, or choose online.")),
    "period_too_long": (_("A placement lasts at most %(months)s months."), _DATE),
    "apply_by_after_start": (_("The deadline lies after the beginning."), _DATE),
    "apply_by_past": (_("The deadline for applications has passed."), _("Choose a later deadline.")),
    "hours_range": (_("Hours a week are between 1 and 40."), _CORRECT),
    "seats_range": (_("Seats are between 1 and 500."), _CORRECT),
    "seats_below_cohort": (_("This kind of slot needs at least %(minimum)s seats."), _CORRECT),
    "outcomes_missing": (
        _("A slot names at least one outcome."),
        _("Add a competency with the levels it leads from and to."),
    ),
    "too_many_outcomes": (
        _("A slot names at most %(limit)s outcomes."),
        _("Keep those that participants will surely reach."),
    ),
    "outcome_not_rising": (_("An outcome leads to a higher level than it starts from."), _CORRECT),
    "prerequisite_above_outcome": (
        _("A prerequisite asks for what the slot itself teaches."),
        _("Lower the prerequisite below the outcome."),
    ),
    "slot_not_editable": (
        _("This slot can no longer be changed; the status is: %(status)s."),
        _("Clone it, or ask HR to return it."),
    ),
    "slot_full": (_("All seats of this slot are taken."), _SIMILAR),
    "slot_reserved": (
        _("The seats that are left, of %(seats)s reserved, are kept for people of %(unit)s until %(until)s."),
        _("After that day seats that were not taken are open to everybody; or look at similar slots."),
    ),
    "reserve_incomplete": (
        _("A reserve needs the number of seats, the unit and the last day."),
        _("Fill in all three, or empty all three."),
    ),
    "reserve_above_seats": (_("The slot has %(seats)s seats only; no more can be reserved."), _CORRECT),
    "reserve_too_long": (
        _("A reserve ends before the last day to apply, %(apply_by)s, so that others can still apply."),
        _DATE,
    ),
    "slot_not_offered": (_("This slot is not on offer."), _SIMILAR),
    "no_seat_taken": (_("No seat of this slot is taken."), _RELOAD),
    # Mentors
    "capacity_range": (_("A mentor guides 1 to %(limit)s participants at one time."), _CORRECT),
    "too_many_windows": (_("There are more than %(limit)s weekly windows."), _("Join windows that follow each other.")),
    "unknown_weekday": (_("There is no such weekday."), _CHOOSE),
    "windows_overlap": (
        _("%(weekday)s has two windows that overlap: %(first)s and %(second)s."),
        _("Join the two windows."),
    ),
    "too_many_days_off": (_("There are more than %(limit)s periods of days off."), _("Join or remove some of them.")),
    "days_off_overlap": (_("Two periods of days off overlap at %(day)s."), _("Join the two periods.")),
    "mentor_full": (
        _("This mentor guides %(capacity)s participants at one time and has no room in this period."),
        _("Choose another mentor, or raise the number in the mentor's profile."),
    ),
    "mentor_of_other_partner": (_("This mentor does not belong to the partner of the slot."), _CHOOSE),
    "mentor_inactive": (_("This mentor no longer guides participants."), _CHOOSE),
    "mentor_assigned": (_("This mentor guides the slot already."), _RELOAD),
    "mentor_not_assigned": (_("This mentor does not guide the slot."), _RELOAD),
    # Matching
    "unknown_slot": (_("There is no such slot."), _CHOOSE),
    "match_running": (_("Recommendations are being computed at this moment."), _LATER),
    "ceiling_out_of_range": (_("The ceiling lies between %(least)s and 100 percent."), _CORRECT),
    # The road from application to award
    "required": (_("This field is empty."), _FILL),
    "reason_required": (_("This decision needs a coded reason."), _CHOOSE),
    "note_required": (_("This reason needs a note."), _("Say in a sentence what the reason is.")),
    "unknown_choice": (_("This is not one of the choices."), _CHOOSE),
    "not_an_employee": (_("Only employees apply for slots."), _("Sign in with your employee account.")),
    "only_applicant": (_("Only the applicant does this."), _HOLDER),
    "only_supervisor_decides": (_("Only the supervisor, or whoever acts as such today, decides this step."), _HOLDER),
    "only_hr_decides": (_("Only the HR office decides this step, and never in one's own case."), _HOLDER),
    "only_partner_decides": (_("Only the partner decides this step."), _HOLDER),
    "only_hr_prepares": (_("Only the HR office prepares the placement."), _HR),
    "milestone_not_reported": (
        _("Nobody of the team has reported this milestone yet."),
        _("Wait for the report, or write to the team."),
    ),
    "only_participant": (_("Only the participant does this."), _HOLDER),
    "only_host": (_("Only the mentor or the partner does this."), _HOLDER),
    "only_host_or_hr": (_("Only the mentor, the partner or the HR office does this."), _HOLDER),
    "only_participant_or_host": (_("Only the participant, the mentor or the partner does this."), _HOLDER),
    "cannot_end_placement": (_("Only those who take part in the placement and the HR office may end it."), _HR),
    "slot_of_other_agency": (_("This slot is for employees of another agency."), _SIMILAR),
    "slot_closed": (_("This slot takes no applications; the status is: %(status)s."), _SIMILAR),
    "deadline_past": (_("The deadline of this slot was %(apply_by)s."), _SIMILAR),
    "already_applied": (
        _("You have applied for this slot already; the status is: %(status)s."),
        _("Open your application."),
    ),
    "seats_are_free": (
        _("A seat is free that nobody else is waiting for or approved for."),
        _("Approve the application instead."),
    ),
    "others_wait": (
        _("Others wait for a seat of this slot, and every free seat is spoken for."),
        _("Put the application on the waitlist: it gets its turn."),
    ),
    "offer_lapsed": (
        _("The seat was held until a moment that has passed."),
        _("Look for another slot, or apply again while this one is open."),
    ),
    "already_decided": (_("This step has been decided already."), _RELOAD),
    "already_confirmed": (_("Your word on this is on record already."), _RELOAD),
    "already_evaluated": (_("You have evaluated this placement already."), _RELOAD),
    "already_credited": (_("The hours of this placement are credited already."), _RELOAD),
    "already_reversed": (_("This entry has been reversed already."), _RELOAD),
    "consent_required": (
        _("The application needs your consent to what the partner will see."),
        _("Read what the partner will see and tick the box."),
    ),
    "motivation_required": (_("Say in at least %(minimum)s characters what you want to learn."), _FILL),
    "supervisor_missing": (
        _("Nobody can clear your application: the post above you is vacant, or its holder is away."),
        _("HR (%(office)s) must name who acts. The office has been told; hand in again once it has."),
    ),
    "employee_not_active": (_("Only active employees apply; the status is: %(status)s."), _HR),
    "contract_missing": (
        _("The contract period of this PPPK is not on record."),
        _("Ask your HR office to enter the contract dates."),
    ),
    "outside_contract": (_("The slot does not lie within the contract, which ends on %(contract_ends_on)s."), _SIMILAR),
    "retires_before_end": (_("The slot ends after retirement."), _SIMILAR),
    "prerequisite_unmet": (_("The slot presupposes %(competency)s at level %(level)s."), _SIMILAR),
    "overlapping_placement": (
        _("Another placement is planned from %(starts_on)s to %(ends_on)s."),
        _("Choose a slot at another time."),
    ),
    "pppk_ceiling": (
        _("%(used)s JP used and %(planned)s planned would pass the ceiling of %(limit)s JP a contract year."),
        _("Choose a slot with fewer hours, or wait for the next contract year."),
    ),
    "conflict_note_required": (
        _("A declared interest needs a note."),
        _("Say in a sentence what binds you to the partner."),
    ),
    "conflict_undecided": (
        _("A declared conflict of interest waits for a decision."),
        _("Decide on the conflict first."),
    ),
    "conflict_not_allowed": (_("The conflict of interest was found not allowed."), _SIMILAR),
    "no_conflict_declared": (_("No conflict of interest was declared."), _RELOAD),
    "mentor_not_of_slot": (_("This mentor does not guide the slot."), _CHOOSE),
    "only_hr_revokes": (_("Only the HR office of the city revokes a certificate."), _HR),
    "certificate_revoked_already": (_("This certificate has been revoked already."), _RELOAD),
    "logo_too_large": (_("The picture is larger than %(limit)s kB."), _("Save it in a smaller size.")),
    "logo_not_a_picture": (
        _("This is not a PNG or JPEG picture of at most %(limit)s pixels a side."),
        _("Save the logo as PNG and upload it again."),
    ),
    "export_too_large": (
        _("The list has %(rows)s rows; a workbook takes %(limit)s."),
        _("Set filters, and download it in parts."),
    ),
    "letter_after_end": (_("The letter is dated after the end of the placement, %(ends_on)s."), _DATE),
    "kind_without_meetings": (
        _("The kind “%(kind)s” has no meetings of a group."),
        _("Leave the dates out, or choose a kind that has them."),
    ),
    "meetings_missing": (_("This kind of slot meets on dates."), _("Enter one meeting at least.")),
    "too_many_meetings": (_("There are more than %(limit)s meetings."), _("Divide them between two slots.")),
    "meeting_outside_period": (
        _("The meeting on %(day)s lies outside the slot's period, %(starts_on)s to %(ends_on)s."),
        _("Change the day or the period."),
    ),
    "meeting_day_twice": (_("There are two meetings on %(day)s."), _("Join them into one.")),
    "kind_without_milestones": (
        _("The kind “%(kind)s” has no milestones."),
        _("Leave the milestones away, or choose another kind."),
    ),
    "milestones_missing": (_("This kind of slot has dated milestones."), _("Enter one milestone at least.")),
    "too_many_milestones": (_("There are more than %(limit)s milestones."), _("Join some of them.")),
    "milestone_twice": (_("“%(title)s” is there twice."), _("Give each milestone a title of its own.")),
    "milestone_outside_period": (
        _("The milestone of %(day)s lies outside the slot's period, %(starts_on)s to %(ends_on)s."),
        _("Choose a day within the period, or change the period."),
    ),
    "meeting_ends_before_begin": (_("The meeting ends before it begins."), _("Correct the times.")),
    "cohort_range": (
        _("The smallest group is between %(least)s and the number of seats, %(seats)s."),
        _CORRECT,
    ),
    "cohort_too_small": (
        _("There are %(filled)s participants, and the slot begins with %(needed)s."),
        _("Wait for more, or ask the partner to begin with fewer and say why."),
    ),
    "cohort_reached": (_("There are enough participants: %(filled)s of %(needed)s."), _("Nothing is to be done.")),
    "already_waived": (_("The partner has agreed to begin with fewer already."), _RELOAD),
    "only_partner_waives": (
        _("Only the partner may begin with fewer participants."),
        _("Ask a member of the partner."),
    ),
    "no_meeting_that_day": (_("There is no meeting on this day."), _("Choose one of these days: %(days)s.")),
    "meeting_not_held_yet": (
        _("The meeting on %(day)s has not taken place yet."),
        _("Record attendance on that day or later."),
    ),
    "nobody_marked": (_("Nobody is marked."), _("Mark at least one participant as present or absent.")),
    "marked_twice": (_("Somebody is marked as present and as absent."), _("Leave one mark for each.")),
    "not_of_this_slot": (
        _("Somebody on the list does not take part in this slot."),
        _("Load the list again and mark only who is on it."),
    ),
    "own_attendance": (_("This is your own attendance."), _("Let somebody else record it.")),
    "attendance_agreed": (
        _("Both sides have agreed on a mark that you want to change."),
        _("It stays. Load the list again to see which one."),
    ),
    "unknown_question": (
        _("The kind “%(kind)s” does not ask “%(question)s”."),
        _("Leave the answer out, or choose the kind that asks it."),
    ),
    "evaluation_not_asked": (
        _("The kind “%(kind)s” asks no such evaluation of you."),
        _("Wait for the final evaluation, if there is one for you."),
    ),
    "kind_without_plan": (
        _("The kind “%(kind)s” has no learning plan."),
        _("Nothing is to be done: the placement starts without one."),
    ),
    "objectives_required": (_("The learning plan names no objective."), _("Add at least one objective.")),
    "level_out_of_range": (_("A level in line %(row)s is not between 1 and 5."), _CORRECT),
    "levels_do_not_rise": (_("The objective in line %(row)s does not rise."), _CORRECT),
    "activity_required": (_("Say what is done."), _FILL),
    "plan_missing": (_("There is no learning plan yet."), _("Write the learning plan first.")),
    "checklist_incomplete": (_("Before the start there is still missing: %(missing)s."), _COMPLETE),
    "evidence_incomplete": (_("Before completion there is still missing: %(missing)s."), _COMPLETE),
    "not_yet_starting": (_("The placement begins on %(starts_on)s."), _("Start it on that day.")),
    "period_not_over": (
        _("The placement runs until %(ends_on)s."),
        _("Complete it after that day, or end it early with a reason."),
    ),
    "placement_not_running": (_("The placement is not running; the status is: %(status)s."), _RELOAD),
    "placement_not_completed": (_("The placement is not completed; the status is: %(status)s."), _RELOAD),
    "date_outside_period": (_("The date is not between %(starts_on)s and %(ends_on)s."), _CORRECT),
    "hours_out_of_range": (_("These hours are not plausible."), _CORRECT),
    "minutes_out_of_range": (_("These minutes are not plausible."), _CORRECT),
    "session_length": (
        _("A booked session lasts %(shortest)s to %(longest)s minutes."),
        _("Choose another length, or book two sessions on two days."),
    ),
    "session_in_past": (
        _("This time has passed."),
        _("Choose a time to come; a session that took place is entered instead of booked."),
    ),
    "outside_availability": (
        _("The mentor has no time then."),
        _("Choose one of the free times, or ask the mentor to add a window to the weekly availability."),
    ),
    "mentor_busy": (_("Somebody else has just booked the mentor for this time."), _("Choose another free time.")),
    "participant_busy": (
        _("The participant has another session at this time."),
        _("Choose another free time, or move the other session."),
    ),
    "mentor_missing": (_("No mentor is named yet."), _("Ask the partner or your HR office to name one.")),
    "place_or_link_missing": (_("The session has neither a place nor a link."), _("Fill in one of the two.")),
    "link_not_https": (_("This is not a secure web address."), _("Copy the whole link; it begins with https://.")),
    "session_begun": (
        _("The session has begun."),
        _("Say afterwards whether it was held, instead of moving or cancelling it."),
    ),
    "session_not_begun": (_("The session has not begun yet."), _("Come back once it has been held.")),
    "session_exists": (_("A session on %(held_on)s is on record already."), _RELOAD),
    "kind_without_sessions": (_("Slots of the kind %(kind)s have no sessions."), _("Use the logbook instead.")),
    "evaluation_without_question": (
        _("Slots of this kind do not ask for this answer."),
        _("Leave it empty; `GET /api/slot-kinds` names the questions."),
    ),
    "rating_out_of_range": (_("A rating is between 1 and 5."), _CORRECT),
    "ratings_incomplete": (_("Some objectives have no rating."), _("Rate each objective of the plan.")),
    "hour_rule_missing": (
        _("No rule in force says how hours of this form count (%(form)s)."),
        _("Ask the operator to load the conversion table."),
    ),
    "hours_by_rule": (_("Hours of this form are counted by rule (%(form)s), not by hand."), _RELOAD),
    "before_decree": (_("The date lies before the decree of %(decree_date)s."), _CORRECT),
    "decree_before_completion": (
        _("The decree is dated before the placement was completed on %(completed_on)s."),
        _CORRECT,
    ),
    "award_not_verified": (_("The proposal has not been verified."), _("Verify the proposal first.")),
}

_UNKNOWN: Phrase = (_("This is not possible at the moment."), _RELOAD)


def explain(error: DomainError) -> Explanation:
    """The sentences of a refusal, in the reader's language."""
    message, remedy = ERRORS.get(error.code, _UNKNOWN)
    # a blank that nobody filled must not turn a refusal into a crash
    values = defaultdict(lambda: "…", {name: _worded(value) for name, value in error.params.items()})
    return Explanation(error.code, error.field, str(message) % values, str(remedy) % values)


def _worded(value: Any) -> str:
    return date_format(value) if isinstance(value, date) else str(value)


# Why a gap is not known for certain ---------------------------------------------------

# reason -> the next step.
_NEXT_STEPS: dict[UnsureReason, str | Promise] = {
    UnsureReason.CONTESTED: _("The HR office answers within 3 × 24 hours; until then the measured level counts."),
    UnsureReason.NOT_ASSESSED: _(
        "Ask the HR office for an assessment, or the supervisor for a confirmation. Until then it counts as a small gap."
    ),
    UnsureReason.SELF_RATED_ONLY: _("Ask the supervisor to confirm the level, or the HR office for an assessment."),
    UnsureReason.EXPIRED: _("Ask the HR office for a new assessment. Until then the old level weighs less."),
    UnsureReason.EXAMPLE_STANDARD: _("The HR office can enter the level of the decree on the position's standard."),
}


def unsure_lines(reasons: Iterable[UnsureReason]) -> list[tuple[str, str]]:
    """Each reason in words, with the next step."""
    return [(str(reason.label), str(_NEXT_STEPS[reason])) for reason in reasons]


# Why a slot fits, or does not ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One coded reason of a match, from wherever it was read."""

    code: str
    points: int
    competency: str
    params: Mapping[str, Any]


def reason_lines(reasons: Iterable[Any], names: Mapping[str, str]) -> list[ReasonLine]:
    """Reasons of a match in words; ``names`` gives the name of each competency code.

    Takes the engine's reasons or the dictionaries a recommendation stores.
    """
    return [_line(_part(reason), names) for reason in reasons]


def strongest_lines(reasons: Iterable[Any], names: Mapping[str, str], count: int = 3) -> list[ReasonLine]:
    """The parts that say most for a match, in words."""
    parts = [part for part in map(_part, reasons) if part.points > 0]
    parts.sort(key=lambda part: -part.points)
    return [_line(part, names) for part in parts[:count]]


def _part(reason: Any) -> Part:
    if isinstance(reason, Mapping):
        return Part(
            reason["code"], int(reason.get("points", 0)), reason.get("competency", ""), reason.get("params") or {}
        )
    return Part(reason.code, reason.points, reason.competency, reason.params)


def _line(part: Part, names: Mapping[str, str]) -> ReasonLine:
    text, tone = _SENTENCES.get(part.code, _other)(part, names.get(part.competency, part.competency))
    return ReasonLine(text=text, tone=tone, points=part.points)


def level_word(level: Any) -> str:
    """``Menengah`` for 3; what lies below the first level has no name."""
    number = int(float(level))
    return str(Level(number).label) if number in Level.values else gettext("no level yet")


def _closed(part: Part, name: str) -> tuple[str, Any]:
    values = {
        "name": name,
        "start": level_word(part.params["from"]),
        "end": level_word(part.params["to"]),
    }
    status = part.params.get("status")
    if status == "unknown":
        return gettext("%(name)s: teaches up to %(end)s; your level has not been assessed yet") % values, "good"
    if status == "expired":
        return gettext("%(name)s: %(start)s → %(end)s, by an assessment that has expired") % values, "good"
    if float(part.params["to"]) >= float(part.params["required"]):
        return gettext("%(name)s: %(start)s → %(end)s, all that your position requires") % values, "good"
    return gettext("%(name)s: %(start)s → %(end)s") % values, "good"


def _terms(part: Part, name: str) -> tuple[str, Any]:
    return gettext("Close to your duties and interests: %(terms)s") % {
        "terms": ", ".join(part.params.get("terms", [])[:4])
    }, "good"


def _priority(part: Part, name: str) -> tuple[str, Any]:
    if part.points < 0:
        return gettext("%(name)s is not among the region's priorities") % {"name": name}, "neutral"
    return gettext("%(name)s is a priority of your region") % {"name": name}, "good"


def _meaning(part: Part, name: str) -> tuple[str, Any]:
    if part.points < 0:
        return gettext("Its subject is far from your duties and interests"), "neutral"
    return gettext("Its subject is close to your duties and interests"), "good"


def _read(part: Part, name: str) -> tuple[str, Any]:
    return gettext("The description speaks of %(name)s, which you still need") % {"name": name}, "good"


def _level_of_work(part: Part, name: str) -> tuple[str, Any]:
    if part.points < 0:
        if part.params.get("demanding"):
            return gettext("The work is more demanding than the levels you have to reach"), "neutral"
        return gettext("The work is more routine than the levels you have to reach"), "neutral"
    if part.params.get("demanding"):
        return gettext("The work is demanding, as the levels you have to reach"), "good"
    return gettext("The work starts simply, as the levels you have to reach"), "good"


def _place_same(part: Part, name: str) -> tuple[str, Any]:
    return gettext("In your own town, %(place)s") % {"place": part.params.get("place", "")}, "good"


def _place_online(part: Part, name: str) -> tuple[str, Any]:
    return gettext("Online, no travel needed"), "good"


def _prerequisite_unknown(part: Part, name: str) -> tuple[str, Any]:
    values = {"name": name, "level": level_word(part.params["level"])}
    return gettext("Asks for %(name)s at %(level)s; your level has not been assessed yet") % values, "neutral"


def _prerequisite_optional(part: Part, name: str) -> tuple[str, Any]:
    values = {
        "name": name,
        "level": level_word(part.params["level"]),
        "own": level_word(part.params.get("assessed") or 0),
    }
    return gettext("Would like %(name)s at %(level)s; yours is %(own)s") % values, "neutral"


def _prerequisite_missing(part: Part, name: str) -> tuple[str, Any]:
    values = {
        "name": name,
        "level": level_word(part.params["level"]),
        "own": level_word(part.params.get("assessed") or 0),
    }
    return gettext("Requires %(name)s at %(level)s; yours is %(own)s") % values, "warn"


def _overlap(part: Part, name: str) -> tuple[str, Any]:
    return gettext("Its period overlaps a placement of yours"), "warn"


def _hours(part: Part, name: str) -> tuple[str, Any]:
    return gettext("It takes more hours a week than you have free"), "warn"


def _ceiling(part: Part, name: str) -> tuple[str, Any]:
    left = int(part.params.get("jp_left", 0))
    return (
        ngettext(
            "It brings more JP than your contract year allows: %(left)s JP is left",
            "It brings more JP than your contract year allows: %(left)s JP are left",
            left,
        )
        % {"left": left},
        "warn",
    )


def _closed_slot(part: Part, name: str) -> tuple[str, Any]:
    return gettext("It does not take applications at the moment"), "warn"


def _full(part: Part, name: str) -> tuple[str, Any]:
    return gettext("All seats are taken"), "warn"


def _reserved(part: Part, name: str) -> tuple[str, Any]:
    until = part.params.get("until")
    values = {"unit": part.params.get("unit"), "until": date_format(date.fromisoformat(until)) if until else "–"}
    return gettext("The seats that are left are kept for people of %(unit)s until %(until)s") % values, "warn"


def _already(part: Part, name: str) -> tuple[str, Any]:
    return gettext("You have applied for it already"), "neutral"


def _elsewhere(part: Part, name: str) -> tuple[str, Any]:
    return gettext("It belongs to another city"), "warn"


def _nothing(part: Part, name: str) -> tuple[str, Any]:
    return gettext("It closes none of your gaps and shares no word with your duties"), "neutral"


def _other(part: Part, name: str) -> tuple[str, Any]:
    return name or gettext("Another reason"), "neutral"


_SENTENCES: dict[str, Any] = {
    "competency_gap_closed": _closed,
    "regional_priority": _priority,
    "text_terms": _terms,
    "text_meaning": _meaning,
    "competency_read": _read,
    "level_of_work": _level_of_work,
    "place_same": _place_same,
    "place_online": _place_online,
    "prerequisite_unknown": _prerequisite_unknown,
    "prerequisite_missing_optional": _prerequisite_optional,
    "prerequisite_missing": _prerequisite_missing,
    "period_overlaps": _overlap,
    "hours_exceeded": _hours,
    "jp_exceeded": _ceiling,
    "not_open": _closed_slot,
    "no_seats_left": _full,
    "excluded": _already,
    "seats_reserved": _reserved,
    "other_agency": _elsewhere,
    "nothing_in_common": _nothing,
}
REASONS = frozenset(_SENTENCES)


def change_line(change: Any, names: Mapping[str, str]) -> str:
    """The smallest change that would bring a slot among a person's first five, in words."""
    params = dict(change.params)
    values = {
        **params,
        "name": names.get(params.get("competency", ""), params.get("competency", "")),
        "level": level_word(params.get("level") or 0),
        "to": level_word(params.get("to") or 0),
    }
    if change.code == "free_period":
        values["start"], values["end"] = (
            date_format(date.fromisoformat(params[name]), "j F Y") for name in ("busy_from", "busy_to")
        )
    if "hours" in params:
        values["hours"] = f"{float(params['hours']):g}"
    sentence = _CHANGES[change.code]
    if change.code == "assess" and float(params["level"]) < 1.0:
        sentence = _("Have your level of %(name)s assessed.")
    return str(sentence) % values


_CHANGES: dict[str, Any] = {
    "assess": _("Have your level of %(name)s assessed: %(level)s is enough."),
    "more_hours": _("Have %(hours)s hours a week free."),
    "more_jp": _("Have %(jp)s JP left in your contract year; you have %(jp_left)s."),
    "free_period": _("Be free from %(start)s to %(end)s, when a placement of yours overlaps."),
    "raise_level": _("Reach %(level)s in %(name)s first."),
    "hold_online": _("The partner would have to hold it online."),
    "hold_nearby": _("The partner would have to hold it in %(place)s."),
    "drop_prerequisite": _("The partner would have to drop what it asks for in %(name)s."),
    "raise_outcome": _("It would have to teach %(name)s up to %(to)s."),
    "add_seat": _("The partner would have to add one seat."),
}
CHANGES = frozenset(_CHANGES)


def headline(reasons: Iterable[Any], gaps: Iterable[str]) -> str:
    """The one sentence that says most: how many of the reader's most important gaps the slot closes.

    ``gaps`` are the competency codes of the gaps, most important first.
    """
    parts = [_part(reason) for reason in reasons]
    taught = {part.competency for part in parts if part.code == "competency_gap_closed"}
    first = list(gaps)[:3]
    closed = len(taught & set(first))
    if closed:
        return ngettext(
            "Closes %(closed)s of your %(count)s most important gap",
            "Closes %(closed)s of your %(count)s most important gaps",
            len(first),
        ) % {"closed": closed, "count": len(first)}
    if taught:
        return ngettext("Closes %(count)s of your gaps", "Closes %(count)s of your gaps", len(taught)) % {
            "count": len(taught)
        }
    return ""
