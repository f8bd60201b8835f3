"""Lives of applications as the steps that the timeline component draws."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _

from placements.selectors import TimelineItem
from placements.states import DecisionOutcome, DecisionStep
from web.components import TimelineStep

_STOPPED = {
    DecisionOutcome.REFUSED,
    DecisionOutcome.REJECTED,
    DecisionOutcome.DECLINED,
    DecisionOutcome.WITHDRAWN,
}


def application_steps(items: Iterable[TimelineItem]) -> list[TimelineStep]:
    """Who decided and why, who has it until when, who is next."""
    return [_step(item) for item in items]


def _step(item: TimelineItem) -> TimelineStep:
    state: Literal["done", "now", "next", "stopped"] = "next"
    if item.state == "done":
        state = "stopped" if item.outcome in _STOPPED else "done"
    elif item.state == "now":
        state = "now"
    return TimelineStep(
        title=_title(item),
        state=state,
        who=item.who,
        at=item.at,
        deadline=item.due_at,
        note=". ".join(str(part) for part in (item.reason, item.note) if part),
    )


def _title(item: TimelineItem) -> str:
    if item.outcome:
        return f"{item.label}: {item.outcome_label}"
    waiting = {
        DecisionStep.EMPLOYEE: _("Hand in the application"),
        DecisionStep.SUPERVISOR: _("Clearance by the supervisor"),
        DecisionStep.HR: _("Decision of HR"),
        DecisionStep.OFFER: _("Answer to the next free seat"),
        DecisionStep.PARTNER: _("Answer of the partner"),
    }
    return waiting.get(DecisionStep(item.step), str(item.label))
