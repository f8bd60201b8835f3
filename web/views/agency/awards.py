"""Awards: published criteria, proposals of the system, decisions of people."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Case, IntegerField, Value, When
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.roles import Role
from asn.states import AgencyRole
from core.errors import NotFound
from core.policy import policy
from incentives import services
from incentives.models import Award, AwardProposal
from incentives.permissions import can_decide, get_visible_proposal, visible_proposals, visible_rules
from incentives.states import ProposalStatus
from web.components import Column, Fact
from web.forms.agency_awards import AWARD_FORMS, RuleForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range, short_date
from web.views.agency.common import is_officer, own_agency, require_own

SHEET = (
    Field(gettext_lazy("Person"), lambda row: row.employee.full_name, 34),
    Field(gettext_lazy("NIP"), lambda row: row.employee.masked_nip, 12),
    Field(gettext_lazy("Unit"), lambda row: row.employee.unit.name, 40),
    Field(gettext_lazy("Award"), lambda row: row.rule.name, 34),
    Field(gettext_lazy("For"), lambda row: row.placement.slot.title, 40),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
)
# What waits for HR comes first.
URGENCY = Case(
    When(status=ProposalStatus.PROPOSED, then=Value(0)),
    When(status=ProposalStatus.VERIFIED, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


@policy(Role.HR, Role.AUDITOR)
@require_safe
def awards(request: HttpRequest) -> HttpResponseBase:
    """Proposals to check and to grant; below them the published criteria."""
    user, agency = user_of(request), own_agency(request)
    rows = (
        visible_proposals(user)
        .filter(agency=agency)
        .select_related("rule", "employee__unit", "placement__slot__partner")
        .order_by(URGENCY, "-created_at", "pk")
    )
    if wants_sheet(request):
        return sheet(request, _("Awards"), rows, SHEET, agency_id=agency.pk)
    return page(
        request,
        "agency/awards.html",
        {
            "agency": agency,
            "rows": paginate(request, rows),
            "rules": visible_rules(user).filter(agency=agency),
            "may": is_officer(request, agency),
            "columns": [Column(_("Person")), Column(_("Award")), Column(_("For")), Column(_("Status"))],
        },
    )


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def create_rule(request: HttpRequest) -> HttpResponse:
    """Publish a criterion."""
    agency = own_agency(request, AgencyRole.HR)
    form = RuleForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.create_award_rule(actor=user_of(request), agency_id=agency.pk, **form.cleaned_data)
                return done(
                    request,
                    _("The criterion is published. Placements completed from now on are measured by it."),
                    "agency_awards",
                )
            status = outcome.status
    return page(
        request, "agency/award_rule.html", {"agency": agency, "form": form, "problem": outcome.problem}, status=status
    )


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def award(request: HttpRequest, proposal_id: uuid.UUID) -> HttpResponse:
    """One proposal: the figures, then check, grant by decree, decline, hand over."""
    user = user_of(request)
    row = get_visible_proposal(user, proposal_id)
    require_own(request, row.agency)
    granted = Award.objects.filter(proposal=row).first()
    forms: dict[str, Form] = {}
    outcome, status = Attempt(), 200
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        if decision == "verify":
            with attempt() as outcome:
                return _decide(request, user, row, granted, decision, {})
            status = outcome.status
        elif decision in AWARD_FORMS:
            forms[decision] = form = AWARD_FORMS[decision](request.POST)
            status = 422
            if form.is_valid():
                with attempt(form) as outcome:
                    return _decide(request, user, row, granted, decision, form.cleaned_data)
                status = outcome.status
        else:
            raise NotFound()
    return page(request, "agency/award.html", _award_page(user, row, granted, forms, outcome), status=status)


def _decide(
    request: HttpRequest, user: User, row: AwardProposal, granted: Award | None, decision: str, answers: dict[str, Any]
) -> HttpResponse:
    if decision == "verify":
        services.verify_proposal(actor=user, proposal_id=row.pk)
        return done(request, _("Checked. Grant it once the decree is signed."), "agency_award", row.pk)
    if decision == "grant":
        services.grant_award(actor=user, proposal_id=row.pk, **answers)
        return done(request, _("Granted: the person is told."), "agency_award", row.pk)
    if decision == "decline":
        services.decline_proposal(actor=user, proposal_id=row.pk, **answers)
        return done(request, _("Not granted; the reason is on record."), "agency_award", row.pk)
    if granted is None:
        raise NotFound()
    services.hand_over_award(actor=user, award_id=granted.pk, **answers)
    return done(request, _("The handover is on record."), "agency_award", row.pk)


def _award_page(
    user: User, row: AwardProposal, granted: Award | None, forms: dict[str, Form], outcome: Attempt
) -> dict[str, object]:
    may = can_decide(user, row)
    today = row.agency.today()
    can_grant = may and row.status == ProposalStatus.VERIFIED
    can_decline = may and row.status in (ProposalStatus.PROPOSED, ProposalStatus.VERIFIED)
    can_hand_over = may and granted is not None and granted.handed_over_on is None
    return {
        "proposal": row,
        "award": granted,
        "agency": row.agency,
        "facts": _facts(row),
        "can_verify": may and row.status == ProposalStatus.PROPOSED,
        "decree_form": _form(forms, "grant", {"decree_date": today}) if can_grant else None,
        "decline_form": _form(forms, "decline", {}) if can_decline else None,
        "hand_over_form": _form(forms, "hand_over", {"handed_over_on": today}) if can_hand_over else None,
        "asked": next(iter(forms.values()), None),
        "problem": outcome.problem,
    }


def _form(answered: dict[str, Form], name: str, initial: dict[str, Any]) -> Form:
    found: Form = answered.get(name) or AWARD_FORMS[name](initial=initial)
    return found


def _facts(row: AwardProposal) -> list[Fact]:
    figures, placement = row.facts, row.placement
    reached = _("%(reached)s of %(count)s") % {
        "reached": figures.get("objectives_reached", 0),
        "count": figures.get("objectives", 0),
    }
    return [
        Fact(_("Unit"), row.employee.unit.name),
        Fact(_("Slot"), placement.slot.title),
        Fact(_("Partner"), placement.slot.partner.name),
        Fact(_("Period"), date_range(placement.starts_on, placement.ends_on)),
        Fact(_("Mentor's final rating"), figures.get("mentor_rating") or "–"),
        Fact(_("Asked for at least"), row.rule.minimum_mentor_rating),
        Fact(_("Objectives reached"), reached),
        Fact(_("Who decides"), row.rule.decided_by),
        Fact(_("What is issued"), row.rule.document),
        Fact(_("Legal basis"), row.rule.legal_basis or "–"),
        Fact(_("Proposed on"), short_date(row.created_at, row.agency)),
    ]
