"""One's own desk: who I am, what waits for me, what I was told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import Query
from ninja.pagination import paginate

from accounts import services as accounts
from accounts.auth import SignedInRequest
from accounts.models import User
from accounts.roles import Role, roles_of
from asn.models import AgencyMembership, Employee
from core.api import Pages
from core.policy import Router
from mentors.models import Mentor
from partners.models import PartnerMembership
from placements.selectors import waiting_counts
from web import services
from web.models import Notification
from web.schemas import LanguageIn, MeOut, NotificationFilters, NotificationOut, ReadOut

router = Router(tags=["Me"])


@router.get("/me", policy=(Role.SIGNED_IN,), response=MeOut)
def get_me(request: SignedInRequest) -> dict[str, Any]:
    """Who I am, what I may do, and how much waits for me."""
    return _about(request.user)


@router.put("/me/language", policy=(Role.SIGNED_IN,), response=MeOut)
def set_language(request: SignedInRequest, data: LanguageIn) -> dict[str, Any]:
    """Choose the language of my mails, notifications and answers; a header `Accept-Language` still wins for its request."""
    return _about(accounts.set_language(actor=request.user, language=data.language))


def _about(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.name,
        "email": user.email,
        "language": user.language,
        "roles": sorted(roles_of(user) - {Role.PUBLIC}),
        "employee_id": Employee.objects.filter(user=user).values_list("pk", flat=True).first(),
        "mentor_id": Mentor.objects.filter(user=user).values_list("pk", flat=True).first(),
        "agencies": AgencyMembership.objects.filter(user=user, is_active=True).select_related("agency"),
        "partners": PartnerMembership.objects.filter(user=user, is_active=True).select_related("partner"),
        "waiting": waiting_counts(user),
        "unread": Notification.objects.filter(user=user).filter(read_at=None).count(),
    }


@router.get("/notifications", policy=(Role.SIGNED_IN,), response=list[NotificationOut])
@paginate(Pages)
def list_notifications(request: SignedInRequest, filters: Query[NotificationFilters]) -> QuerySet[Notification]:
    """What I was told, the latest first."""
    rows = Notification.objects.filter(user=request.user)
    return rows if filters.unread is None else rows.filter(read_at__isnull=filters.unread)


@router.post("/notifications/{uuid:notification_id}/read", policy=(Role.SIGNED_IN,), response=NotificationOut)
def read_notification(request: SignedInRequest, notification_id: UUID) -> Notification:
    """I have read it."""
    return services.read_notification(actor=request.user, notification_id=notification_id)


@router.post("/notifications/read", policy=(Role.SIGNED_IN,), response=ReadOut)
def read_notifications(request: SignedInRequest) -> dict[str, int]:
    """I have read them all."""
    return {"marked": services.read_all_notifications(actor=request.user)}
