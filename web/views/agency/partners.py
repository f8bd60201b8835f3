"""Partners of the agency and the agreements that slots stand on."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from asn.states import AgencyRole
from core.errors import NotFound
from core.files import store_pdf
from core.policy import policy
from core.rows import find
from partners import services
from partners.models import Agreement, Partner, PartnerVerification
from partners.permissions import visible_agreements, visible_verifications
from partners.states import AgreementStatus, SlotStatus, VerificationStatus
from web.components import Column, Fact
from web.forms.agency_partners import AgreementFileForm, AgreementFilter, AgreementForm, PartnerFilter, ReasonForm
from web.onboarding import agreement_facts, flagged, history, uncovered
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.agency.common import is_officer, own_agency, require_own

PARTNER_SHEET = (
    Field(gettext_lazy("Partner"), lambda row: row.partner.name, 34),
    Field(gettext_lazy("Kind"), lambda row: row.partner.get_kind_display()),
    Field(gettext_lazy("City"), lambda row: row.partner.city),
    Field(gettext_lazy("NIB"), lambda row: row.partner.nib, 16),
    Field(gettext_lazy("Asked on"), lambda row: row.asked_at, 18),
    Field(gettext_lazy("Open slots"), lambda row: row.slots, 12),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
)
AGREEMENT_SHEET = (
    Field(gettext_lazy("Number"), lambda row: row.number_agency),
    Field(gettext_lazy("Kind"), lambda row: row.get_kind_display(), 30),
    Field(gettext_lazy("Partner"), lambda row: row.partner.name, 34),
    Field(gettext_lazy("Subject"), lambda row: row.subject, 40),
    Field(gettext_lazy("In force from"), lambda row: row.starts_on, 14),
    Field(gettext_lazy("Until"), lambda row: row.ends_on, 14),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
)


@policy(Role.HR, Role.AUDITOR)
@require_safe
def partners(request: HttpRequest) -> HttpResponseBase:
    """Partners that asked to work with the agency, those to verify first."""
    agency = own_agency(request)
    rows = visible_verifications(user_of(request)).filter(agency=agency).select_related("partner")
    found = PartnerFilter(request.GET, rows, agency)
    here = Q(partner__slots__agency=agency, partner__slots__status=SlotStatus.PUBLISHED)
    listed = found.qs.annotate(slots=Count("partner__slots", filter=here, distinct=True))
    if wants_sheet(request):
        ordered = listed.order_by("status", "partner__name", "pk")
        return sheet(request, _("Partners"), ordered, PARTNER_SHEET, agency_id=agency.pk)
    return page(
        request,
        "agency/partners.html",
        {
            "agency": agency,
            "filter": found,
            "rows": paginate(request, listed.order_by("status", "partner__name", "pk")),
            "columns": [
                Column(_("Partner")),
                Column(_("City")),
                Column(_("Open slots"), numeric=True),
                Column(_("Status")),
            ],
        },
        partial="results",
    )


def get_own_verification(request: HttpRequest, partner_id: uuid.UUID) -> PartnerVerification:
    """The agency's word on a partner; a partner that never asked here is missing."""
    agency = own_agency(request)
    row = (
        visible_verifications(user_of(request))
        .filter(agency=agency, partner=partner_id)
        .select_related("partner", "decided_by")
        .first()
    )
    if row is None:
        raise NotFound()
    row.agency = agency
    return row


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def partner(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Who the partner is, its agreements and slots; verify it or refuse."""
    row = get_own_verification(request, partner_id)
    form, outcome, status = ReasonForm(), Attempt(), 200
    if request.method == "POST":
        actor, decision = user_of(request), request.POST.get("decision", "")
        asked: dict[str, Any] = {"actor": actor, "agency_id": row.agency_id, "partner_id": row.partner_id}
        if decision == "verify":
            with attempt() as outcome:
                services.verify_partner(**asked)
                return done(
                    request, _("Verified: slots of this partner can be published."), "agency_partner", partner_id
                )
            status = outcome.status
        elif decision == "refuse":
            form, status = ReasonForm(request.POST), 422
            if form.is_valid():
                with attempt(form) as outcome:
                    services.refuse_partner(**asked, reason=form.cleaned_data["reason"])
                    return done(request, _("Refused: the partner reads your reason."), "agency_partner", partner_id)
                status = outcome.status
        else:
            raise NotFound()
    return page(request, "agency/partner.html", _partner_page(request, row, form, outcome), status=status)


def _partner_page(
    request: HttpRequest, row: PartnerVerification, form: ReasonForm, outcome: Attempt
) -> dict[str, object]:
    agency, whom = row.agency, row.partner
    may = is_officer(request, agency)
    return {
        "agency": agency,
        "partner": whom,
        "verification": row,
        "facts": _facts(whom),
        "history": history(row, names=True),
        "agreements": flagged(whom.agreements.filter(agency=agency).select_related("agency").order_by("-ends_on")),
        "slots": whom.slots.filter(agency=agency).exclude(status=SlotStatus.DRAFT).order_by("-starts_on")[:10],
        "may": may,
        "can_verify": may and row.status != VerificationStatus.VERIFIED,
        "can_refuse": may and row.status != VerificationStatus.REFUSED,
        "form": form,
        "problem": outcome.problem,
    }


def _facts(row: Partner) -> list[Fact]:
    facts = [
        Fact(_("Kind"), row.get_kind_display()),
        Fact(_("City"), row.city),
        Fact(_("Address"), row.address or "–"),
        Fact(_("Sector"), row.sector or "–"),
        Fact(_("E-mail"), row.email or "–"),
        Fact(_("Phone"), row.phone or "–"),
        Fact(_("Website"), row.website or "–"),
    ]
    numbers = ((_("NIB"), row.nib), (_("NPWP"), row.npwp), (_("PDDIKTI code"), row.university_code))
    return [*facts, *(Fact(label, number) for label, number in numbers if number)]


@policy(Role.HR, Role.AUDITOR)
@require_safe
def agreements(request: HttpRequest) -> HttpResponseBase:
    """All agreements, those that end first at the top."""
    agency = own_agency(request)
    rows = visible_agreements(user_of(request)).filter(agency=agency).select_related("partner", "agency")
    found = AgreementFilter(request.GET, rows, agency)
    ordered = found.qs.order_by("ends_on", "pk")
    if wants_sheet(request):
        return sheet(request, _("Agreements"), ordered, AGREEMENT_SHEET, agency_id=agency.pk)
    listed = paginate(request, ordered)
    flagged(list(listed))
    return page(
        request,
        "agency/agreements.html",
        {
            "agency": agency,
            "filter": found,
            "rows": listed,
            "columns": [Column(_("Number")), Column(_("Partner")), Column(_("In force")), Column(_("Status"))],
        },
        partial="results",
    )


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def create_agreement(request: HttpRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Enter an agreement with its document; it carries slots once signed."""
    own_agency(request, AgencyRole.HR)
    row = get_own_verification(request, partner_id)
    known = list(row.partner.agreements.filter(agency=row.agency).order_by("-ends_on"))
    renewed = next((one for one in known if str(one.pk) == request.GET.get("renews")), None)
    form = AgreementForm(request.POST or None, request.FILES or None, known=known, renewed=renewed)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                kept = _keep_agreement(request, row, form.answers())
                return done(
                    request, _("The agreement is on record. Sign it when it is complete."), "agency_agreement", kept.pk
                )
            status = outcome.status
    return page(
        request,
        "agency/agreement_form.html",
        {"agency": row.agency, "partner": row.partner, "form": form, "problem": outcome.problem},
        status=status,
    )


def _keep_agreement(request: HttpRequest, row: PartnerVerification, answers: dict[str, Any]) -> Agreement:
    """The document and the agreement, both or none."""
    actor, upload = user_of(request), answers.pop("file")
    with transaction.atomic():
        stored = store_pdf(actor=actor, upload=upload, title=upload.name, agency_id=row.agency_id) if upload else None
        return services.create_agreement(
            actor=actor,
            agency_id=row.agency_id,
            partner_id=row.partner_id,
            data=services.AgreementData(**answers, file_id=stored.pk if stored else None),
        )


def get_own_agreement(request: HttpRequest, agreement_id: uuid.UUID) -> Agreement:
    """An agreement of the agency the reader serves."""
    rows = visible_agreements(user_of(request)).select_related("agency", "partner", "parent", "predecessor", "file")
    row = find(rows, agreement_id)
    require_own(request, row.agency)
    return row


@policy(Role.HR, Role.AUDITOR)
@require_safe
def agreement(request: HttpRequest, agreement_id: uuid.UUID) -> HttpResponse:
    """What an agreement says, and the slots under it."""
    return page(request, "agency/agreement.html", _agreement_page(request, get_own_agreement(request, agreement_id)))


def _agreement_page(request: HttpRequest, row: Agreement, **more: Any) -> dict[str, Any]:
    may = is_officer(request, row.agency)
    flagged([row])
    return {
        "agency": row.agency,
        "agreement": row,
        "facts": agreement_facts(row),
        "uncovered": uncovered(row),
        "renewals": row.renewals.order_by("starts_on"),
        "slots": row.slots.exclude(status=SlotStatus.DRAFT).order_by("-starts_on")[:10],
        "may": may,
        "can_sign": may and row.status == AgreementStatus.DRAFT,
        "can_terminate": may and row.status == AgreementStatus.SIGNED,
        "problem": None,
        **more,
    }


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def file_agreement(request: HttpRequest, agreement_id: uuid.UUID) -> HttpResponse:
    """Add the signed document, or put a better scan in its place."""
    row = get_own_agreement(request, agreement_id)
    form = AgreementFileForm(request.POST or None, request.FILES or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                upload = form.cleaned_data["file"]
                services.file_agreement(actor=user_of(request), agreement_id=row.pk, upload=upload)
                return done(request, _("The document is kept with the agreement."), "agency_agreement", row.pk)
            status = outcome.status
    context = {"agency": row.agency, "agreement": row, "form": form, "problem": outcome.problem}
    return page(request, "agency/agreement_file.html", context, status=status)


@policy(Role.HR)
@require_POST
def sign_agreement(request: HttpRequest, agreement_id: uuid.UUID) -> HttpResponse:
    """Note that both sides have signed."""
    row = get_own_agreement(request, agreement_id)
    with attempt() as outcome:
        services.sign_agreement(actor=user_of(request), agreement_id=row.pk)
        return done(request, _("Signed: slots can stand under it now."), "agency_agreement", row.pk)
    context = _agreement_page(request, row, problem=outcome.problem)
    return page(request, "agency/agreement.html", context, status=outcome.status)


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def terminate_agreement(request: HttpRequest, agreement_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then end an agreement before its time."""
    row = get_own_agreement(request, agreement_id)
    form = ReasonForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.terminate_agreement(actor=user_of(request), agreement_id=row.pk, **form.cleaned_data)
                return done(request, _("The agreement has ended."), "agency_agreement", row.pk)
            status = outcome.status
    return page(
        request,
        "agency/agreement_end.html",
        {
            "agency": row.agency,
            "agreement": row,
            "uncovered": uncovered(row, ended=True),
            "form": form,
            "problem": outcome.problem,
        },
        status=status,
    )
