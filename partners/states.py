"""Words for partners, agreements and slots, with the coded reasons."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PartnerKind(models.TextChoices):
    COMPANY = "company", _("Company")
    STATE_COMPANY = "state_company", _("State company (BUMN)")
    REGIONAL_COMPANY = "regional_company", _("Regional company (BUMD)")
    UNIVERSITY = "university", _("University")
    PROFESSIONAL_BODY = "professional_body", _("Professional body")
    COMMUNITY = "community", _("Community")
    GOVERNMENT = "government", _("Government unit")


class PartnerRole(models.TextChoices):
    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")


class VerificationStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for verification")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", _("Refused")


class VerificationWord(models.TextChoices):
    """What was said between a partner and an agency about the partner's standing."""

    ASKED = "asked", _("Asked to be verified")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", _("Refused")


class AgreementKind(models.TextChoices):
    KB = "kb", _("Memorandum of understanding (KB)")
    PKS = "pks", _("Cooperation agreement (PKS)")
    NOTA = "nota", _("Memorandum between government bodies")


class AgreementStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("agreement", "Draft")
    SIGNED = "signed", _("Signed")
    TERMINATED = "terminated", _("Terminated")


class AgreementClause(models.TextChoices):
    """What an agreement may settle beside its subject."""

    INSURANCE = "insurance", _("Insurance of participants")
    CONFIDENTIALITY = "confidentiality", _("Confidentiality")
    INTELLECTUAL_PROPERTY = "intellectual_property", _("Intellectual property")
    DATA_PROTECTION = "data_protection", _("Protection of personal data")


class SlotStatus(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("slot", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("slot", "Waiting for review")
    RETURNED = "returned", _("Returned for revision")
    PUBLISHED = "published", _("Published")
    PAUSED = "paused", _("Paused")
    FULL = "full", pgettext_lazy("slot", "Full")
    CLOSED = "closed", pgettext_lazy("slot", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("slot", "Cancelled")


class PauseCause(models.TextChoices):
    """Why a slot takes no applications for now."""

    PARTNER = "partner", _("Paused by the partner or the HR office")
    STALE = "stale", _("Paused by itself: nobody has confirmed it")


class SlotMode(models.TextChoices):
    ONSITE = "onsite", _("On site")
    ONLINE = "online", _("Online")
    HYBRID = "hybrid", _("Hybrid")


class ReturnReason(models.TextChoices):
    """Why HR sends a slot back."""

    OUTCOMES_UNCLEAR = (
        "outcomes_unclear",
        _("The outcomes are unclear or not reachable in the period"),
    )
    OUTSIDE_AGREEMENT = "outside_agreement", _("Not covered by the agreement")
    PREREQUISITES_TOO_HIGH = (
        "prerequisites_too_high",
        _("Prerequisites exclude almost everyone"),
    )
    MENTOR_MISSING = "mentor_missing", _("No suitable mentor")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class CancelReason(models.TextChoices):
    """Why a slot is cancelled."""

    NO_CAPACITY = "no_capacity", _("The host no longer has capacity")
    MENTOR_LEFT = "mentor_left", _("The mentor is no longer available")
    TOO_FEW = "too_few", _("Too few participants")
    AGREEMENT_ENDED = "agreement_ended", _("The agreement has ended")
    OTHER = "other", pgettext_lazy("reason", "Another reason (see note)")


class EvaluatorRole(models.TextChoices):
    """Who says how a placement was."""

    PARTICIPANT = "participant", _("Participant")
    MENTOR = "mentor", _("Mentor")
    SUPERVISOR = "supervisor", _("Supervisor")


class EvaluationStage(models.TextChoices):
    """When."""

    MID_TERM = "mid_term", _("Mid-term")
    FINAL = "final", _("Final")
