"""Riset kolaboratif: a small team answers one question of the city together with a university. No row of its own in PerLAN
10/2018: it counts as nonklasikal lainnya (NKL13), whose JP the officer enters with a reason.

Two placements may overlap: the team works a few hours a week beside its own posts. What came out is stated by the host
before completion, and how the unit uses it by the supervisor, who need not be waited for: use comes later.
"""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import (
    BY_HOST,
    BY_PARTICIPANT,
    BY_SUPERVISOR,
    Evidence,
    JpBasis,
    KindPolicy,
    Question,
    Rhythm,
)

POLICY = KindPolicy(
    code="research",
    label=_("Collaborative research"),
    description=_("Answer a question of the city in a small team, together with the partner's researchers."),
    icon="lightbulb",
    order=30,
    jp_form="collaborative_research",
    jp_basis=JpBasis.MANUAL,
    jp_planned=10,
    blocks_time=False,
    rhythm=Rhythm.MILESTONES,
    evidence=(Evidence.LOGBOOK_VERIFIED, Evidence.MILESTONES_CONFIRMED),
    evaluations=(
        replace(
            BY_HOST,
            questions=(
                Question(
                    "strengths",
                    _("What came out, and what was the participant's part in it?"),
                    required=True,
                    help_text=_("For example a policy brief, a dataset, a prototype, an article or a procedure."),
                ),
                Question("improvements", _("What to work on next")),
            ),
        ),
        BY_PARTICIPANT,
        replace(
            BY_SUPERVISOR,
            questions=(
                Question(
                    "applied",
                    _("How does the unit use what came out?"),
                    required=True,
                    help_text=_("Planned, in trial, in use or not used, and why."),
                ),
            ),
        ),
    ),
    questions=(
        Question(
            "problem",
            _("Problem statement"),
            required=True,
            help_text=_("Which question of the city is to be answered, for whom, and what is known so far."),
        ),
        Question(
            "team", _("Team"), required=True, help_text=_("Who takes which part: lead, field work, data, writing.")
        ),
        Question(
            "outputs",
            _("Outputs and their use by the service"),
            required=True,
            help_text=_("What is to come out, for which unit, and how the unit would use it."),
        ),
        Question(
            "data",
            _("Data, ethics and intellectual property"),
            help_text=_("Which data are used under whose permission, and who may use and publish the results."),
        ),
    ),
    minimum_cohort=2,
    default_hours_per_week=6,
    default_seats=4,
)
