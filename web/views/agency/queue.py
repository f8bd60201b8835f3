"""The queue of applications, and one decision on several of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.roles import Role
from asn.models import Agency, Employee
from asn.selectors import gap_profiles
from asn.states import AgencyRole
from core.errors import DomainError, NotFound
from core.policy import policy
from placements import services
from placements.models import Application
from placements.selectors import applications_with_road
from placements.states import ApplicationStatus
from web.components import Column
from web.forms.agency import ApplicationFilter, BatchForm
from web.meanwhile import explained
from web.pages import page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.agency.common import is_officer, open_codes, own_agency

SORTS = {
    "deadline": (F("due_at").asc(nulls_last=True), "pk"),
    "-deadline": (F("due_at").desc(nulls_last=True), "pk"),
    "name": ("employee__name", "pk"),
    "-name": ("-employee__name", "pk"),
}
RESULT = "agency_batch"  # key of the session under which the last batch waits to be read


def approve(user: User, application_id: uuid.UUID, reason: str, note: str) -> object:
    """Offer the person to the partner."""
    return services.approve_application(actor=user, application_id=application_id, note=note)


def send_back(user: User, application_id: uuid.UUID, reason: str, note: str) -> object:
    """Ask the applicant for a revision."""
    return services.return_application(actor=user, application_id=application_id, reason=reason, note=note)


def reject(user: User, application_id: uuid.UUID, reason: str, note: str) -> object:
    """Say no."""
    return services.reject_application(actor=user, application_id=application_id, reason=reason, note=note)


Decide = Callable[[User, uuid.UUID, str, str], object]
# What a button sends -> who decides. The same services as on the page of a single application.
BATCH: dict[str, Decide] = {"approve": approve, "return": send_back, "reject": reject}


def queue_rows(user: User, agency: Agency) -> QuerySet[Application]:
    """Handed-in applications of the agency."""
    rows: QuerySet[Application] = applications_with_road(user)
    return rows.filter(agency=agency).exclude(status=ApplicationStatus.DRAFT)


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def queue(request: HttpRequest) -> HttpResponseBase:
    """Applications by deadline; several can be decided at once, each for itself."""
    agency = own_agency(request)
    if wants_sheet(request) and request.method != "POST":
        return _queue_sheet(request, agency)
    form, status, is_untouched = BatchForm(), 200, False
    if request.method == "POST":
        own_agency(request, AgencyRole.HR)
        decision, picked = request.POST.get("decision", ""), _picked(request)
        form, status = BatchForm(request.POST, decision=decision), 422
        if decision not in BATCH:
            raise NotFound()
        is_untouched = not picked
        if form.is_valid() and picked:
            request.session[RESULT] = {"decision": decision, **_decide(user_of(request), decision, picked, form)}
            query = request.GET.urlencode()
            return redirect(f"{reverse('agency_queue_result')}{'?' if query else ''}{query}")
    return page(
        request,
        "agency/queue.html",
        {**_queue_page(request, agency), "form": form, "is_untouched": is_untouched},
        partial="results",
        status=status,
    )


def _queue_sheet(request: HttpRequest, agency: Agency) -> HttpResponseBase:
    found = ApplicationFilter(request.GET, queue_rows(user_of(request), agency), agency)
    rows = found.qs.order_by(*SORTS.get(request.GET.get("sort", ""), SORTS["deadline"]))
    fields = [
        Field(_("Applicant"), lambda row: row.employee.full_name, 34),
        Field(_("NIP"), lambda row: row.employee.masked_nip, 12),
        Field(_("Unit"), lambda row: row.employee.unit.name, 40),
        Field(_("Slot"), lambda row: row.slot.title, 40),
        Field(_("Partner"), lambda row: row.slot.partner.name, 30),
        Field(_("Status"), lambda row: row.get_status_display()),
        Field(_("Deadline"), lambda row: row.due_at),
    ]
    return sheet(request, _("Applications"), rows, fields, agency_id=agency.pk, zone=agency.zone)


def _picked(request: HttpRequest) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(value) for value in request.POST.getlist("pick")]
    except ValueError:
        raise NotFound() from None


def _decide(user: User, decision: str, picked: list[uuid.UUID], form: BatchForm) -> dict[str, Any]:
    """Decide one by one: a refusal of one says why and stops none of the others."""
    done, refused = [], []
    for application_id in dict.fromkeys(picked):
        try:
            BATCH[decision](user, application_id, form.cleaned_data["reason"], form.cleaned_data["note"])
        except DomainError as error:
            told = explained(error)
            refused.append((str(application_id), told.message, told.remedy))
        else:
            done.append(str(application_id))
    return {"done": done, "refused": refused}


def _queue_page(request: HttpRequest, agency: Agency) -> dict[str, object]:
    user = user_of(request)
    found = ApplicationFilter(request.GET, queue_rows(user, agency), agency)
    sort = request.GET.get("sort", "")
    rows = paginate(request, found.qs.order_by(*SORTS.get(sort, SORTS["deadline"])).prefetch_related("slot__outcomes"))
    for row in rows:  # one and the same agency: spares a look-up a row
        row.employee.agency = row.slot.agency = agency
    profiles = gap_profiles(_distinct(row.employee for row in rows))
    for row in rows:
        wanted = open_codes(profiles[row.employee_id])
        row.open_gaps = len(wanted)  # type: ignore[attr-defined]
        row.taught = sum(o.competency_id in wanted for o in row.slot.outcomes.all())  # type: ignore[attr-defined]
    return {
        "agency": agency,
        "filter": found,
        "sort": sort if sort in SORTS else "deadline",
        "rows": rows,
        "can_decide": is_officer(request, agency),
        "action": request.get_full_path(),
        "columns": [
            Column(_("Applicant"), sort="name"),
            Column(_("Slot")),
            Column(_("Teaches")),
            Column(_("Status")),
            Column(_("Deadline"), sort="deadline"),
        ],
    }


def _distinct(people: Any) -> list[Employee]:
    return list({person.pk: person for person in people}.values())


@policy(Role.HR)
@require_safe
def result(request: HttpRequest) -> HttpResponse:
    """What became of each application of the last batch."""
    agency = own_agency(request, AgencyRole.HR)
    told = request.session.get(RESULT)
    if not told:
        return redirect("agency_queue")
    keys = [*told["done"], *(key for key, *_words in told["refused"])]
    rows = {str(row.pk): row for row in queue_rows(user_of(request), agency).filter(pk__in=keys)}
    return page(
        request,
        "agency/queue_result.html",
        {
            "agency": agency,
            "decision": told["decision"],
            "done": [rows[key] for key in told["done"] if key in rows],
            "refused": [
                {"row": rows.get(key), "message": message, "remedy": remedy} for key, message, remedy in told["refused"]
            ],
            "query": request.GET.urlencode(),
        },
    )
