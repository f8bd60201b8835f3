"""Whether a certificate is genuine: for anybody who holds it, without signing in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from core.policy import policy
from placements.states import CertificateKind, CertificateState
from placements.verification import CertificateCheck, check_certificate, clean_code, is_same_file
from web.components import Fact
from web.forms.verify import CodeForm, CompareForm
from web.pace import seconds_to_wait
from web.pages import page
from web.templatetags.padan import date_range, long_date


def _too_fast(request: HttpRequest) -> HttpResponse | None:
    """The answer to an address that asks too often."""
    wait = seconds_to_wait(request, "verify", settings.VERIFY_RATE)
    if not wait:
        return None
    response = page(request, "public/verify.html", {"form": CodeForm(), "wait": wait}, status=429)
    response["Retry-After"] = str(wait)
    return response


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD"])
def ask(request: HttpRequest) -> HttpResponse:
    """A form for the code. A typed code leads to its own address; one that can be none is unknown at once."""
    if "code" not in request.GET:
        return page(request, "public/verify.html", {"form": CodeForm()})
    typed = request.GET["code"]
    if code := clean_code(typed):
        return redirect("verify_code", code)
    return _too_fast(request) or _answer(request, typed[:80])


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, code: str) -> HttpResponse:
    """The answer to a code; with POST also whether a PDF is the one that was issued. The PDF is not kept."""
    return _too_fast(request) or _answer(request, code)


def _facts(found: CertificateCheck) -> list[Fact]:
    """The minimum: enough to compare with the paper."""
    period = date_range(found.starts_on, found.ends_on) if found.starts_on and found.ends_on else ""
    return [
        Fact(_("Number"), found.number),
        Fact(_("Name, shortened"), found.name),
        Fact(_("Activity"), f"{found.activity} ({found.form})"),
        Fact(_("Partner"), found.partner),
        Fact(_("Period"), period),
        Fact(_("Issued by"), f"{found.agency}, {long_date(found.issued_on)}"),
    ]


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    found = check_certificate(code)
    known = found.state != CertificateState.UNKNOWN
    context = {
        "form": CodeForm(initial={"code": code}),
        "found": found,
        "kind": CertificateKind(found.kind).label if known else "",
        "facts": _facts(found) if known else [],
        "known": known,
        "compare": CompareForm() if known else None,
        "same": None,
    }
    status = 200 if known else 404
    if request.method == "POST" and known:
        compare = CompareForm(request.POST, request.FILES)
        context["compare"] = compare
        if compare.is_valid():
            context["same"] = is_same_file(code, compare.cleaned_data["file"].chunks())
        else:
            status = 422
    return page(request, "public/verify.html", context, status=status)
