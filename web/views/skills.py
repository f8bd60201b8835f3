"""Reading competencies in a text that somebody pastes: the duties of a position, or an SKP."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from asn.models import Employee
from asn.selectors import GapLine, gap_profile
from core.policy import policy
from matching.selectors import SkillReading, read_skills
from web.components import Column
from web.forms.fields import LongText
from web.pages import page, user_of

LONGEST = 20_000  # characters
MOST = 10


class SkillTextForm(forms.Form):
    """The text to read."""

    text = LongText(
        label=_("Duties of a position, or the text of an SKP"),
        max_length=LONGEST,
        rows=8,
        help_text=_("Leave out names and numbers of people. The text is read and not kept."),
    )


@policy(Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def read(request: HttpRequest) -> HttpResponse:
    """Which competencies a text speaks of, at which level, and by which words."""
    asked = request.method == "POST"
    form = SkillTextForm(request.POST if asked else None)
    readings: list[SkillReading] = []
    status = 200
    if asked and form.is_valid():
        readings = read_skills(form.cleaned_data["text"], MOST)
    elif asked:
        status = 422
    employee = Employee.objects.filter(user=user_of(request)).select_related("agency", "position", "unit").first()
    return page(
        request,
        "skills/read.html",
        {
            "form": form,
            "asked": asked and status == 200,
            "rows": _beside(readings, gap_profile(employee) if employee and readings else None),
            "own": employee is not None,
            "columns": _columns(own=employee is not None),
        },
        status=status,
    )


def _columns(*, own: bool) -> list[Column]:
    named = [
        Column(gettext("Competency")),
        Column(gettext("Level of the work")),
        Column(gettext("Read from")),
        Column(gettext("Certainty"), numeric=True),
    ]
    return [*named, Column(gettext("Your position requires"))] if own else named


def _beside(readings: list[SkillReading], profile: list[GapLine] | None) -> list[dict[str, Any]]:
    """Each reading beside what the reader's own position requires, where the reader is an employee."""
    lines = {line.competency.pk: line for line in profile or []}
    return [{"reading": reading, "line": lines.get(reading.competency.pk)} for reading in readings]
