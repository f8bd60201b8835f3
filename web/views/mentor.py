"""Where a mentor begins."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.roles import Role
from core.policy import policy
from placements.states import LogbookStatus, PlacementStatus
from web.pages import page, user_of
from web.views.host import PRESENT, hosted


@policy(Role.MENTOR)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the mentor: days to read, sessions to confirm, plans to agree, evaluations to write."""
    user = user_of(request)
    rows = hosted(request).filter(mentor__user=user)
    present = rows.filter(status__in=PRESENT).order_by("starts_on", "pk")
    running = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
    return page(
        request,
        "host/mentor_home.html",
        {
            "mentor": user.mentor,
            "present": present,
            "to_read": rows.filter(status__in=running, logbook__status=LogbookStatus.SUBMITTED).distinct().count(),
            "to_confirm": rows.filter(
                status__in=running,
                sessions__participant_confirmed_at__isnull=False,
                sessions__mentor_confirmed_at__isnull=True,
            )
            .distinct()
            .count(),
            "to_agree": rows.filter(status=PlacementStatus.PREPARING, plan_agreed_at=None, objectives__isnull=False)
            .distinct()
            .count(),
        },
    )
