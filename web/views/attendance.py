"""The attendance list of a meeting: the host marks the whole group on one page."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from partners.models import SlotMeeting
from partners.permissions import visible_slots
from placements import services
from placements.permissions import can_record_attendance
from placements.selectors import attendance_list
from placements.states import RUNNING_PLACEMENT, AttendanceStatus
from web.pages import Attempt, attempt, done, is_uuid, page, user_of


def get_hosted_meeting(request: HttpRequest, meeting_id: uuid.UUID) -> SlotMeeting:
    """A meeting of a slot the reader hosts."""
    user = user_of(request)
    rows = SlotMeeting.objects.select_related("slot__agency", "slot__partner").filter(slot__in=visible_slots(user))
    meeting = rows.filter(pk=meeting_id).first()
    if meeting is None or not can_record_attendance(user, meeting.slot):
        raise NotFound()
    request.agency = meeting.slot.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return meeting


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def attendance(request: HttpRequest, meeting_id: uuid.UUID) -> HttpResponse:
    """Tick who is there; whoever is not ticked is absent. One press keeps the list of the whole group."""
    meeting = get_hosted_meeting(request, meeting_id)
    lines = attendance_list(meeting)
    user = user_of(request)
    open_lines = [
        line
        for line in lines
        if line.placement.status in RUNNING_PLACEMENT
        and line.placement.employee.user_id != user.pk
        and (line.mark is None or line.mark.status != AttendanceStatus.CONFIRMED)
    ]
    typed = {uuid.UUID(word) for word in request.POST.getlist("present") if is_uuid(word)}
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            # Whoever joined the list after it was shown is not marked absent unseen; a foreign tick is refused.
            shown = {uuid.UUID(word) for word in request.POST.getlist("shown") if is_uuid(word)}
            marked = {line.placement.pk for line in open_lines} & (shown | typed)
            agreed = {line.placement.pk for line in lines} - {line.placement.pk for line in open_lines}
            services.record_attendance(
                actor=user,
                slot_id=meeting.slot_id,
                held_on=meeting.held_on,
                present=typed - agreed,
                absent=marked - typed,
            )
            return done(
                request, _("The list is kept. Each participant is asked to confirm."), "host_attendance", meeting.pk
            )
        status = outcome.status
    for line in lines:
        is_known = line.mark is not None and line.mark.is_present
        line.ticked = line.placement.pk in typed if request.method == "POST" else is_known or line.mark is None
        line.is_open = line in open_lines
    return page(
        request,
        "host/attendance.html",
        {
            "meeting": meeting,
            "slot": meeting.slot,
            "agency": meeting.slot.agency,
            "lines": lines,
            "is_open": bool(open_lines),
            "is_early": meeting.held_on > meeting.slot.agency.today(),
            "problem": outcome.problem,
        },
        status=status,
    )
