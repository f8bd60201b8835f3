"""A decision that somebody else has taken meanwhile: what it was, who took it, when, and what to do now."""

from __future__ import annotations

from dataclasses import replace

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from asn.models import AgencyMembership, Employee
from core.errors import Conflict, DomainError
from core.models import AuditEvent
from partners.models import PartnerMembership
from web.phrases import Explanation, explain
from web.templatetags.padan import long_datetime

# Who, in the words of the audit trail.
WHO: dict[str, str | Promise] = {
    "employee": _("the applicant"),
    "withdrawal": _("the applicant"),
    "supervisor": _("the supervisor"),
    "hr": _("the HR office"),
    "partner": _("the partner"),
    "host": _("the host"),
    "mentor": _("the mentor"),
    "system": pgettext_lazy("actor", "Padan itself, by rule"),
}
_OVER = _("It has come to its end; nothing is left to do here.")
_WITH_PARTNER = _("The partner has it now; nothing is left to do here.")
_WITH_HR = _("The HR office has it now; nothing is left to do here.")
# What to do now: model -> status -> sentence.
NEXT: dict[str, dict[str, str | Promise]] = {
    "placements.Application": {
        "draft": _("The applicant changes it and hands it in again; it comes back to you then."),
        "awaiting_clearance": _("The supervisor has it now; nothing is left to do here."),
        "submitted": _WITH_HR,
        "returned": _("The applicant changes it and hands it in again; it comes back to you then."),
        "shortlisted": _WITH_HR,
        "waitlisted": _("It waits for a free seat; nothing is left to do here."),
        "offered": _("The seat is held until the applicant answers; nothing is left to do here."),
        "approved": _WITH_PARTNER,
        "accepted": _("A placement is being prepared; look for it among the placements."),
        **dict.fromkeys(("withdrawn", "ineligible", "rejected", "declined", "expired"), _OVER),
    },
    "partners.Slot": {
        "draft": _("The partner changes it and hands it in again."),
        "submitted": _("The HR office reviews it now; nothing is left to do here."),
        "returned": _("The partner changes it and hands it in again."),
        "published": _("People can apply; nothing is left to do here."),
        "paused": _("It takes no applications until it is opened again."),
        "full": _("All seats are taken; it opens by itself when one comes free."),
        **dict.fromkeys(("closed", "cancelled"), _("It takes no applications any more; copy it to offer it anew.")),
    },
    "partners.Agreement": {
        "signed": _("Slots can stand under it now; nothing is left to do here."),
        "terminated": _("Slots need another agreement now; enter a new one if the cooperation goes on."),
    },
    "partners.PartnerVerification": {
        "verified": _("The partner may hand in slots; nothing is left to do here."),
        "refused": _("The partner has read the reason and may ask again."),
    },
    "incentives.AwardProposal": {
        "verified": _("It waits for the decree now."),
        "granted": _("The award is granted; nothing is left to do here."),
        "declined": _OVER,
    },
}
_LOOK = _("Look at its present state; what you sent has changed nothing.")


def explained(error: DomainError) -> Explanation:
    """The sentences of a refusal; where somebody was quicker, the story of it and what to do now."""
    told = explain(error)
    row = error.about
    if not isinstance(error, Conflict) or not isinstance(row, models.Model):
        return told
    event = (
        AuditEvent.objects.filter(object_type=row._meta.label, object_id=str(row.pk))
        .select_related("actor")
        .order_by("-pk")
        .first()
    )
    if event is None:
        return told
    story = _story(row, event, error.asked_by)
    return replace(told, message=f"{told.message} {story}", remedy=str(_next(row)))


def _story(row: models.Model, event: AuditEvent, viewer: object) -> str:
    values = {"when": long_datetime(event.at, getattr(row, "agency", "")), "who": _who(row, event, viewer)}
    if event.actor_id is not None and event.actor_id == getattr(viewer, "pk", None):
        story = _t("You changed it last yourself, on %(when)s.") % values
    else:
        story = _t("It was last changed by %(who)s, on %(when)s.") % values
    if not hasattr(row, "get_status_display"):
        return story
    return f"{story} {_t('The status is now: %(status)s.') % {'status': row.get_status_display()}}"


def _next(row: models.Model) -> str | Promise:
    return NEXT.get(row._meta.label, {}).get(str(getattr(row, "status", "")), _LOOK)


def _who(row: models.Model, event: AuditEvent, viewer: object) -> str:
    """The role for everybody; the name as well for those who work in the same house."""
    role = str(WHO.get(event.actor_label) or _role(row, event.actor))
    if event.actor is None or not isinstance(viewer, User) or not _of_one_house(viewer, event.actor):
        return role
    return f"{event.actor.get_full_name()} ({role})"


def _role(row: models.Model, actor: User | None) -> str | Promise:
    if actor is None:
        return WHO["system"]
    partner_id = getattr(row, "partner_id", None)
    if partner_id and PartnerMembership.objects.filter(user=actor, partner_id=partner_id).exists():
        return WHO["partner"]
    return WHO["hr"]


def _of_one_house(one: User, other: User) -> bool:
    return bool(_houses(one) & _houses(other))


def _houses(user: User) -> set[object]:
    agencies = AgencyMembership.objects.filter(user=user, is_active=True).values_list("agency_id", flat=True)
    employing = Employee.objects.filter(user=user).values_list("agency_id", flat=True)
    partners = PartnerMembership.objects.filter(user=user, is_active=True).values_list("partner_id", flat=True)
    return {*agencies, *employing, *partners}
