"""Mentoring: knowledge from a more experienced person; 2 JP a session, 2 sessions a month (PerLAN 10/2018)."""

from django.utils.translation import gettext_lazy as _

from partners.kinds.base import Evidence, JpBasis, KindPolicy, Rhythm

POLICY = KindPolicy(
    code="mentoring",
    label=_("Mentoring"),
    description=_("Meet an experienced mentor regularly while staying in your own post."),
    icon="people",
    order=20,
    jp_form="mentoring",
    jp_basis=JpBasis.SESSION,
    jp_planned=4,
    blocks_time=False,
    rhythm=Rhythm.SESSIONS,
    evidence=(Evidence.SESSION_CONFIRMED,),
    default_hours_per_week=2,
)
