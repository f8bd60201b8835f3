"""Doors for Celery: a completed placement brings points and proposals."""

from __future__ import annotations

import uuid

from core.outbox import handler
from incentives import services


@handler
def propose_awards(*, placement_id: str, **_: str) -> None:
    """Propose what the published criteria give."""
    services.propose_awards(placement_id=uuid.UUID(placement_id))


@handler
def credit_points(*, placement_id: str, **_: str) -> None:
    """Points for a completed placement."""
    services.credit_points(placement_id=uuid.UUID(placement_id))
