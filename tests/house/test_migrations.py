"""What every migration keeps to."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_migrations_know_states_as_plain_text() -> None:
    """See core.models.StateField: an FSMField in a migration makes every later one slower."""
    migrations = sorted(ROOT.glob("*/migrations/0*.py"))
    assert len(migrations) > 20
    assert [str(path.relative_to(ROOT)) for path in migrations if "django_fsm" in path.read_text("utf-8")] == []
