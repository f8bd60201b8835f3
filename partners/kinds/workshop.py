"""Workshop/lokakarya: a group meets on given dates; 5 JP a day attended (PerLAN 10/2018)."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import BY_PARTICIPANT, Document, Evidence, JpBasis, KindPolicy, Question, Rhythm

POLICY = KindPolicy(
    code="workshop",
    label=_("Workshop"),
    description=_("Learn and practise in a group on one or more dates."),
    icon="person-workspace",
    order=50,
    jp_form="workshop",
    jp_basis=JpBasis.DAY,
    jp_planned=5,
    blocks_time=False,
    rhythm=Rhythm.MEETINGS,
    evidence=(Evidence.ATTENDANCE_CONFIRMED,),
    evaluations=(replace(BY_PARTICIPANT, overall=_("How useful was this workshop, all in all?")),),
    documents=(Document.ASSIGNMENT_LETTER, Document.AGREEMENT),
    questions=(
        Question(
            "programme",
            _("Programme"),
            help_text=_("What happens on each day, and what participants bring along."),
        ),
    ),
    minimum_cohort=3,
    default_hours_per_week=8,
    default_seats=20,
)
