"""What the API of accounts takes and gives."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema

from accounts.services import MAX_TOKEN_DAYS
from core.api import Input


class TokenIn(Input):
    """A token for one program."""

    label: str = Field(min_length=1, max_length=80, examples=["Laporan bulanan"])
    days: int = Field(90, ge=1, le=MAX_TOKEN_DAYS, description="Days until it expires.")


class TokenOut(Schema):
    """A token, without its secret."""

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewTokenOut(TokenOut):
    """A token just issued: the only time its secret is shown."""

    token: str = Field(examples=["padan_…"])
