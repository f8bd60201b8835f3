"""The letterhead of the agency: who we are, who signs, and how it looks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn import services
from asn.states import AgencyRole
from core.policy import policy
from web.components import Fact
from web.documents.papers import letterhead_of, letterhead_pdf
from web.forms.agency_papers import LetterheadForm
from web.pages import Attempt, attempt, done, page, user_of
from web.views.agency.common import own_agency


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def letterhead(request: HttpRequest) -> HttpResponse:
    """Write what stands at the head and the foot of letters."""
    agency = own_agency(request, AgencyRole.HR)
    head = letterhead_of(agency)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form, status = LetterheadForm(request.POST, request.FILES, head=head), 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_letterhead(actor=user_of(request), agency_id=agency.pk, **form.answers())
                return done(request, _("The letterhead is kept."), "agency_letterhead")
            status = outcome.status
    else:
        form = LetterheadForm(head=head)
    context = {
        "agency": agency,
        "form": form,
        "problem": outcome.problem,
        "facts": [
            Fact(_("City government"), agency.name),
            Fact(_("Office"), agency.hr_office),
            Fact(_("Logo"), _("there") if head.logo else _("none")),
        ],
    }
    return page(request, "agency/letterhead.html", context, status=status)


@policy(Role.HR)
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """A letter about nobody, in the letterhead as it is kept."""
    agency = own_agency(request, AgencyRole.HR)
    response = HttpResponse(letterhead_pdf(agency), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="contoh-surat-tugas.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response
