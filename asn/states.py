"""Words for people, levels and where a level comes from."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Level(models.IntegerChoices):
    """Levels of PermenPANRB 38/2017."""

    AWARENESS = 1, _("Awareness")
    BASIC = 2, _("Basic")
    INTERMEDIATE = 3, _("Intermediate")
    ADVANCED = 4, _("Advanced")
    EXPERT = 5, _("Expert")


class CompetencyKind(models.TextChoices):
    MANAGERIAL = "managerial", _("Managerial")
    SOCIOCULTURAL = "sociocultural", _("Sociocultural")
    TECHNICAL = "technical", _("Technical")


class EmployeeKind(models.TextChoices):
    PNS = "pns", _("PNS")
    PPPK = "pppk", _("PPPK")


class EmployeeStatus(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("employee", "Active")
    PROBATION = "probation", _("Probation (CPNS)")
    ON_LEAVE = "on_leave", _("On leave")
    RETIRED = "retired", _("Retired")
    LEFT = "left", _("Left the agency")


# Who is at work: others decide nothing for their people.
AT_WORK = (EmployeeStatus.ACTIVE, EmployeeStatus.PROBATION)


# Who is in service no more.
GONE = (EmployeeStatus.RETIRED, EmployeeStatus.LEFT)


class EmploymentChange(models.TextChoices):
    """What HR has changed about somebody's service."""

    UNIT = "unit", _("Another unit")
    POSITION = "position", _("Another position")
    LEAVE = "leave", pgettext_lazy("employment", "On leave")
    RETIREMENT = "retirement", _("Retirement")
    CONTRACT_END = "contract_end", _("End of the contract")
    LEFT = "left", _("Left the agency")


class Capacity(models.TextChoices):
    """As what somebody decides for people of a unit. The last three rest on a period (asn.ActingPeriod)."""

    SUPERVISOR = "supervisor", pgettext_lazy("capacity", "Direct supervisor")
    HEAD = "head", pgettext_lazy("capacity", "Head of the unit")
    PLT = "plt", pgettext_lazy("capacity", "Plt. (acting head of a vacant post)")
    PLH = "plh", pgettext_lazy("capacity", "Plh. (daily stand-in of an absent head)")
    DELEGATE = "delegate", pgettext_lazy("capacity", "Delegate of the supervisor")


ACTING = (Capacity.PLT, Capacity.PLH, Capacity.DELEGATE)


class ActingReason(models.TextChoices):
    """Why somebody acts for another, or for nobody."""

    LEAVE = "leave", pgettext_lazy("acting", "Leave")
    DUTY_TRIP = "duty_trip", _("Duty trip")
    ILLNESS = "illness", _("Illness")
    TRAINING = "training", _("Training or study")
    VACANT = "vacant", _("The post is vacant")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class AgencyRole(models.TextChoices):
    HR = "hr", _("HR officer")
    LEADERSHIP = "leadership", _("Leadership")
    AUDITOR = "auditor", _("Auditor")


class AssessmentSource(models.TextChoices):
    ASSESSMENT_CENTRE = "assessment_centre", _("Assessment centre")
    COMPUTER_TEST = "computer_test", _("Computer-assisted test")
    SUPERVISOR = "supervisor", _("Supervisor's confirmation")
    SELF = "self", _("Self-rating")


class CorrectionStatus(models.TextChoices):
    """Where a request to correct a measured level stands."""

    SUBMITTED = "submitted", pgettext_lazy("correction", "Submitted")
    IN_REVIEW = "in_review", pgettext_lazy("correction", "In review")
    ACCEPTED = "accepted", pgettext_lazy("correction", "Corrected")
    REFUSED = "refused", pgettext_lazy("correction", "Not corrected")
    WITHDRAWN = "withdrawn", pgettext_lazy("correction", "Withdrawn")


OPEN_CORRECTION = (CorrectionStatus.SUBMITTED, CorrectionStatus.IN_REVIEW)


class CorrectionRefusal(models.TextChoices):
    """Why a level stays as it is."""

    MATCHES_REPORT = "matches_report", _("The level is the one of the assessment report")
    NO_EVIDENCE = "no_evidence", _("Nothing shows another level")
    OUTDATED_EVIDENCE = "outdated_evidence", _("The evidence is older than the assessment")
    NEW_ASSESSMENT = "new_assessment", _("A new assessment is needed, not a correction")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class GapStatus(models.TextChoices):
    MET = "met", _("Met")
    GAP = "gap", _("Gap")
    UNKNOWN = "unknown", _("Not yet assessed")
    EXPIRED = "expired", _("Assessment expired")


class UnsureReason(models.TextChoices):
    """Why a gap is not known for certain."""

    CONTESTED = "contested", _("The person has asked for a correction")
    NOT_ASSESSED = "not_assessed", _("Nobody has assessed this competency yet")
    SELF_RATED_ONLY = "self_rated_only", _("There is a self-rating only, which does not count")
    EXPIRED = "expired", _("The assessment has expired")
    EXAMPLE_STANDARD = "example_standard", _("The required level is a sample, not from a decree")


class TimeZone(models.TextChoices):
    WIB = "Asia/Jakarta", "WIB"
    WIB_PONTIANAK = "Asia/Pontianak", "WIB (Pontianak)"
    WITA = "Asia/Makassar", "WITA"
    WIT = "Asia/Jayapura", "WIT"
