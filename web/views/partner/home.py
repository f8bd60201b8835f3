"""Where a partner begins: what waits, and which slots need attention."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.roles import Role
from asn.models import by_own_date
from core.policy import policy
from partners.models import Agreement, PartnerVerification, Slot
from partners.permissions import visible_agreements
from partners.states import SlotStatus
from placements.selectors import waiting_counts
from placements.states import LIVE_APPLICATION, PlacementStatus
from web.pages import page, user_of
from web.views.host import hosted
from web.views.partner.common import own_partner

EMPTY_AT_LAST = 14


@policy(Role.PARTNER)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Candidates to answer, days to read, slots to look after, agreements about to end."""
    user = user_of(request)
    partner = own_partner(request)
    request.waiting_counts = counts = waiting_counts(user)  # type: ignore[attr-defined]  # the navigation shows them too
    slots = Slot.objects.filter(partner=partner).select_related("agency")
    agreements: list[Agreement] = list(
        visible_agreements(user)
        .filter(partner=partner, pk__in=Agreement.objects.ending().values("pk"))
        .select_related("agency")
        .order_by("ends_on")
    )
    return page(
        request,
        "partner/home.html",
        {
            "partner": partner,
            "waiting": counts,
            "returned": slots.filter(status=SlotStatus.RETURNED).order_by("-updated_at"),
            "quiet": slots.filter(
                by_own_date(lambda day: Q(apply_by__range=(day, day + timedelta(days=EMPTY_AT_LAST)))),
                status=SlotStatus.PUBLISHED,
                filled_seats__lt=F("seats"),
            )
            .annotate(interest=Count("applications", filter=Q(applications__status__in=LIVE_APPLICATION)))
            .filter(interest=0)
            .order_by("apply_by"),
            "stale": slots.needing_confirmation().order_by("confirmed_at"),  # type: ignore[attr-defined]
            "ending": agreements,
            "verifications": PartnerVerification.objects.filter(partner=partner)
            .select_related("agency")
            .order_by("agency__name"),
            "open_slots": slots.filter(status=SlotStatus.PUBLISHED).count(),
            "running": hosted(request).filter(status=PlacementStatus.ACTIVE).count(),
        },
    )
