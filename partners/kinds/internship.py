"""Magang/praktik kerja: one-way learning stay outside the own unit; 20 JP once finished (PerLAN 10/2018)."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import Evidence, JpBasis, KindPolicy, Rhythm

POLICY = KindPolicy(
    code="internship",
    label=_("Internship"),
    description=_("Learn by taking part in the partner's daily work for a period."),
    icon="briefcase",
    order=10,
    jp_form="internship",
    jp_basis=JpBasis.ACTIVITY,
    jp_planned=20,
    blocks_time=True,
    rhythm=Rhythm.PERIOD,
    evidence=(Evidence.LOGBOOK_VERIFIED,),
    default_hours_per_week=20,
)
