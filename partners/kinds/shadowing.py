"""Job shadowing: a few days beside an experienced person. No row of its own in PerLAN 10/2018: it counts as bimbingan di
tempat kerja (NKL11), whose JP the officer enters with a reason."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import BY_HOST, BY_PARTICIPANT, Evidence, JpBasis, KindPolicy, Rhythm

POLICY = KindPolicy(
    code="shadowing",
    label=_("Job shadowing"),
    description=_("Accompany an experienced person at work for a few days, observe and ask."),
    icon="eye",
    order=40,
    jp_form="job_shadowing",
    jp_basis=JpBasis.MANUAL,
    jp_planned=4,
    blocks_time=True,
    rhythm=Rhythm.PERIOD,
    evidence=(Evidence.LOGBOOK_VERIFIED,),
    evaluations=(BY_HOST, BY_PARTICIPANT),
    default_hours_per_week=24,
)
