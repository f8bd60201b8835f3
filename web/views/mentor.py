"""Where a mentor begins."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import Role
from core.policy import policy
from placements.agenda import mentor_week, waits_for_mentor
from placements.models import MentoringSession
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
            "to_confirm": MentoringSession.objects.filter(
                waits_for_mentor(), mentor__user=user, placement__status__in=running
            ).count(),
            "to_agree": rows.filter(status=PlacementStatus.PREPARING, plan_agreed_at=None, objectives__isnull=False)
            .distinct()
            .count(),
        },
    )


@policy(Role.MENTOR)
@require_safe
def agenda(request: HttpRequest) -> HttpResponse:
    """The mentor's sessions of one week, all participants together."""
    user = user_of(request)
    try:
        day = dt.date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        day = timezone.now().astimezone(user.mentor.zone).date()
    day = min(max(day, dt.date(2000, 1, 8)), dt.date(2099, 12, 20))
    monday = day - dt.timedelta(days=day.weekday())
    week = dt.timedelta(days=7)
    return page(
        request,
        "host/agenda.html",
        {
            "mentor": user.mentor,
            "monday": monday,
            "sunday": monday + dt.timedelta(days=6),
            "before": monday - week,
            "after": monday + week,
            "sessions": mentor_week(user, monday),
        },
    )
