"""Outbox handlers of the outbox tests."""

from __future__ import annotations

from accounts.models import User
from core import outbox

NAME = "tests.core.handlers"
WIRING = {
    "tests.named": (f"{NAME}.rename",),
    "tests.poisoned": (f"{NAME}.spoil", f"{NAME}.rename"),
    "tests.chain": (f"{NAME}.pass_on",),
    "tests.nobody": (),
}


@outbox.handler
def rename(user_id: str) -> None:
    """Add one letter, so that a second effect would show."""
    user = User.objects.get(pk=user_id)
    user.name += "!"
    user.save()


@outbox.handler
def spoil(user_id: str) -> None:
    """Write, then fail."""
    User.objects.filter(pk=user_id).update(name="spoilt")
    raise RuntimeError("poison")


@outbox.handler
def pass_on(user_id: str) -> None:
    """Announce another fact."""
    outbox.announce("tests.named", key=f"{user_id}:again", user_id=user_id)
