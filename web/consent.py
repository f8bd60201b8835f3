"""What a partner gets to see of a candidate: said once, shown to the ASN before agreeing, kept by the partner's pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One kind of information: seen while shortlisted, and seen once HR has approved."""

    what: str | Promise
    before: bool
    after: bool


PARTNER_SEES: tuple[Disclosure, ...] = (
    Disclosure(_("Position and unit"), True, True),
    Disclosure(_("Levels of the competencies that this slot teaches or asks for, and how well they match"), True, True),
    Disclosure(_("Your motivation"), True, True),
    Disclosure(_("Full name and office e-mail"), False, True),
    Disclosure(_("Last three digits of the NIP"), False, True),
    Disclosure(_("Full NIP, date of birth, other competencies, other applications"), False, False),
)
