"""The 18-digit personnel number (NIP of PNS, NI PPPK): checked, masked, never logged.

Structure: Perka BKN 22/2007 and 43/2007 for PNS; NI PPPK has the year of appointment and a
contract-order code in the places where a NIP has year and month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from core.errors import Invalid

_PATTERN = re.compile(r"[0-9]{18}")


@dataclass(frozen=True, slots=True)
class ParsedNip:
    """What a number says; ``kind`` is a heuristic, the personnel record is the authority."""

    digits: str
    born_on: date
    appointed_year: int
    kind: str

    @property
    def masked(self) -> str:
        return mask_nip(self.digits)


def parse_nip(text: str) -> ParsedNip:
    """Validate and take a NIP apart; blanks and a leading apostrophe are dropped.

    Raises Invalid(``nip_format`` | ``nip_birth_date`` | ``nip_appointment`` | ``nip_sex`` |
    ``nip_serial``) on field ``nip``; the value itself is never part of the error.
    """
    digits = re.sub(r"\s", "", text[:64]).lstrip("'")
    if not _PATTERN.fullmatch(digits):
        raise Invalid("nip_format", field="nip")
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise Invalid("nip_birth_date", field="nip") from None
    if not 1940 <= born_on.year <= date.today().year - 17:
        raise Invalid("nip_birth_date", field="nip")
    year, code = int(digits[8:12]), int(digits[12:14])
    kind = "pns" if 1 <= code <= 12 else "pppk" if code >= 21 else ""
    if not kind or not born_on.year + 17 < year <= date.today().year + 1:
        raise Invalid("nip_appointment", field="nip")
    if digits[14] not in "12":
        raise Invalid("nip_sex", field="nip")
    if digits[15:] == "000":
        raise Invalid("nip_serial", field="nip")
    return ParsedNip(digits, born_on, year, kind)


def mask_nip(digits: str) -> str:
    """The last three digits: the first eight are the birth date, the fifteenth the sex."""
    return f"···{digits[-3:]}" if digits else ""
