"""A partner's slots: writing, checking, handing in, looking after."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from core.policy import policy
from matching.datasets import slot_text
from matching.selectors import read_skills
from mentors.models import Mentor
from mentors.services import assign_mentor, unassign_mentor
from partners import services
from partners.kinds import all_kinds
from partners.models import Agreement, Partner, Slot
from partners.permissions import can_edit_slot, visible_agreements
from partners.selectors import slot_list
from partners.states import AgreementKind, AgreementStatus, SlotStatus
from placements.concerned import concerned_by
from placements.permissions import PARTNER_SEES
from placements.states import ApplicationStatus
from web.forms.partner import (
    CancelForm,
    MeetingFormSet,
    MentorTieForm,
    MilestoneFormSet,
    OutcomeFormSet,
    PrerequisiteFormSet,
    SlotForm,
    SlotStatusFilter,
    WaiveForm,
    competency_choices,
    slot_data,
    slot_initial,
    typed_lines,
    typed_slot,
)
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.employee.slots import slot_facts
from web.views.partner.common import get_own_slot, own_partner

SUGGESTED_OUTCOMES = 5
SEATED = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL, SlotStatus.CLOSED)
LOOKED_AFTER = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL)


@policy(Role.PARTNER)
@require_safe
def slots(request: HttpRequest) -> HttpResponseBase:
    """Our slots, the newest first, with how many candidates each has."""
    partner = own_partner(request)
    form = SlotStatusFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    asked = {k: v for k, v in chosen.items() if v}
    if asked.get("status") == "confirm":
        asked = {**asked, "status": "", "needs_confirmation": True}
    rows = (
        slot_list(user_of(request), partner_id=partner.pk, **asked)
        .select_related("agency", "partner")
        .annotate(
            candidates=Count("applications", filter=Q(applications__status__in=PARTNER_SEES), distinct=True),
            to_answer=Count("applications", filter=Q(applications__status=ApplicationStatus.APPROVED), distinct=True),
        )
        .order_by("-created_at", "pk")
    )
    if wants_sheet(request):
        fields = [
            Field(_("Slot"), lambda row: row.title, 40),
            Field(_("Kind"), lambda row: row.policy.label),
            Field(_("City"), lambda row: row.agency.city),
            Field(_("Begins"), lambda row: row.starts_on, 12),
            Field(_("Ends"), lambda row: row.ends_on, 12),
            Field(_("Seats"), lambda row: row.seats, 10),
            Field(_("Seats taken"), lambda row: row.filled_seats, 12),
            Field(_("Candidates"), lambda row: row.candidates, 12),
            Field(_("Status"), lambda row: row.get_status_display()),
            Field(_("Apply until"), lambda row: row.apply_by, 14),
        ]
        return sheet(request, _("Our slots"), rows, fields)
    return page(
        request,
        "partner/slots.html",
        {
            "partner": partner,
            "form": form,
            "active": sum(bool(v) for v in chosen.values()),
            "slots": paginate(request, rows),
        },
        partial="results",
    )


@policy(Role.PARTNER)
@require_safe
def slot(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """One slot: check it, hand it in, look after it."""
    return page(request, "partner/slot.html", _slot_page(request, get_own_slot(request, slot_id)))


def _slot_page(request: HttpRequest, row: Slot, **more: Any) -> dict[str, Any]:
    user = user_of(request)
    tied = [tie.mentor for tie in row.slot_mentors.select_related("mentor").order_by("created_at", "pk")]
    free = Mentor.objects.filter(partner=row.partner_id, is_active=True).exclude(pk__in=[m.pk for m in tied])
    return {
        "slot": row,
        "agency": row.agency,
        "facts": slot_facts(row),
        "outcomes": row.outcomes.select_related("competency"),
        "prerequisites": row.prerequisites.select_related("competency"),
        "mentors": tied,
        "mentor_form": MentorTieForm(mentors=free)
        if row.status not in (SlotStatus.CLOSED, SlotStatus.CANCELLED)
        else None,
        "can_edit": can_edit_slot(user, row),
        "can_submit": row.status == SlotStatus.DRAFT,
        "is_looked_after": row.status in LOOKED_AFTER,
        "concerned": concerned_by(row),
        "candidates": row.applications.filter(status__in=PARTNER_SEES).count(),
        "waive_form": WaiveForm() if row.waits_for_group and row.status in SEATED else None,
        "problem": None,
        **more,
    }


@policy(Role.PARTNER)
@require_POST
def waive(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Begin with fewer participants, and say why."""
    row = get_own_slot(request, slot_id)
    form = WaiveForm(request.POST)
    outcome, status = Attempt(), 422
    if form.is_valid():
        with attempt(form) as outcome:
            services.waive_cohort(actor=user_of(request), slot_id=row.pk, **form.cleaned_data)
            return done(request, _("Noted: it begins with fewer participants."), "partner_slot", row.pk)
        status = outcome.status
    context = _slot_page(request, row, problem=outcome.problem) | {"waive_form": form}
    return page(request, "partner/slot.html", context, status=status)


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Write a slot; it is a draft until handed in."""
    partner = own_partner(request)
    user = user_of(request)
    return _slot_form(
        request,
        partner,
        None,
        lambda data: services.create_slot(actor=user, partner_id=partner.pk, data=data),
    )


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Change a draft, or a slot that came back for revision."""
    row = get_own_slot(request, slot_id)
    user = user_of(request)
    return _slot_form(
        request, row.partner, row, lambda data: services.update_slot(actor=user, slot_id=row.pk, data=data)
    )


def _agreements(request: HttpRequest, partner: Partner, row: Slot | None) -> list[Agreement]:
    found = (
        visible_agreements(user_of(request))
        .filter(partner=partner, status=AgreementStatus.SIGNED)
        .exclude(kind=AgreementKind.KB)
        .select_related("agency")
        .order_by("agency__name", "-ends_on")
    )
    return list(found.filter(agency=row.agency_id) if row else found)


def _slot_form(
    request: HttpRequest, partner: Partner, row: Slot | None, keep: Callable[[services.SlotData], Slot]
) -> HttpResponse:
    agreements, choices = _agreements(request, partner, row), competency_choices()
    outcome, status = Attempt(), 200
    reading: dict[str, Any] = {}
    if request.method == "POST" and request.POST.keys() & {"read", "take", "ask"}:
        # Asking what the description says, or what a kind asks for, keeps what was typed and checks nothing yet.
        typed, lines = typed_slot(request.POST), typed_lines(request.POST)
        reading = {} if "ask" in request.POST else _readings(request, lines["outcomes"])
        form = SlotForm(initial=typed, agreements=agreements)
        outcomes = OutcomeFormSet(prefix="outcomes", initial=lines["outcomes"], form_kwargs={"choices": choices})
        prerequisites = PrerequisiteFormSet(
            prefix="prerequisites", initial=lines["prerequisites"], form_kwargs={"choices": choices}
        )
        meetings = MeetingFormSet(prefix="meetings", initial=lines["meetings"])
        milestones = MilestoneFormSet(prefix="milestones", initial=lines["milestones"])
    elif request.method == "POST":
        form = SlotForm(request.POST, agreements=agreements)
        outcomes = OutcomeFormSet(request.POST, prefix="outcomes", form_kwargs={"choices": choices})
        prerequisites = PrerequisiteFormSet(request.POST, prefix="prerequisites", form_kwargs={"choices": choices})
        meetings = _dated(request, MeetingFormSet, "meetings", form.chosen.uses_meetings)
        milestones = _dated(request, MilestoneFormSet, "milestones", form.chosen.uses_milestones)
        status = 422
        if all(
            [
                form.is_valid(),
                outcomes.is_valid(),
                prerequisites.is_valid(),
                meetings.is_valid() or not meetings.is_bound,
                milestones.is_valid() or not milestones.is_bound,
            ]
        ):
            with attempt(form) as outcome:
                dated = [lines if lines.is_bound else None for lines in (meetings, milestones)]
                kept = keep(slot_data(form, outcomes, prerequisites, *dated))
                return done(
                    request, _("The draft is kept. Check your answers, then hand it in."), "partner_slot", kept.pk
                )
            status = outcome.status
            _refuse_line(meetings, "held_on", outcome)
            _refuse_line(milestones, "title", outcome)
    else:
        shown = _line_initial(row)
        meetings = MeetingFormSet(prefix="meetings", initial=list(row.meetings.values()) if row else [])
        milestones = MilestoneFormSet(prefix="milestones", initial=list(row.milestones.values()) if row else [])
        form = SlotForm(initial=slot_initial(row) if row else _fresh(agreements), agreements=agreements)
        outcomes = OutcomeFormSet(prefix="outcomes", initial=shown[0], form_kwargs={"choices": choices})
        prerequisites = PrerequisiteFormSet(prefix="prerequisites", initial=shown[1], form_kwargs={"choices": choices})
    return page(
        request,
        "partner/slot_form.html",
        {
            "partner": partner,
            "slot": row,
            "form": form,
            "outcomes": outcomes,
            "prerequisites": prerequisites,
            "meetings": meetings,
            "milestones": milestones,
            "agreements": agreements,
            "problem": outcome.problem,
            **reading,
        },
        partial="kind" if "ask" in request.POST else "teaching",
        status=status,
    )


def _dated(request: HttpRequest, lines: Any, prefix: str, is_asked: bool) -> Any:
    """The dated lines that were typed, where the chosen kind has any; they may not have been on the page yet."""
    asked = is_asked and f"{prefix}-TOTAL_FORMS" in request.POST
    return lines(request.POST if asked else None, prefix=prefix)


def _refuse_line(lines: Any, first: str, outcome: Attempt) -> None:
    """Put a refusal of one dated line where it was typed; lines without their ``first`` field are empty."""
    prefix, _, rest = outcome.problem.field.partition(".") if outcome.problem else ("", "", "")
    number, _, name = rest.partition(".")
    filled = [line for line in lines if lines.is_bound and line.cleaned_data.get(first)]
    if outcome.problem and prefix == lines.prefix and number.isdigit() and int(number) < len(filled):
        filled[int(number)].add_error(name, f"{outcome.problem.message} {outcome.problem.remedy}")


def _readings(request: HttpRequest, outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """What the typed text speaks of; one that is taken over becomes a line of ``outcomes``."""
    words = slot_text(request.POST.get("title", ""), request.POST.get("description", ""))
    found = read_skills(words, SUGGESTED_OUTCOMES)
    code, _, levels = request.POST.get("take", "").partition(":")
    for reading in found:
        if reading.competency.pk == code and code not in {line["competency"] for line in outcomes}:
            low, _, high = levels.partition(":")
            outcomes.append({"competency": code, "from_level": low, "to_level": high})
    return {"readings": found, "taken": {line["competency"] for line in outcomes}, "asked": True}


def _line_initial(row: Slot | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if row is None:
        return [], []
    return (
        [
            {"competency": o.competency_id, "from_level": o.from_level, "to_level": o.to_level}
            for o in row.outcomes.all()
        ],
        [
            {"competency": p.competency_id, "level": p.level, "is_required": p.is_required}
            for p in row.prerequisites.all()
        ],
    )


def _fresh(agreements: list[Agreement]) -> dict[str, Any]:
    kind = all_kinds()[0]
    return {
        "agreement_id": agreements[0].pk if len(agreements) == 1 else None,
        "kind": kind.code,
        "mode": "onsite",
        "seats": kind.default_seats,
        "hours_per_week": kind.default_hours_per_week,
    }


def _steer(call: Callable[..., object], message: str) -> Callable[[HttpRequest, uuid.UUID], HttpResponse]:
    """A view for one verb of a slot's life."""

    @policy(Role.PARTNER)
    @require_POST
    def view(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
        row = get_own_slot(request, slot_id)
        with attempt() as outcome:
            call(actor=user_of(request), slot_id=row.pk)
            return done(request, _(message), "partner_slot", row.pk)
        return page(
            request, "partner/slot.html", _slot_page(request, row, problem=outcome.problem), status=outcome.status
        )

    return view


submit = _steer(services.submit_slot, gettext_noop("Handed in: HR checks the slot now."))
pause = _steer(services.pause_slot, gettext_noop("Paused: nobody can apply for now; applicants and HR are told."))
resume = _steer(services.resume_slot, gettext_noop("Open again for applications; applicants and HR are told."))
close = _steer(services.close_slot, gettext_noop("Closed: applications under way go on; applicants and HR are told."))
confirm = _steer(services.confirm_slot, gettext_noop("Thank you: the offer is confirmed as of today."))


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then cancel with a coded reason that everyone concerned reads."""
    row = get_own_slot(request, slot_id)
    form = CancelForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.cancel_slot(actor=user_of(request), slot_id=row.pk, **form.cleaned_data)
                return done(request, _("Cancelled: everyone concerned is told."), "partner_slot", row.pk)
            status = outcome.status
    context = {"slot": row, "form": form, "problem": outcome.problem, "concerned": concerned_by(row)}
    return page(request, "partner/cancel.html", context, status=status)


@policy(Role.PARTNER)
@require_POST
def tie_mentor(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Tie a mentor to the slot, or take the tie away."""
    row = get_own_slot(request, slot_id)
    user = user_of(request)
    form = MentorTieForm(request.POST, mentors=Mentor.objects.filter(partner=row.partner_id))
    outcome, status = Attempt(), 422
    if form.is_valid():
        mentor_id = form.cleaned_data["mentor_id"]
        with attempt(form) as outcome:
            if request.POST.get("untie"):
                unassign_mentor(actor=user, slot_id=row.pk, mentor_id=mentor_id)
                return done(request, _("The mentor no longer guides this slot."), "partner_slot", row.pk)
            assign_mentor(actor=user, slot_id=row.pk, mentor_id=mentor_id)
            return done(request, _("The mentor guides this slot."), "partner_slot", row.pk)
        status = outcome.status
    context = _slot_page(request, row, problem=outcome.problem) | {"mentor_form": form}
    return page(request, "partner/slot.html", context, status=status)
