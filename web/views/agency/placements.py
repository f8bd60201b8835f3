"""Placements of the agency: preparing, starting, pausing, ending, completing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When, prefetch_related_objects
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from asn.models import Agency
from core.errors import NotFound
from core.policy import policy
from partners.kinds import JpBasis
from placements import services
from placements.agenda import seen_sessions, with_actions
from placements.models import Certificate, MentoringSession, Placement
from placements.permissions import can_prepare, get_visible_placement
from placements.selectors import (
    CheckItem,
    completion_evidence,
    meetings_of,
    milestones_of,
    placements_with_road,
    start_checklist,
    team_of,
)
from placements.states import ChangeStatus, EndReason, PlacementStatus
from web.components import Column, Fact
from web.documents.papers import letterhead_of
from web.forms.agency import PlacementFilter
from web.forms.agency_papers import LetterMakeForm
from web.forms.agency_placements import HoursForm, LetterForm, ReasonNoteForm, RevokeForm
from web.forms.host import EndForm, MentorForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.services import make_paper
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range
from web.views.agency.common import own_agency, require_own
from web.views.papers import papers_of

RUNNING = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
OPEN = (PlacementStatus.PREPARING, *RUNNING, PlacementStatus.ON_HOLD)
# What waits for HR comes first.
URGENCY = Case(
    *(When(status=status, then=Value(rank)) for rank, status in enumerate(OPEN)),
    default=Value(len(OPEN)),
    output_field=IntegerField(),
)
SORTS = {
    "": (URGENCY, "starts_on", "pk"),
    "starts": ("starts_on", "pk"),
    "-starts": ("-starts_on", "pk"),
    "name": ("employee__name", "pk"),
    "-name": ("-employee__name", "pk"),
}


SHEET = (
    Field(gettext_lazy("Participant"), lambda row: row.employee.full_name, 34),
    Field(gettext_lazy("NIP"), lambda row: row.employee.masked_nip, 12),
    Field(gettext_lazy("Unit"), lambda row: row.employee.unit.name, 40),
    Field(gettext_lazy("Slot"), lambda row: row.slot.title, 40),
    Field(gettext_lazy("Partner"), lambda row: row.slot.partner.name, 30),
    Field(gettext_lazy("Begins"), lambda row: row.starts_on, 12),
    Field(gettext_lazy("Ends"), lambda row: row.ends_on, 12),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
    Field(
        gettext_lazy("Missing for the start"),
        lambda row: ", ".join(str(item.label) for item in missing_for_start(row)),
        40,
    ),
)


def placement_rows(request: HttpRequest, agency: Agency) -> QuerySet[Placement]:
    """Placements of the agency's people."""
    rows: QuerySet[Placement] = placements_with_road(user_of(request)).filter(agency=agency)
    return rows


@policy(Role.HR, Role.AUDITOR)
@require_safe
def placements(request: HttpRequest) -> HttpResponseBase:
    """Everybody who learns somewhere, those to be prepared first."""
    agency = own_agency(request)
    found = PlacementFilter(request.GET, placement_rows(request, agency), agency)
    sort = request.GET.get("sort", "")
    ordered = found.qs.order_by(*SORTS.get(sort, SORTS[""]))
    if wants_sheet(request):
        return sheet(request, _("Participants"), ordered, SHEET, agency_id=agency.pk, zone=agency.zone)
    rows = paginate(request, ordered)
    for row in rows:
        row.missing = missing_for_start(row)  # type: ignore[attr-defined]
    return page(
        request,
        "agency/placements.html",
        {
            "agency": agency,
            "filter": found,
            "sort": sort,
            "rows": rows,
            "columns": [
                Column(_("Participant"), sort="name"),
                Column(_("Slot")),
                Column(_("Period"), sort="starts"),
                Column(_("Status")),
                Column(_("Missing for the start")),
            ],
        },
        partial="results",
    )


def missing_for_start(row: Placement) -> list[CheckItem]:
    """What must still be there before a placement in preparation may start."""
    return [item for item in start_checklist(row) if not item.done] if row.status == PlacementStatus.PREPARING else []


def get_own_placement(request: HttpRequest, placement_id: uuid.UUID) -> Placement:
    """A placement of the agency the reader serves."""
    row = get_visible_placement(user_of(request), placement_id)
    require_own(request, row.agency)
    row.employee.agency = row.slot.agency = row.agency  # one and the same: spares look-ups
    return row


@policy(Role.HR, Role.AUDITOR)
@require_safe
def placement(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """One placement: what is missing, what may be done, what was done."""
    return page(request, "agency/placement.html", _placement_page(request, get_own_placement(request, placement_id)))


def _sessions(user: User, row: Placement) -> list[MentoringSession]:
    return with_actions(user, seen_sessions(user).filter(placement=row)) if row.policy.uses_sessions else []


def _placement_page(request: HttpRequest, row: Placement, **more: Any) -> dict[str, Any]:
    prefetch_related_objects([row], "evaluations", "logbook")
    may = can_prepare(user_of(request), row)
    preparing, running = row.status == PlacementStatus.PREPARING, row.status in RUNNING
    checklist = start_checklist(row) if preparing else []
    today = row.agency.today()
    hours = list(row.learning_hours.all())
    return {
        "placement": row,
        "milestones": milestones_of(row) if row.policy.uses_milestones else (),
        "team": team_of(row),
        "slot": row.slot,
        "agency": row.agency,
        "facts": _facts(row),
        "change": row.application.change_tasks.filter(status=ChangeStatus.OPEN).first(),
        "sessions": _sessions(user_of(request), row),
        "may": may,
        **papers_of(user_of(request), row),
        "preparing": preparing,
        "checklist": checklist,
        "can_start": may and preparing and all(item.done for item in checklist) and row.starts_on <= today,
        "is_early": preparing and today < row.starts_on,
        "period_over": today >= row.ends_on,
        "evidence": completion_evidence(row) if running else [],
        "is_running": running,
        "is_complete": row.status == PlacementStatus.COMPLETED,
        "can_hold": may and row.status == PlacementStatus.ACTIVE,
        "can_resume": may and row.status == PlacementStatus.ON_HOLD,
        "can_end": may and row.status in OPEN,
        "objectives": row.objectives.select_related("competency"),
        "evaluations": row.evaluations.all(),
        "meetings": meetings_of(row),
        "certificate": getattr(row, "certificate", None) if row.status not in OPEN else None,
        "hours": hours,
        "mentor_form": MentorForm(placement=row) if may and (preparing or running) else None,
        "hours_form": HoursForm() if _counts_by_hand(row) and may and not hours else None,
        "problem": None,
        **more,
    }


def _counts_by_hand(row: Placement) -> bool:
    return row.status == PlacementStatus.COMPLETED and row.policy.jp_basis is JpBasis.MANUAL


def _facts(row: Placement) -> list[Fact]:
    return [
        Fact(_("Unit"), row.employee.unit.name),
        Fact(_("Position"), row.employee.position.title),
        Fact(_("Partner"), row.slot.partner.name),
        Fact(_("Period"), date_range(row.starts_on, row.ends_on)),
        Fact(_("Hours a week"), row.slot.hours_per_week),
        Fact(_("Place"), row.slot.place or row.slot.get_mode_display()),
        Fact(_("Mentor"), row.mentor.name if row.mentor else _("not named yet")),
        Fact(_("Agreement"), row.slot.agreement.number_agency),
    ]


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Enter the assignment letter: number, date, signer, file."""
    row = get_own_placement(request, placement_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form, status = LetterForm(request.POST, request.FILES, auto_id="scan_%s"), 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.record_letter(actor=user_of(request), placement_id=row.pk, **form.cleaned_data)
                return done(request, _("The assignment letter is on record."), "agency_placement", row.pk)
            status = outcome.status
    else:
        form = _letter_form(row)
    context = {"placement": row, "slot": row.slot, "form": form, "make_form": _make_form(row), "asked": form}
    return page(request, "agency/letter.html", {**context, "problem": outcome.problem}, status=status)


@policy(Role.HR)
@require_POST
def make_letter(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Let Padan number the letter and make its PDF."""
    row = get_own_placement(request, placement_id)
    outcome, status = Attempt(), 422
    form = LetterMakeForm(request.POST)
    if form.is_valid():
        with attempt(form) as outcome:
            issued = services.issue_letter(actor=user_of(request), placement_id=row.pk, **form.cleaned_data)
            make_paper(paper_id=issued.pk)
            message = _("Letter %(number)s is made. Download it, have it signed, and upload the scan if you wish.")
            return done(request, message % {"number": issued.number}, "agency_placement", row.pk)
        status = outcome.status
    context = {"placement": row, "slot": row.slot, "form": _letter_form(row), "make_form": form, "asked": form}
    return page(request, "agency/letter.html", {**context, "problem": outcome.problem}, status=status)


def _letter_form(row: Placement) -> LetterForm:
    return LetterForm(
        auto_id="scan_%s",
        initial={
            "number": row.letter_number,
            "letter_date": row.letter_date or row.agency.today(),
            "signer": row.letter_signer,
        },
    )


def _make_form(row: Placement) -> LetterMakeForm:
    head = letterhead_of(row.agency)
    return LetterMakeForm(
        initial={
            "letter_date": min(row.agency.today(), row.ends_on),
            "signer_post": head.signer_post or f"Kepala {row.agency.hr_office_short}",
            "signer_name": head.signer_name,
        }
    )


@policy(Role.HR)
@require_POST
def mentor(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Name the mentor among those tied to the slot."""
    row = get_own_placement(request, placement_id)
    form = MentorForm(request.POST, placement=row)
    return _on_page(
        request,
        row,
        form,
        "mentor_form",
        lambda: services.set_mentor(
            actor=user_of(request), placement_id=row.pk, mentor_id=form.cleaned_data["mentor_id"]
        ),
        _("The mentor is named."),
    )


@policy(Role.HR)
@require_POST
def hours(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Enter JP of a form that no rule counts."""
    row = get_own_placement(request, placement_id)
    form = HoursForm(request.POST)
    return _on_page(
        request,
        row,
        form,
        "hours_form",
        lambda: services.enter_learning_hours(actor=user_of(request), placement_id=row.pk, **form.cleaned_data),
        _("The JP are on record."),
    )


def _on_page(
    request: HttpRequest, row: Placement, form: Form, name: str, call: Callable[[], object], message: str
) -> HttpResponse:
    """A small form on the page of the placement: keep it, or show the page with what is wrong."""
    outcome, status = Attempt(), 422
    if form.is_valid():
        with attempt(form) as outcome:
            call()
            return done(request, message, "agency_placement", row.pk)
        status = outcome.status
    context = _placement_page(request, row, problem=outcome.problem, asked=form) | {name: form}
    return page(request, "agency/placement.html", context, status=status)


@policy(Role.HR)
@require_POST
def start(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Begin, once the checklist is complete and the day has come."""
    row = get_own_placement(request, placement_id)
    with attempt() as outcome:
        services.start_placement(actor=user_of(request), placement_id=row.pk)
        return done(
            request, _("The placement is running. Participant and mentor are told."), "agency_placement", row.pk
        )
    context = _placement_page(request, row, problem=outcome.problem)
    return page(request, "agency/placement.html", context, status=outcome.status)


def _asking(
    template: str, build: Callable[[HttpRequest], Form | None], call: Callable[..., object], said: Callable[[], str]
) -> Callable[[HttpRequest, uuid.UUID], HttpResponse]:
    """A page that asks once more and does it on POST."""

    @policy(Role.HR)
    @require_http_methods(["GET", "HEAD", "POST"])
    def view(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
        row = get_own_placement(request, placement_id)
        form = build(request)
        outcome, status = Attempt(), 200
        if request.method == "POST":
            status = 422
            if form is None or form.is_valid():
                answers = form.cleaned_data if form else {}
                with attempt(form) as outcome:
                    call(actor=user_of(request), placement_id=row.pk, **answers)
                    return done(request, said(), "agency_placement", row.pk)
                status = outcome.status
        context = {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem}
        return page(request, template, context, status=status)

    return view


def _revoke(*, actor: Any, placement_id: uuid.UUID, reason: str) -> object:
    """By placement: it has one certificate, or none yet."""
    found = Certificate.objects.filter(placement_id=placement_id).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound()
    return services.revoke_certificate(actor=actor, certificate_id=found, reason=reason)


hold = _asking(
    "agency/hold.html",
    lambda request: ReasonNoteForm(request.POST or None),
    services.hold_placement,
    lambda: _("The placement is on hold."),
)
resume = _asking(
    "agency/resume.html",
    lambda request: ReasonNoteForm(request.POST or None),
    services.resume_placement,
    lambda: _("The placement is running again."),
)
end = _asking(
    "agency/end.html",
    lambda request: EndForm(request.POST or None, initial={"reason": EndReason.DUTY_CALL}),
    services.end_placement_early,
    lambda: _("The placement has ended. Everyone concerned is told."),
)
no_show = _asking(
    "agency/no_show.html",
    lambda request: ReasonNoteForm(request.POST or None),
    services.mark_no_show,
    lambda: _("Noted: the participant did not start, and the seat is free again."),
)
revoke = _asking(
    "agency/revoke.html",
    lambda request: RevokeForm(request.POST or None),
    _revoke,
    lambda: _("The certificate is revoked. Its holder is told."),
)
complete = _asking(
    "agency/complete.html",
    lambda request: None,
    services.complete_placement,
    lambda: _("Completed: the certificate is issued."),
)
