"""Outbox handlers that only tests have; real workers of tests load them."""

import time
import uuid
from pathlib import Path

from django.utils import timezone

from accounts.models import ApiToken
from core import outbox

WIRING = {"tests.note_wanted": ("tests.handlers.leave_note",)}


@outbox.handler
def leave_note(user_id: str, folder: str) -> None:
    """Write a row; whoever comes first then hangs before the commit, as a doomed worker would."""
    ApiToken.objects.create(user_id=user_id, label="note", digest=uuid.uuid4().hex, expires_at=timezone.now())
    mark = Path(folder) / "first-write-done"
    if not mark.exists():
        mark.touch()
        time.sleep(600)
