"""What the pages of a partner share."""

from __future__ import annotations

import uuid

from django.http import HttpRequest

from core.errors import NotFound
from partners.models import Partner, Slot
from partners.permissions import can_act_for, get_visible_slot, partners_of
from web.pages import is_uuid, user_of


def own_partner(request: HttpRequest) -> Partner:
    """The partner the reader acts for; the first by name when there are several, or the one in the address."""
    mine = Partner.objects.filter(pk__in=partners_of(user_of(request)))
    wanted = request.GET.get("partner", "")
    chosen = mine.filter(pk=wanted).first() if is_uuid(wanted) else None
    partner = chosen or mine.order_by("name", "pk").first()
    if partner is None:
        raise NotFound()
    return partner


def get_own_slot(request: HttpRequest, slot_id: uuid.UUID) -> Slot:
    """A slot the reader may look after for the partner."""
    user = user_of(request)
    slot = get_visible_slot(user, slot_id)
    if not can_act_for(user, slot.partner_id):
        raise NotFound()
    request.agency = slot.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return slot
