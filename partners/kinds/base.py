"""What a slot kind may decide."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.states import EvaluationStage, EvaluatorRole

Words = str | Promise


class JpBasis(enum.Enum):
    """What learning hours are counted by."""

    ACTIVITY = "activity"  # once, when the placement is completed
    SESSION = "session"  # each session confirmed by both sides, with the rule's monthly cap
    DAY = "day"  # each day of the slot's meetings that the person attended
    MANUAL = "manual"  # an officer enters them with a reason


class Rhythm(enum.Enum):
    """How the time of a placement is spent."""

    PERIOD = "period"  # a stay over days, written down in a logbook
    SESSIONS = "sessions"  # two people agree when to meet
    MEETINGS = "meetings"  # the whole group meets on the dates of the slot; attendance is recorded
    MILESTONES = "milestones"  # a team works towards the dated milestones of the slot, and keeps a logbook


class Document(enum.Enum):
    """What must be there before a placement can start; each has one check in placements/selectors.py."""

    ASSIGNMENT_LETTER = "assignment_letter"
    LEARNING_PLAN = "learning_plan"
    MENTOR = "mentor"
    AGREEMENT = "agreement"


class Evidence(enum.Enum):
    """What must be there before a placement can be completed, beside the evaluations that the kind asks for; each has
    one check in placements/selectors.py."""

    LOGBOOK_VERIFIED = "logbook_verified"
    SESSION_CONFIRMED = "session_confirmed"
    ATTENDANCE_CONFIRMED = "attendance_confirmed"
    MILESTONES_CONFIRMED = "milestones_confirmed"


class Ratings(enum.Enum):
    """Whether an evaluation says which level the person has reached in what was to be learnt."""

    NONE = "none"
    OFFERED = "offered"  # each competency may be left out
    ASKED = "asked"  # each competency must be rated


# The columns an answer may be kept in, beside the overall mark.
ANSWERS = ("strengths", "improvements", "applied")


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be answered in words. ``code`` names where the answer is kept."""

    code: str
    label: Words
    required: bool = False
    help_text: Words = ""
    limit: int = 2000


@dataclass(frozen=True, slots=True)
class EvaluationForm:
    """What one side is asked at one stage. Whoever must answer before completion is ``required``."""

    role: EvaluatorRole
    overall: Words
    marks: tuple[Words, Words, Words, Words, Words]  # the words for 1 to 5
    questions: tuple[Question, ...]
    ratings: Ratings
    stage: EvaluationStage = EvaluationStage.FINAL
    required: bool = True

    @property
    def code(self) -> str:
        """Its name on the list of what is needed."""
        prefix = "" if self.stage == EvaluationStage.FINAL else f"{self.stage.value}_"
        return f"{prefix}{self.role.value}_evaluation"

    def __post_init__(self) -> None:
        unknown = [question.code for question in self.questions if question.code not in ANSWERS]
        if unknown:
            raise ValueError(f"An evaluation has no place for {', '.join(unknown)}; there are {', '.join(ANSWERS)}.")


USEFUL = (_("1 – not useful"), _("2 – little"), _("3 – partly"), _("4 – useful"), _("5 – very useful"))
GOOD = (_("1 – poor"), _("2 – weak"), _("3 – sufficient"), _("4 – good"), _("5 – excellent"))

BY_PARTICIPANT = EvaluationForm(
    role=EvaluatorRole.PARTICIPANT,
    overall=_("How useful was this placement, all in all?"),
    marks=USEFUL,
    questions=(
        Question("strengths", _("What was good?")),
        Question("improvements", _("What should be better?")),
        Question("applied", _("What will you use at work, and when?"), required=True),
    ),
    ratings=Ratings.OFFERED,
)
BY_HOST = EvaluationForm(
    role=EvaluatorRole.MENTOR,
    overall=_("The participant's performance, all in all"),
    marks=GOOD,
    questions=(
        Question("strengths", _("Strengths"), required=True),
        Question("improvements", _("What to work on next")),
    ),
    ratings=Ratings.ASKED,
)
BY_SUPERVISOR = EvaluationForm(
    role=EvaluatorRole.SUPERVISOR,
    overall=_("How much the placement helped the work of the unit"),
    marks=USEFUL,
    questions=(Question("applied", _("What is being used at work?")),),
    ratings=Ratings.OFFERED,
    required=False,
)
# What a stay of weeks is asked: a look half-way where somebody wants one, and a word of all sides at the end.
USUAL_EVALUATIONS = (
    BY_HOST,
    BY_PARTICIPANT,
    BY_SUPERVISOR,
    *(
        replace(form, stage=EvaluationStage.MID_TERM, required=False)
        for form in (BY_HOST, BY_PARTICIPANT, BY_SUPERVISOR)
    ),
)


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """All that differs between kinds of slot.

    ``jp_form`` is the ``form`` of jp_conversion.csv; ``jp_planned`` the hours that a placement, or a day of one that is
    counted by days, is expected to bring (used against the PPPK ceiling before the fact). ``blocks_time`` says whether
    two placements of one person may not overlap. ``questions`` are asked in the slot form beside what every kind is
    asked; ``minimum_cohort`` is the fewest participants that a slot may ask for, 1 where the number does not matter.
    """

    code: str
    label: Words
    description: Words
    icon: str
    order: int
    jp_form: str
    jp_basis: JpBasis
    jp_planned: int
    blocks_time: bool
    rhythm: Rhythm
    evidence: tuple[Evidence, ...]
    evaluations: tuple[EvaluationForm, ...] = USUAL_EVALUATIONS
    documents: tuple[Document, ...] = tuple(Document)
    questions: tuple[Question, ...] = ()
    minimum_cohort: int = 1
    default_hours_per_week: int = 20
    default_seats: int = 1

    @property
    def uses_sessions(self) -> bool:
        return self.rhythm is Rhythm.SESSIONS

    @property
    def uses_meetings(self) -> bool:
        return self.rhythm is Rhythm.MEETINGS

    @property
    def uses_milestones(self) -> bool:
        return self.rhythm is Rhythm.MILESTONES

    @property
    def uses_plan(self) -> bool:
        """Whether a learning plan is agreed before the start."""
        return Document.LEARNING_PLAN in self.documents

    @property
    def needs_mentor(self) -> bool:
        """Whether one person guides each participant."""
        return Document.MENTOR in self.documents

    @property
    def asks_logbook(self) -> bool:
        """Whether days must be written down and verified."""
        return Evidence.LOGBOOK_VERIFIED in self.evidence

    @property
    def gathers_group(self) -> bool:
        """Whether it takes place only with enough participants."""
        return self.minimum_cohort > 1

    def planned_hours(self, meeting_days: int) -> int:
        """JP that a placement is expected to bring in a slot with so many days of meetings."""
        return self.jp_planned * meeting_days if self.jp_basis is JpBasis.DAY else self.jp_planned

    def evaluation(self, role: str, stage: str = EvaluationStage.FINAL) -> EvaluationForm | None:
        """What that side is asked at that stage; None when it is not asked."""
        found = (form for form in self.evaluations if form.role == role and form.stage == stage)
        return next(found, None)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages at which anybody is asked."""
        return tuple(dict.fromkeys(form.stage.value for form in self.evaluations))
