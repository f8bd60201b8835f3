"""One milestone of a team: any member reports it, the host confirms or returns; both sides share the page."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from core.rows import find
from partners.models import SlotMilestone
from placements import services
from placements.permissions import get_visible_placement, is_host, is_participant
from placements.selectors import team_of
from placements.states import RUNNING_PLACEMENT, MilestoneStatus
from web.forms.milestones import MilestoneDecisionForm, MilestoneForm
from web.pages import Attempt, attempt, done, page, user_of


@policy(Role.EMPLOYEE, Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def milestone(request: HttpRequest, placement_id: uuid.UUID, milestone_id: uuid.UUID) -> HttpResponse:
    """What is to be reached, what the team says, and what the reader may do about it."""
    user = user_of(request)
    row = get_visible_placement(user, placement_id)
    if not (is_participant(user, row) or is_host(user, row)):
        raise NotFound()
    request.agency = row.agency  # type: ignore[attr-defined]
    found = find(SlotMilestone.objects.filter(slot=row.slot_id).select_related("report__file"), milestone_id)
    report = getattr(found, "report", None)
    running = row.status in RUNNING_PLACEMENT
    confirmed = report is not None and report.status == MilestoneStatus.CONFIRMED
    form: MilestoneForm | MilestoneDecisionForm | None = None
    if is_participant(user, row) and running and not confirmed:
        form = MilestoneForm(request.POST or None, request.FILES or None, report=report, today=row.agency.today())
    elif is_host(user, row) and report is not None and report.status == MilestoneStatus.REPORTED:
        form = MilestoneDecisionForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form is None or form.is_valid():
            with attempt(form) as outcome:
                said = _act(request, row.pk, found.pk, form)
                return done(request, said, "milestone", row.pk, found.pk)
            status = outcome.status
    context = {
        "placement": row,
        "slot": row.slot,
        "agency": row.agency,
        "milestone": found,
        "report": report,
        "team": team_of(row),
        "form": form,
        "decides": isinstance(form, MilestoneDecisionForm),
        "back": "employee_placement" if is_participant(user, row) else "partner_placement",
        "problem": outcome.problem,
    }
    return page(request, "placement/milestone.html", context, status=status)


def _act(
    request: HttpRequest,
    placement_id: uuid.UUID,
    milestone_id: uuid.UUID,
    form: MilestoneForm | MilestoneDecisionForm | None,
) -> str:
    user = user_of(request)
    ids: dict[str, Any] = {"placement_id": placement_id, "milestone_id": milestone_id}
    if isinstance(form, MilestoneForm):
        services.report_milestone(actor=user, **ids, **form.cleaned_data)
        return _("Reported: the host has been told.")
    if request.POST.get("decision") == "return":
        services.return_milestone(actor=user, **ids, note=form.cleaned_data["note"] if form else "-")
        return _("Returned: the team has been told.")
    services.confirm_milestone(actor=user, **ids)  # says what it is now, where somebody was quicker
    return _("Confirmed: the team has been told.")
