"""What concerns one's own account: notifications."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.http import require_POST, require_safe

from accounts import services as accounts
from accounts.models import User
from accounts.roles import Role
from core.policy import policy
from web import services
from web.models import Notification
from web.notifications import told
from web.pages import done, page, paginate, user_of


@policy(Role.SIGNED_IN)
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """What has happened on my road, the newest first."""
    rows = paginate(request, Notification.objects.filter(user=user_of(request)))
    return page(
        request,
        "account/notifications.html",
        {
            "rows": rows,
            "messages_told": [(row, told(row)) for row in rows],
            "unread": any(row.read_at is None for row in rows),
        },
    )


@policy(Role.SIGNED_IN)
@require_POST
def read(request: HttpRequest, notification_id: uuid.UUID) -> HttpResponse:
    """Mark one as read and go where it leads."""
    user = user_of(request)
    row = services.read_notification(actor=user, notification_id=notification_id)
    return redirect(row.url or "notifications")


@policy(Role.SIGNED_IN)
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    user = user_of(request)
    services.read_all_notifications(actor=user)
    return done(request, _("All notifications are marked as read."), "notifications")


@policy(Role.PUBLIC)
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Go on in another language on the same page; who is signed in is also written to in it from now on."""
    response: HttpResponse = i18n.set_language(request)
    language = request.POST.get("language", "")
    if isinstance(request.user, User) and language in User.Language.values:
        accounts.set_language(actor=request.user, language=language)
    return response
