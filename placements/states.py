"""Words for applications, decisions and placements, with the coded reasons."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.states import EvaluationStage, EvaluatorRole

__all__ = ["EvaluationStage", "EvaluatorRole"]  # shared with the policies of kinds


class ApplicationStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("application", "Draft")
    AWAITING_CLEARANCE = (
        "awaiting_clearance",
        _("Waiting for the supervisor's clearance"),
    )
    SUBMITTED = "submitted", _("Waiting for HR")
    RETURNED = "returned", _("Returned for revision")
    SHORTLISTED = "shortlisted", _("Shortlisted")
    WAITLISTED = "waitlisted", _("On the waitlist")
    OFFERED = "offered", _("A seat is offered")
    APPROVED = "approved", _("Approved, waiting for the partner")
    ACCEPTED = "accepted", pgettext_lazy("application", "Accepted")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")
    INELIGIBLE = "ineligible", _("Not eligible")
    REJECTED = "rejected", pgettext_lazy("application", "Rejected")
    DECLINED = "declined", _("Declined by the partner")
    EXPIRED = "expired", pgettext_lazy("application", "Expired")


LIVE_APPLICATION = (
    ApplicationStatus.DRAFT,
    ApplicationStatus.AWAITING_CLEARANCE,
    ApplicationStatus.SUBMITTED,
    ApplicationStatus.RETURNED,
    ApplicationStatus.SHORTLISTED,
    ApplicationStatus.WAITLISTED,
    ApplicationStatus.OFFERED,
    ApplicationStatus.APPROVED,
    ApplicationStatus.ACCEPTED,
)

# Applications that a seat is spoken for: held, or to be decided by the partner.
SPEAKING_FOR_SEAT = (ApplicationStatus.OFFERED, ApplicationStatus.APPROVED)


class DecisionStep(models.TextChoices):
    EMPLOYEE = "employee", _("Applicant")
    SUPERVISOR = "supervisor", _("Supervisor")
    HR = "hr", _("HR")
    OFFER = "offer", _("Offered seat")
    REMOVAL = "removal", _("Ended by HR")
    PARTNER = "partner", _("Partner")
    WITHDRAWAL = "withdrawal", _("Withdrawal")


# Steps that may follow another by the same person.
LATER_STEPS = (DecisionStep.OFFER, DecisionStep.REMOVAL, DecisionStep.WITHDRAWAL)


class DecisionOutcome(models.TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("decision", "Submitted")
    CLEARED = "cleared", _("Cleared")
    APPROVED = "approved", pgettext_lazy("decision", "Approved")
    WAITLISTED = "waitlisted", _("Approved for the next free seat")
    CONFIRMED = "confirmed", pgettext_lazy("decision", "Confirmed")
    ACCEPTED = "accepted", pgettext_lazy("decision", "Accepted")
    RETURNED = "returned", pgettext_lazy("decision", "Returned for revision")
    REFUSED = "refused", pgettext_lazy("decision", "Refused")
    REJECTED = "rejected", pgettext_lazy("decision", "Rejected")
    DECLINED = "declined", pgettext_lazy("decision", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("decision", "Withdrawn")


class DecisionReason(models.TextChoices):
    """Coded reasons of every negative or returning decision."""

    STAFFING = "staffing", _("The unit would be left without enough staff")
    TIMING = "timing", _("The period does not fit the unit's work")
    NOT_RELATED = "not_related", _("The slot does not fit present or planned duties")
    OTHER_PRIORITY = "other_priority", _("Another development need comes first")
    INCOMPLETE = "incomplete", _("The application is incomplete")
    NOT_ELIGIBLE = "not_eligible", _("The eligibility rules are not met")
    OTHER_CANDIDATES = "other_candidates", _("Other candidates close larger gaps")
    PREREQUISITES = "prerequisites", _("The prerequisites are not met")
    NO_CAPACITY = "no_capacity", _("The host no longer has capacity")
    CONFLICT_OF_INTEREST = "conflict_of_interest", _("Conflict of interest")
    PERSONAL = "personal", _("Personal reasons")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class ConflictOutcome(models.TextChoices):
    NO_CONFLICT = "no_conflict", _("No conflict")
    CONTROLLED = "controlled", _("Conflict, controlled")
    NOT_ALLOWED = "not_allowed", _("Conflict, not allowed")


class PlacementStatus(models.TextChoices):
    PREPARING = "preparing", _("Being prepared")
    ACTIVE = "active", pgettext_lazy("placement", "Running")
    ON_HOLD = "on_hold", _("On hold")
    FINISHING = "finishing", _("Being finished")
    COMPLETED = "completed", pgettext_lazy("placement", "Completed")
    ENDED_EARLY = "ended_early", _("Ended early")
    NO_SHOW = "no_show", _("Did not start")


# Placements that keep the person's time: rivals may not overlap them.
RESERVING_PLACEMENT = (
    PlacementStatus.PREPARING,
    PlacementStatus.ACTIVE,
    PlacementStatus.ON_HOLD,
    PlacementStatus.FINISHING,
)
RUNNING_PLACEMENT = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
STARTED_PLACEMENT = (
    PlacementStatus.ACTIVE,
    PlacementStatus.ON_HOLD,
    PlacementStatus.FINISHING,
    PlacementStatus.COMPLETED,
)


class EndReason(models.TextChoices):
    """Why a placement ended before its time."""

    HEALTH = "health", _("Health")
    DUTY_CALL = "duty_call", _("Called back to duty")
    HOST_CAPACITY = "host_capacity", _("The host can no longer continue")
    CONDUCT = "conduct", _("Conduct")
    TRANSFER = "transfer", _("Transfer or retirement")
    PERSONAL = "personal", _("Personal reasons")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class ChangeStatus(models.TextChoices):
    """Where HR's task after a change of employment stands."""

    OPEN = "open", pgettext_lazy("change", "Waits for HR")
    DECIDED = "decided", pgettext_lazy("change", "Decided")
    MOOT = "moot", pgettext_lazy("change", "Nothing left to decide")


class ChangeChoice(models.TextChoices):
    """What HR does about an application or placement when somebody's employment changes."""

    CONTINUE = "continue", _("It goes on; whoever decides for the person now knows of it")
    MOVE_SUPERVISOR = "move_supervisor", _("It goes on under another supervisor")
    END_EARLY = "end_early", _("End the placement early")
    CANCEL = "cancel", _("Cancel the application")


class LogbookStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("logbook", "Draft")
    SUBMITTED = "submitted", _("Waiting for the mentor")
    RETURNED = "returned", _("Returned for revision")
    VERIFIED = "verified", pgettext_lazy("logbook", "Verified")


class AttendanceStatus(models.TextChoices):
    RECORDED = "recorded", _("Waiting for the participant")
    CONFIRMED = "confirmed", _("Confirmed by both")
    CONTESTED = "contested", _("Contested by the participant")


class MilestoneStatus(models.TextChoices):
    """Where the report of a milestone stands."""

    REPORTED = "reported", _("Reported, waiting for the host")
    RETURNED = "returned", _("Returned by the host")
    CONFIRMED = "confirmed", pgettext_lazy("milestone", "Confirmed")


class SessionStatus(models.TextChoices):
    BOOKED = "booked", _("Booked")
    REPORTED = "reported", _("Waiting for the other side")
    HELD = "held", _("Confirmed by both sides")
    NOT_HELD = "not_held", _("Was not held")
    DISPUTED = "disputed", _("The two sides disagree")
    CANCELLED = "cancelled", pgettext_lazy("session", "Cancelled")


# Sessions that keep the time of both people.
KEEPING_SESSION = (SessionStatus.BOOKED, SessionStatus.REPORTED, SessionStatus.HELD, SessionStatus.DISPUTED)


class SessionCancelReason(models.TextChoices):
    """Why a booked session does not take place. The last two are written by the system."""

    DUTY_CALL = "duty_call", _("Called to duty")
    HEALTH = "health", _("Health")
    MENTOR_AWAY = "mentor_away", _("The mentor cannot come")
    NOT_NEEDED = "not_needed", _("It is no longer needed")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")
    MENTOR_CHANGED = "mentor_changed", _("Another mentor was named")
    PLACEMENT_OVER = "placement_over", _("The placement is over")


class NoteVisibility(models.TextChoices):
    """Who reads a note of a session."""

    AUTHOR = "author", _("Only me")
    PAIR = "pair", _("Participant and mentor")
    OFFICE = "office", _("Also HR and the supervisor")


class CertificateKind(models.TextChoices):
    COMPLETION = "completion", _("Certificate of completion")
    STATEMENT = "statement", _("Statement of participation")


class PaperKind(models.TextChoices):
    LETTER = "letter", _("Assignment letter")
    PLAN = "plan", _("Learning plan")


class CertificateState(models.TextChoices):
    """What anybody may learn about a certificate by its code."""

    VALID = "valid", _("Valid")
    REVOKED = "revoked", _("Revoked")
    UNKNOWN = "unknown", _("Not known")


class NotCounted(models.TextChoices):
    """Why hours are in the ledger but do not count."""

    MONTHLY_CAP = "monthly_cap", _("The monthly limit of this form is reached")
    PPPK_CEILING = "pppk_ceiling", _("The ceiling of the contract year is reached")
    NOT_COMPLETED = "not_completed", _("The activity was not completed")
    SAME_HOURS = "same_hours", _("The same hours are credited already")
