"""Where the HR office begins: what waits, how matching goes, which slots need attention."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.roles import Role, roles_of
from asn.models import Agency, Correction
from asn.states import AgencyRole
from core.policy import policy
from incentives.models import AwardProposal
from incentives.states import ProposalStatus
from matching.models import MatchRun
from matching.selectors import coverage, current_run, progress
from matching.services import request_full_match
from partners.models import Agreement, PartnerVerification, Slot
from partners.states import SlotStatus, VerificationStatus
from placements.models import Application, ChangeTask, Placement
from placements.selectors import hours_to_enter
from placements.states import ChangeStatus, PlacementStatus
from web.forms.agency import UNDECIDED
from web.pages import attempt, done, page, user_of
from web.templatetags.padan import long_datetime
from web.views.agency.common import is_officer, own_agency
from web.views.agency.slots import INTEREST

EMPTY_AT_LAST = timedelta(days=14)
SHOWN = 5


@policy(Role.HR, Role.AUDITOR, Role.LEADERSHIP)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for the office; leadership and auditors see the same figures without the buttons."""
    agency = own_agency(request, *AgencyRole)
    return page(request, "agency/home.html", _home_page(request, agency))


def _home_page(request: HttpRequest, agency: Agency, **more: Any) -> dict[str, Any]:
    today = agency.today()
    open_slots = Slot.objects.filter(agency=agency).open(today)
    quiet = (
        open_slots.filter(apply_by__lte=today + EMPTY_AT_LAST)
        .select_related("partner")
        .annotate(interest=INTEREST)
        .filter(interest=0)
        .order_by("apply_by", "pk")
    )
    ending = Agreement.objects.filter(agency=agency).ending(today).select_related("partner")
    run = current_run(agency)
    return {
        "agency": agency,
        "may": is_officer(request, agency),
        "reads_rows": not roles_of(request.user).isdisjoint({Role.HR, Role.AUDITOR}),
        "figures": _figures(agency),
        "run": run,
        "job": job_of(run),
        "coverage": coverage(agency),
        "quiet": quiet[:SHOWN],
        "ending": ending.order_by("ends_on", "pk")[:SHOWN],
        "problem": None,
        **more,
    }


def _figures(agency: Agency) -> dict[str, int]:
    """How much waits, by what is waited for: six queries."""
    now = timezone.now()
    undecided = Q(status__in=UNDECIDED)
    applications = Application.objects.filter(agency=agency).aggregate(
        undecided=Count("pk", filter=undecided), overdue=Count("pk", filter=undecided & Q(due_at__lt=now))
    )
    placements = Placement.objects.filter(agency=agency).aggregate(
        preparing=Count("pk", filter=Q(status=PlacementStatus.PREPARING)),
        running=Count("pk", filter=Q(status=PlacementStatus.ACTIVE)),
    )
    awards = AwardProposal.objects.filter(
        agency=agency, status__in=(ProposalStatus.PROPOSED, ProposalStatus.VERIFIED)
    ).count()
    hours = hours_to_enter().filter(agency=agency).count()
    open_corrections = Correction.objects.open().filter(agency=agency)  # type: ignore[attr-defined]
    corrections = open_corrections.aggregate(
        corrections=Count("pk"), corrections_overdue=Count("pk", filter=Q(due_at__lt=now))
    )
    waiting = Agency.objects.values(
        slots=_of_agency(Slot.objects.filter(status=SlotStatus.SUBMITTED)),
        partners=_of_agency(PartnerVerification.objects.filter(status=VerificationStatus.PENDING)),
        changes=_of_agency(ChangeTask.objects.filter(status=ChangeStatus.OPEN)),
    ).get(pk=agency.pk)
    return {
        **applications,
        **placements,
        **corrections,
        **waiting,
        "hours": hours,
        "awards": awards,
    }


def _of_agency(rows: QuerySet[Any]) -> Coalesce:
    """How many of the rows an outer agency has."""
    counted = rows.filter(agency=OuterRef("pk")).order_by().values("agency").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def job_of(run: MatchRun | None) -> dict[str, Any] | None:
    """A run as the progress component shows it."""
    if run is None:
        return None
    if run.failure:
        state, message = "failed", _("The recommendations shown are those from before. Try again.")
    elif run.finished_at:
        state = "done"
        message = _("Finished on %(at)s: %(pairs)s recommendations for %(people)s people.") % {
            "at": long_datetime(run.finished_at, run.agency),
            "pairs": run.pairs_stored,
            "people": run.total_employees,
        }
    else:
        state = "running" if run.started_at else "waiting"
        message = _("People keep seeing the previous recommendations until this is done.")
        now = progress(run)
        if now.rate is not None and now.eta_seconds is not None:
            message += " " + _("%(rate)s people a second, about %(seconds)s seconds left.") % {
                "rate": round(now.rate),
                "seconds": round(now.eta_seconds),
            }
    is_over = run.finished_at is not None
    return {
        "state": state,
        "value": run.done_employees,
        "max": "" if is_over else run.total_employees or "",
        "message": message,
        "poll_url": "" if is_over else reverse("agency_match_run"),
    }


@policy(Role.HR, Role.AUDITOR, Role.LEADERSHIP)
@require_safe
def match_run(request: HttpRequest) -> HttpResponse:
    """The progress of the newest run alone; asked every two seconds while it is under way."""
    agency = own_agency(request, *AgencyRole)
    context = {"job": job_of(current_run(agency)), "may": is_officer(request, agency)}
    return page(request, "agency/_match_job.html", context)


@policy(Role.HR)
@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Ask for all recommendations of the agency anew."""
    agency = own_agency(request, AgencyRole.HR)
    with attempt() as outcome:
        request_full_match(actor=user_of(request), agency_id=agency.pk)
        return done(request, _("The recommendations are being refreshed."), "agency_home")
    context = _home_page(request, agency, problem=outcome.problem)
    return page(request, "agency/home.html", context, status=outcome.status)
