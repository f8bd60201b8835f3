"""How good the matching is: the model, how sure its percentages are, who gets the attention, one partner's ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn.states import AgencyRole
from core.policy import policy
from matching.models import Calibration, ModelVersion
from matching.selectors import calibration_of, current_version, last_report, policy_of
from matching.services import set_policy
from web.components import Column, Fact
from web.forms.agency_matching import CeilingForm
from web.pages import Attempt, attempt, done, page, user_of
from web.templatetags.padan import decimal, long_datetime, percent
from web.views.agency.common import is_officer, own_agency

FAIR = 0.8  # invariant 29: the group with least attention gets at least so much of that with most
DIMENSIONS = {
    "sex": gettext_lazy("Sex"),
    "age": gettext_lazy("Age"),
    "unit": gettext_lazy("Unit"),
    "place": gettext_lazy("Place"),
}
GROUPS = {
    ("sex", "female"): gettext_lazy("Women"),
    ("sex", "male"): gettext_lazy("Men"),
    ("age", "under_30"): gettext_lazy("Under 30"),
    ("age", "30_39"): gettext_lazy("30 to 39"),
    ("age", "40_49"): gettext_lazy("40 to 49"),
    ("age", "50_up"): gettext_lazy("50 and older"),
}


@dataclass(frozen=True, slots=True)
class Exposure:
    """One dimension of the report: how even the attention is, and a row for each group (name, people, attention)."""

    name: str
    state: Literal["fair", "chance", "uneven", "unknown"]
    ratio: float | None
    by_chance: float | None
    groups: list[tuple[str, int, float]]
    left_out: int


@policy(Role.HR, Role.AUDITOR, Role.LEADERSHIP)
@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """Everything that can be said of how well the agency is matched, in figures over many."""
    agency = own_agency(request, *AgencyRole)
    version, calibration, run = current_version(agency), calibration_of(agency), last_report(agency)
    report = run.report if run else {}
    return page(
        request,
        "agency/quality.html",
        {
            "agency": agency,
            "may": is_officer(request, agency),
            "version": version,
            "version_facts": _version_facts(version) if version else [],
            "parameters": [Fact(name, value) for name, value in sorted(version.parameters.items())] if version else [],
            "calibration": calibration,
            "certainty": _certainty(calibration) if calibration and calibration.metrics else [],
            "bins": calibration.reliability if calibration else [],
            "bin_columns": [
                Column(_("Predicted"), numeric=True),
                Column(_("Completed"), numeric=True),
                Column(_("Interval"), numeric=True),
                Column(_("Applications"), numeric=True),
            ],
            "run": run,
            "report": report,
            "exposures": [_exposure(name, part) for name, part in report.get("by", {}).items() if name in DIMENSIONS],
            "exposure_columns": [
                Column(_("Group")),
                Column(_("People"), numeric=True),
                Column(_("Attention on average"), numeric=True),
            ],
            "ceiling": policy_of(agency),
            "first_places": _first_places(report.get("first_places")),
            "first_place_columns": [
                Column(_("Partner")),
                Column(_("First places"), numeric=True),
                Column(_("Share"), numeric=True),
            ],
        },
    )


def _version_facts(version: ModelVersion) -> list[Fact]:
    """What a version was made with, in words."""
    given, metrics = version.parameters, version.metrics
    words, rich, place = (float(given.get(f"{name}_weight", 0)) for name in ("text", "rich", "place"))
    shares = {"gaps": 1 - words - rich - place, "words": words, "rich": rich, "place": place}
    parts = _(
        "gaps closed %(gaps)s, words in common %(words)s, meaning and level of work %(rich)s, place %(place)s"
    ) % {name: percent(share) for name, share in shares.items()}
    unknown = _("blocks") if given.get("unknown_blocks") else _("takes a part of the points away")
    return [
        Fact(_("Version"), version.number),
        Fact(_("Made on"), long_datetime(version.created_at)),
        Fact(_("Points are made of"), parts),
        Fact(_("Large gaps weigh"), _("gap to the power of %(power)s") % {"power": decimal(given.get("gap_power", 1))}),
        Fact(_("A prerequisite whose level is unknown"), unknown),
        Fact(_("Slots on a list"), given.get("k", "–")),
        Fact(
            _("Learnt from"),
            _("%(texts)s texts, %(codes)s competencies")
            % {"texts": metrics.get("texts", 0), "codes": metrics.get("competencies", 0)},
        ),
        Fact(_("Fingerprint of these texts"), version.data_hash[:16]),
    ]


def _certainty(calibration: Calibration) -> list[Fact]:
    found = calibration.metrics
    interval = {"low": decimal(found["brier_skill_low"], 2), "high": decimal(found["brier_skill_high"], 2)}
    skill = decimal(found["brier_skill"], 2) + " " + _("(95%%: %(low)s to %(high)s)") % interval
    return [
        Fact(_("Applications that have ended"), calibration.outcomes),
        Fact(_("of which completed"), calibration.completed),
        Fact(_("of which made up as examples"), calibration.examples),
        Fact(_("Skill (Brier): 0 is the plain average, 1 is certainty"), skill),
        Fact(_("Mean distance between said and seen (ECE)"), percent(found["ece"], 1)),
    ]


def _exposure(dimension: str, part: dict[str, Any]) -> Exposure:
    ratio, by_chance = part["ratio"], part["by_chance"]
    state: Literal["fair", "chance", "uneven", "unknown"] = "unknown"
    if ratio is not None:
        state = "fair" if ratio >= FAIR else "uneven" if by_chance is None or ratio < by_chance else "chance"
    groups = [(_group(dimension, name), people, mean) for name, people, mean in part["groups"]]
    return Exposure(str(DIMENSIONS[dimension]), state, ratio, by_chance, groups, part["left_out"])


def _group(dimension: str, name: str) -> str:
    return str(GROUPS.get((dimension, name), name or _("Small groups together")))


def _first_places(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The report's first places with the share of each partner."""
    if not found or not found["lists"]:
        return None
    rows = [(name, count, count / found["lists"]) for name, count in found["partners"]]
    return {**found, "rows": rows, "is_above": rows[0][2] > found["ceiling"] / 100}


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def ceiling(request: HttpRequest) -> HttpResponse:
    """Decide how much of the first places one partner may have."""
    agency = own_agency(request, AgencyRole.HR)
    now = policy_of(agency)
    form, outcome, status = CeilingForm(initial={"first_place_ceiling": now.first_place_ceiling}), Attempt(), 200
    if request.method == "POST":
        form, status = CeilingForm(request.POST), 422
        if form.is_valid():
            answers = {name: form.cleaned_data[name] for name in ("first_place_ceiling", "basis")}
            with attempt(form) as outcome:
                set_policy(actor=user_of(request), agency_id=agency.pk, **answers)
                return done(
                    request, _("The ceiling is on record; it holds from the next match on."), "agency_match_quality"
                )
            status = outcome.status
    context = {"agency": agency, "now": now, "form": form, "problem": outcome.problem}
    return page(request, "agency/ceiling.html", context, status=status)
