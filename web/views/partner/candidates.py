"""Candidates of a partner's slots: pseudonymous until HR has approved."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn.selectors import gap_profile
from core.errors import NotFound
from core.policy import policy
from partners.permissions import partners_of
from placements import services
from placements.models import Application
from placements.permissions import PARTNER_SEES, PARTNER_SEES_NAME, get_visible_application, is_member_of
from placements.selectors import applications_with_road, open_application_actions
from placements.states import ApplicationStatus
from web.components import Fact
from web.forms.applications import DecisionForm
from web.forms.host import REASONS_OF_PARTNER
from web.pages import Attempt, attempt, done, is_uuid, page, paginate, user_of
from web.phrases import level_word
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range

MOST_OPEN = 200
UNANSWERED = (ApplicationStatus.APPROVED, ApplicationStatus.OFFERED, ApplicationStatus.SHORTLISTED)


def pseudonym(application: Application) -> str:
    """What a candidate is called before HR has approved."""
    return _("Candidate %(code)s") % {"code": application.pk.hex[:4].upper()}


def _sheet(request: HttpRequest, rows: QuerySet[Application]) -> HttpResponseBase:
    """As on the page: an alias until HR has approved, and never a NIP."""
    fields = [
        Field(
            _("Candidate"),
            lambda row: row.employee.full_name if row.status in PARTNER_SEES_NAME else pseudonym(row),
            34,
        ),
        Field(_("Position"), lambda row: row.employee.position.title, 34),
        Field(_("Slot"), lambda row: row.slot.title, 40),
        Field(_("Begins"), lambda row: row.slot.starts_on, 12),
        Field(_("Ends"), lambda row: row.slot.ends_on, 12),
        Field(_("Status"), lambda row: row.get_status_display()),
    ]
    return sheet(request, _("Candidates"), rows.select_related("employee__position"), fields)


@policy(Role.PARTNER)
@require_safe
def candidates(request: HttpRequest) -> HttpResponseBase:
    """Who waits for our answer, who is shortlisted, who was answered."""
    user = user_of(request)
    rows = applications_with_road(user).filter(slot__partner__in=partners_of(user), status__in=PARTNER_SEES)
    slot_id = request.GET.get("slot", "")
    if slot_id:
        rows = rows.filter(slot_id=slot_id) if is_uuid(slot_id) else rows.none()
    if wants_sheet(request):
        return _sheet(request, rows.order_by("due_at", "pk"))
    open_ones = [_row(a) for a in rows.filter(status__in=UNANSWERED).order_by("due_at", "pk")[:MOST_OPEN]]
    answered = rows.filter(status__in=(ApplicationStatus.ACCEPTED, ApplicationStatus.DECLINED))
    return page(
        request,
        "partner/candidates.html",
        {
            "waiting": [row for row in open_ones if row.application.status == ApplicationStatus.APPROVED],
            "offered": [row for row in open_ones if row.application.status == ApplicationStatus.OFFERED],
            "shortlisted": [row for row in open_ones if row.application.status == ApplicationStatus.SHORTLISTED],
            "answered": paginate(request, answered.order_by("-updated_at", "pk")),
        },
    )


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate in a list, by name or pseudonym."""

    application: Application
    name: str


def _row(application: Application) -> Row:
    named = application.status in PARTNER_SEES_NAME
    return Row(application, application.employee.full_name if named else pseudonym(application))


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """One candidate: what the person agreed to show, and our answer."""
    user = user_of(request)
    row = get_visible_application(user, application_id)
    if not is_member_of(user, row.slot.partner_id) or row.status not in PARTNER_SEES:
        raise NotFound()
    row.employee.agency = request.agency = row.agency  # type: ignore[attr-defined]  # one and the same: spares look-ups
    form = DecisionForm(reasons=REASONS_OF_PARTNER)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        form = DecisionForm(request.POST, reasons=REASONS_OF_PARTNER, decision=decision)
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                if decision == "reject":
                    services.decline_application(actor=user, application_id=row.pk, **form.cleaned_data)
                    return done(request, _("Declined; the candidate reads the reason."), "partner_applications")
                placement = services.accept_application(
                    actor=user, application_id=row.pk, note=form.cleaned_data["note"]
                )
                return done(request, _("Accepted: the seat is taken."), "partner_placement", placement.pk)
            status = outcome.status
    named = row.status in PARTNER_SEES_NAME
    return page(
        request,
        "partner/candidate.html",
        {
            "application": row,
            "slot": row.slot,
            "agency": row.agency,
            "name": row.employee.full_name if named else pseudonym(row),
            "is_named": named,
            "facts": _facts(row, named),
            "levels": _levels(row),
            "actions": open_application_actions(user, row),
            "form": form,
            "problem": outcome.problem,
        },
        status=status,
    )


def _facts(row: Application, named: bool) -> list[Fact]:
    """Exactly what web.consent says a partner sees."""
    person = row.employee
    facts = [Fact(_("Position"), person.position.title), Fact(_("Unit"), person.unit.name)]
    if named:
        facts += [Fact(_("Office e-mail"), person.email or "–"), Fact(_("NIP"), person.masked_nip)]
    return [
        *facts,
        Fact(_("Period"), date_range(row.slot.starts_on, row.slot.ends_on)),
        Fact(_("Seats left"), row.slot.seats_left),
    ]


def _levels(row: Application) -> list[Fact]:
    """Levels of the competencies that the slot teaches or asks for; no others."""
    known = {line.competency.pk: line for line in gap_profile(row.employee)}
    wanted = [(o.competency, o.to_level) for o in row.slot.outcomes.select_related("competency")]
    wanted += [(p.competency, p.level) for p in row.slot.prerequisites.select_related("competency")]
    facts = []
    for competency, goal in wanted:
        line = known.get(competency.pk)
        now = level_word(line.assessed) if line and line.assessed is not None else _("not assessed")
        facts.append(Fact(competency.name, _("%(now)s; the slot: %(goal)s") % {"now": now, "goal": level_word(goal)}))
    return facts
