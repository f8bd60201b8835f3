"""What a slot kind may decide."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.utils.functional import Promise


class JpBasis(enum.Enum):
    """What learning hours are counted by."""

    ACTIVITY = "activity"  # once, when the placement is completed
    SESSION = "session"  # each session confirmed by both sides, with the rule's monthly cap
    MANUAL = "manual"  # an officer enters them with a reason


class Evidence(enum.Enum):
    """What must be there before a placement can be completed."""

    LOGBOOK_VERIFIED = "logbook_verified"
    SESSION_CONFIRMED = "session_confirmed"
    MENTOR_EVALUATION = "mentor_evaluation"
    PARTICIPANT_EVALUATION = "participant_evaluation"


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """All that differs between kinds of slot.

    ``jp_form`` is the ``form`` of jp_conversion.csv; ``jp_planned`` the hours a whole placement is
    expected to bring (used against the PPPK ceiling before the fact). ``blocks_time`` says whether
    two placements of one person may not overlap.
    """

    code: str
    label: str | Promise
    description: str | Promise
    icon: str
    order: int
    jp_form: str
    jp_basis: JpBasis
    jp_planned: int
    blocks_time: bool
    uses_sessions: bool
    evidence: tuple[Evidence, ...]
    minimum_cohort: int = 1
    default_hours_per_week: int = 20
    documents: tuple[str, ...] = (
        "assignment_letter",
        "learning_plan",
        "mentor",
        "agreement",
    )
