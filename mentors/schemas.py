"""What the API of mentors takes and gives."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated
from uuid import UUID

from ninja import Field, FilterLookup, Schema

from asn.states import TimeZone
from core.api import Day, Filters, Input, Level
from mentors.models import Weekday


class ExpertiseIn(Input):
    """A competency the mentor masters."""

    competency: str = Field(min_length=1, max_length=20, examples=["TEK-501-04"])
    level: Level


class ExpertiseOut(Schema):
    """A competency the mentor masters."""

    competency: str = Field(alias="competency_id")
    level: int


class WindowIn(Input):
    """A weekly window."""

    weekday: Weekday = Field(description="1 Monday to 7 Sunday.")
    starts_at: time
    ends_at: time


class WindowOut(Schema):
    """A weekly window."""

    weekday: int
    starts_at: time
    ends_at: time


class DaysOffIn(Input):
    """Days on which the weekly windows do not hold."""

    starts_on: Day
    ends_on: Day = Field(description="The last day off.")


class DaysOffOut(Schema):
    """Days on which the weekly windows do not hold."""

    starts_on: date
    ends_on: date


class MentorDataIn(Input):
    """The profile of a person who guides participants."""

    name: str = Field(min_length=2, max_length=160)
    email: str = Field("", max_length=254)
    occupation: str = Field("", max_length=160)
    bio: str = Field("", max_length=3000)
    capacity: int = Field(3, ge=1, le=50, description="Participants at one time.")


class MentorIn(MentorDataIn):
    """A mentor and the partner it belongs to."""

    partner_id: UUID


class MentorChangeIn(MentorDataIn):
    """The profile, and whether the person still guides."""

    is_active: bool


class MentorOut(Schema):
    """A mentor as participants see one: no address."""

    id: UUID
    partner_id: UUID
    name: str
    occupation: str
    bio: str
    capacity: int
    is_active: bool
    expertise: list[ExpertiseOut]
    time_zone: TimeZone = Field(description="Where the windows are read.")
    availability: list[WindowOut]
    days_off: list[DaysOffOut]


class MentorFilters(Filters):
    """Which mentors."""

    q: Annotated[str | None, FilterLookup("name__icontains"), Field(max_length=80)] = None
    partner_id: UUID | None = None
    competency: Annotated[str | None, FilterLookup("expertise__competency"), Field(max_length=20)] = None


class ExpertiseSetIn(Input):
    """All of a mentor's expertise."""

    expertise: list[ExpertiseIn] = Field(max_length=40)


class AvailabilitySetIn(Input):
    """All of a mentor's weekly windows and days off; without ``time_zone`` the present one stays."""

    windows: list[WindowIn] = Field(max_length=40)
    days_off: list[DaysOffIn] = Field(default_factory=list, max_length=40)
    time_zone: TimeZone | None = None


class AssignIn(Input):
    """Who guides the slot."""

    mentor_id: UUID


class SlotMentorOut(Schema):
    """A mentor tied to a slot."""

    slot_id: UUID
    mentor_id: UUID
    name: str = Field(alias="mentor.name")
    occupation: str = Field(alias="mentor.occupation")
