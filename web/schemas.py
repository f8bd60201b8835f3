"""What the API of one's own desk gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from accounts.models import User
from accounts.roles import Role
from core.api import Filters, Input


class AgencyRoleOut(Schema):
    """What I do for an agency."""

    agency_id: UUID
    agency: str = Field(alias="agency.name")
    role: str


class PartnerRoleOut(Schema):
    """What I do for a partner."""

    partner_id: UUID
    partner: str = Field(alias="partner.name")
    role: str


class MeOut(Schema):
    """Who I am, what I may do, and how much waits for me."""

    username: str
    name: str
    email: str
    language: str
    roles: list[Role]
    employee_id: UUID | None
    mentor_id: UUID | None
    agencies: list[AgencyRoleOut]
    partners: list[PartnerRoleOut]
    waiting: dict[str, int] = Field(examples=[{"clearance": 2, "approval": 0}])
    unread: int


class LanguageIn(Input):
    """The language I want to read."""

    language: User.Language


class NotificationOut(Schema):
    """One message to me."""

    id: UUID
    code: str
    params: dict[str, Any]
    url: str
    created_at: datetime
    read_at: datetime | None


class NotificationFilters(Filters):
    """Which messages."""

    unread: bool | None = None


class ReadOut(Schema):
    """How many messages were marked as read."""

    marked: int
