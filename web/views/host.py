"""A placement as the host sees it: mentor and members of the partner share these pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from placements import services
from placements.agenda import seen_sessions, with_actions
from placements.models import LogbookEntry, Placement
from placements.permissions import get_visible_placement, is_host
from placements.selectors import (
    completion_evidence,
    meetings_of,
    milestones_of,
    open_placement_actions,
    placements_with_road,
    start_checklist,
    team_of,
)
from placements.states import EvaluatorRole, LogbookStatus, PlacementStatus
from web.components import Fact
from web.forms.host import EndForm, MentorForm, NoteForm, PlanForm
from web.forms.placements import EvaluationForm, SessionForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range
from web.views.papers import papers_of

RUNNING = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
PRESENT = (PlacementStatus.PREPARING, *RUNNING, PlacementStatus.ON_HOLD)
OVER = (PlacementStatus.COMPLETED, PlacementStatus.ENDED_EARLY)


def hosted(request: HttpRequest) -> QuerySet[Placement]:
    """Placements the reader hosts, as mentor or for the partner; an own one is not among them."""
    user = user_of(request)
    rows: QuerySet[Placement] = placements_with_road(user).exclude(employee__user=user)
    mine = rows.filter(mentor__user=user)
    members = rows.filter(slot__partner__memberships__user=user, slot__partner__memberships__is_active=True)
    return rows.filter(pk__in=mine.values("pk")) | rows.filter(pk__in=members.values("pk"))


def get_hosted(request: HttpRequest, placement_id: uuid.UUID) -> Placement:
    """A placement the reader hosts; one seen in another role has its own page."""
    user = user_of(request)
    row = get_visible_placement(user, placement_id)
    if not is_host(user, row):
        raise NotFound()
    request.agency = row.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return row


@policy(Role.PARTNER, Role.MENTOR)
@require_safe
def placements(request: HttpRequest) -> HttpResponseBase:
    """Everybody we host, the running ones first."""
    rows = hosted(request)
    if wants_sheet(request):
        fields = [
            Field(_("Participant"), lambda row: row.employee.full_name, 34),
            Field(_("Slot"), lambda row: row.slot.title, 40),
            Field(_("Begins"), lambda row: row.starts_on, 12),
            Field(_("Ends"), lambda row: row.ends_on, 12),
            Field(_("Mentor"), lambda row: row.mentor.name if row.mentor else "", 30),
            Field(_("Status"), lambda row: row.get_status_display()),
        ]
        return sheet(request, _("Participants"), rows.order_by("starts_on", "pk"), fields)
    return page(
        request,
        "host/placements.html",
        {
            "present": rows.filter(status__in=PRESENT).order_by("starts_on", "pk"),
            "past": paginate(request, rows.exclude(status__in=PRESENT).order_by("-ends_on", "pk")),
        },
    )


@policy(Role.PARTNER, Role.MENTOR)
@require_safe
def placement(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """One participant: what waits for the host at the top, then plan, logbook, sessions, evaluations."""
    return page(request, "host/placement.html", _placement_page(request, get_hosted(request, placement_id)))


def _placement_page(request: HttpRequest, row: Placement, **more: Any) -> dict[str, Any]:
    user = user_of(request)
    prefetch_related_objects([row], "evaluations")
    running = row.status in RUNNING
    entries = row.logbook.all()
    actions = open_placement_actions(user, row)
    return {
        "placement": row,
        "milestones": milestones_of(row) if row.policy.uses_milestones else (),
        "team": team_of(row),
        "slot": row.slot,
        "agency": row.agency,
        "actions": actions,
        "facts": _facts(row),
        "is_running": running,
        "period_over": row.agency.today() >= row.ends_on,
        "checklist": start_checklist(row) if row.status == PlacementStatus.PREPARING else [],
        "evidence": completion_evidence(row) if running else [],
        "objectives": row.objectives.select_related("competency"),
        "waiting_entries": [e for e in entries if e.status == LogbookStatus.SUBMITTED],
        "other_entries": [e for e in entries if e.status != LogbookStatus.SUBMITTED],
        "sessions": with_actions(user, seen_sessions(user).filter(placement=row)) if row.policy.uses_sessions else [],
        "evaluations": row.evaluations.all(),
        "meetings": meetings_of(row),
        "certificate": getattr(row, "certificate", None) if row.status in OVER else None,
        "mentor_form": MentorForm(placement=row) if "set_mentor" in actions else None,
        "note_form": NoteForm(),
        **papers_of(user, row, inside=False),
        "problem": None,
        **more,
    }


def _facts(row: Placement) -> list[Fact]:
    return [
        Fact(_("Position"), row.employee.position.title),
        Fact(_("Unit"), row.employee.unit.name),
        Fact(_("Office e-mail"), row.employee.email or "–"),
        Fact(_("Period"), date_range(row.starts_on, row.ends_on)),
        Fact(_("Hours a week"), row.slot.hours_per_week),
        Fact(_("Mentor"), row.mentor.name if row.mentor else _("not named yet")),
        Fact(_("Assignment letter"), row.letter_number or _("not issued yet")),
    ]


def _act(
    request: HttpRequest, row: Placement, call: Callable[[], object], message: str, form: NoteForm | None = None
) -> HttpResponse:
    """One service call from the placement page; a refusal is shown on that page."""
    with attempt(form) as outcome:
        call()
        return done(request, message, "partner_placement", row.pk)
    context = _placement_page(request, row, problem=outcome.problem)
    if form is not None:
        context |= {"note_form": form}
    return page(request, "host/placement.html", context, status=outcome.status)


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Change the learning plan together with the participant, then agree to it."""
    row = get_hosted(request, placement_id)
    form = PlanForm(request.POST or None, placement=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_learning_plan(actor=user_of(request), placement_id=row.pk, objectives=form.objectives)
                return done(request, _("The plan is kept. Agree to it when it is right."), "partner_placement", row.pk)
            status = outcome.status
    context = {"placement": row, "slot": row.slot, "form": form, "lines": form.lines(), "problem": outcome.problem}
    return page(request, "host/plan.html", context, status=status)


@policy(Role.PARTNER, Role.MENTOR)
@require_POST
def agree(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Agree to the learning plan."""
    row = get_hosted(request, placement_id)
    actor = user_of(request)
    return _act(
        request,
        row,
        lambda: services.agree_learning_plan(actor=actor, placement_id=row.pk),
        _("You have agreed to the learning plan."),
    )


@policy(Role.PARTNER, Role.MENTOR)
@require_POST
def mentor(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Name the mentor among those tied to the slot."""
    row = get_hosted(request, placement_id)
    form = MentorForm(request.POST, placement=row)
    outcome, status = Attempt(), 422
    if form.is_valid():
        with attempt(form) as outcome:
            services.set_mentor(actor=user_of(request), placement_id=row.pk, mentor_id=form.cleaned_data["mentor_id"])
            return done(request, _("The mentor is named."), "partner_placement", row.pk)
        status = outcome.status
    context = _placement_page(request, row, problem=outcome.problem) | {"mentor_form": form}
    return page(request, "host/placement.html", context, status=status)


@policy(Role.PARTNER, Role.MENTOR)
@require_POST
def verify_entry(request: HttpRequest, placement_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Confirm a day of the logbook, or ask for a revision with a note."""
    row = get_hosted(request, placement_id)
    entry = get_object_or_404(LogbookEntry, pk=entry_id, placement=row)
    actor = user_of(request)
    if request.POST.get("decision") == "return":
        form = NoteForm(request.POST)
        if not form.is_valid():
            context = _placement_page(request, row) | {"note_form": form, "noted_entry": entry.pk}
            return page(request, "host/placement.html", context, status=422)
        note = form.cleaned_data["note"]
        return _act(
            request,
            row,
            lambda: services.return_logbook_entry(actor=actor, entry_id=entry.pk, note=note),
            _("The day is back with the participant for revision."),
            form,
        )
    return _act(
        request,
        row,
        lambda: services.verify_logbook_entry(actor=actor, entry_id=entry.pk),
        _("The day is verified."),
    )


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Enter a session; it counts once the participant confirms it too."""
    row = get_hosted(request, placement_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form = SessionForm(request.POST)
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.record_session(actor=user_of(request), placement_id=row.pk, **form.cleaned_data)
                message = _("The session is entered. It counts when the participant confirms it.")
                return done(request, message, "partner_placement", row.pk)
            status = outcome.status
    else:
        form = SessionForm(initial={"held_on": min(row.agency.today(), row.ends_on)})
    context = {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem}
    return page(request, "host/session.html", context, status=status)


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluate(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """The host's word at the end, with the level seen in each objective."""
    row = get_hosted(request, placement_id)
    asked = row.policy.evaluation(EvaluatorRole.MENTOR)
    if asked is None:
        raise NotFound()
    form = EvaluationForm(request.POST or None, asked=asked, placement=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.evaluate_placement(
                    actor=user_of(request), placement_id=row.pk, ratings=form.ratings, **form.answers
                )
                return done(request, _("Thank you: your evaluation is kept."), "partner_placement", row.pk)
            status = outcome.status
    context = {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem}
    return page(request, "host/evaluate.html", context, status=status)


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def complete(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then finish with proof: the certificate is issued at once."""
    row = get_hosted(request, placement_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            services.complete_placement(actor=user_of(request), placement_id=row.pk)
            return done(request, _("Completed: the certificate is issued."), "partner_placement", row.pk)
        status = outcome.status
    context = {"placement": row, "slot": row.slot, "problem": outcome.problem}
    return page(request, "host/complete.html", context, status=status)


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then stop the placement with a coded reason."""
    row = get_hosted(request, placement_id)
    form = EndForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.end_placement_early(actor=user_of(request), placement_id=row.pk, **form.cleaned_data)
                return done(request, _("The placement has ended."), "partner_placement", row.pk)
            status = outcome.status
    context = {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem}
    return page(request, "host/end.html", context, status=status)
