"""The demo world as plain data: what the planner fills and the builder writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from web.demo.corpus import City, PartnerTemplate
from web.demo.people import Person, Service


@dataclass(frozen=True, slots=True)
class Unit:
    key: str
    city: str
    kind: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Position:
    key: str
    city: str
    position_class: str
    title: str
    duties: str
    standards: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Employee:
    key: str
    city: str
    unit: str
    position: str
    position_class: str
    template: str
    person: Person
    service: Service
    supervisor: str | None = None
    interests: str = ""
    levels: dict[str, int] = field(default_factory=dict)
    required: dict[str, int] = field(default_factory=dict)

    def gap(self, competency: str) -> int:
        """Steps missing; an unknown level counts as one."""
        need = self.required.get(competency, 0)
        return max(0, need - self.levels.get(competency, need - 1 if need else 0))


@dataclass(frozen=True, slots=True)
class Assessment:
    employee: str
    competency: str
    level: int
    source: str
    assessed_on: date


@dataclass(frozen=True, slots=True)
class Partner:
    key: str
    template: PartnerTemplate
    cities: tuple[str, ...]
    nib: str
    npwp: str
    university_code: str
    phone: str
    slug: str


@dataclass(frozen=True, slots=True)
class Member:
    key: str
    partner: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Mentor:
    key: str
    partner: str
    name: str
    occupation: str
    bio: str
    capacity: int
    expertise: tuple[tuple[str, int], ...]
    weekdays: tuple[tuple[int, int], ...]  # (ISO weekday, hour of start)


@dataclass(frozen=True, slots=True)
class Agreement:
    key: str
    city: str
    partner: str
    kind: str
    number_agency: str
    number_partner: str
    subject: str
    signer_agency: str
    signer_partner: str
    starts_on: date
    ends_on: date
    parent: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    key: str
    city: str
    partner: str
    agreement: str
    kind: str
    status: str
    title: str
    description: str
    mode: str
    place: str
    starts_on: date
    ends_on: date
    hours_per_week: int
    apply_by: date
    seats: int
    benefits: str
    outcomes: tuple[tuple[str, int, int], ...]
    prerequisites: tuple[tuple[str, int, bool], ...]
    mentors: tuple[str, ...]
    posted_on: date
    confirmed_on: date
    minimum_cohort: int | None = None
    meeting_days: tuple[date, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    milestones: tuple[tuple[str, date, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """One person on the way to one slot; ``stage`` says how far."""

    key: str
    employee: str
    slot: str
    stage: str
    motivation: str
    submitted_on: date
    mentor: str | None = None


@dataclass(frozen=True, slots=True)
class PastApplication:
    """How an application of earlier years ended; nothing else of it is kept."""

    employee: str
    slot: str
    ending: str


@dataclass(frozen=True, slots=True)
class LogbookDay:
    application: str
    day: date
    hours: float
    activity: str
    output: str
    lesson: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Session:
    application: str
    day: date
    agenda: str
    notes: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Evaluation:
    application: str
    role: str
    overall: int
    strengths: str
    improvements: str
    applied: str
    ratings: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class World:
    """Everything the builder writes."""

    seed: int
    size: str
    today: date
    cities: tuple[City, ...]
    units: list[Unit] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    mentors: list[Mentor] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    past: list[PastApplication] = field(default_factory=list)
    logbook: list[LogbookDay] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    accounts: dict[tuple[str, str], str] = field(default_factory=dict)
    """(city, role) to the key of the employee, member or mentor behind a demo account."""
