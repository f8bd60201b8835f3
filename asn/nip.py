"""The 18-digit personnel number (NIP of PNS, NI PPPK): checked, masked, never logged.

Structure: Perka BKN 22/2007 and 43/2007 for PNS; NI PPPK has the year of appointment and a
contract-order code in the places where a NIP has year and month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from core.errors import Invalid

_DIGITS = re.compile(r"[0-9]{18}")
_LONGEST_INPUT = 64  # room for the blanks and the apostrophe that spreadsheets add
_YOUNGEST = 18
_OLDEST_BIRTH = 1940


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

    @property
    def is_female(self) -> bool:
        """For averages over groups only; nothing is decided by it."""
        return self.digits[14] == "2"


def parse_nip(text: str, *, field: str = "nip") -> ParsedNip:
    """Validate and take a NIP apart; blanks and a leading apostrophe are dropped.

    Raises Invalid(``nip_format`` | ``nip_birth_date`` | ``nip_appointment`` | ``nip_sex`` |
    ``nip_serial``) on ``field``; the value itself is never part of the error.
    """
    digits = "".join(text.split()).removeprefix("'") if len(text) <= _LONGEST_INPUT else ""
    if not _DIGITS.fullmatch(digits):
        raise Invalid("nip_format", field=field)
    today = date.today()
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise Invalid("nip_birth_date", field=field) from None
    if not _OLDEST_BIRTH <= born_on.year <= today.year - _YOUNGEST:
        raise Invalid("nip_birth_date", field=field)
    year, code = int(digits[8:12]), int(digits[12:14])
    kind = "pns" if 1 <= code <= 12 else "pppk" if code >= 21 else ""
    # A PNS's month of appointment is in the number; for PPPK any month of the year will do.
    month = code if kind == "pns" else 12
    old_enough = (year - born_on.year, month) >= (_YOUNGEST, born_on.month)
    if not kind or not old_enough or year > today.year + 1:
        raise Invalid("nip_appointment", field=field)
    if digits[14] not in "12":
        raise Invalid("nip_sex", field=field)
    if digits[15:] == "000":
        raise Invalid("nip_serial", field=field)
    return ParsedNip(digits, born_on, year, kind)


def nip_warnings(nip: ParsedNip, *, kind: str, born_on: date | None = None) -> list[str]:
    """Where the number and the personnel record differ: worth a look, no reason to refuse, for a corrected
    birth date does not always lead to a new number and the record's kind is the authority."""
    warnings = []
    if nip.kind != kind:
        warnings.append("nip_kind_differs")
    if born_on is not None and nip.born_on != born_on:
        warnings.append("nip_birth_date_differs")
    return warnings


def mask_nip(digits: str) -> str:
    """The last three digits: the first eight are the birth date, the fifteenth the sex."""
    return f"···{digits[-3:]}" if digits else ""
