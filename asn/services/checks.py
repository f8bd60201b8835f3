"""Checks that more than one use case makes, here and in the rooms above."""

from __future__ import annotations

from collections.abc import Iterable

from asn.models import Competency
from asn.states import Level
from core.errors import Invalid


def check_level(level: int, *, field: str, lowest: int = min(Level.values)) -> int:
    """A level of PermenPANRB 38/2017; raises Invalid(``level_range``)."""
    if not lowest <= level <= max(Level.values):
        raise Invalid("level_range", field=field, lowest=lowest, highest=max(Level.values))
    return level


class CompetencyCodes:
    """The active codes of the catalogue, read once for a whole batch."""

    def __init__(self) -> None:
        self._known = set(Competency.objects.filter(is_active=True).values_list("code", flat=True))

    def check(self, code: str, *, field: str) -> str:
        """The code; raises Invalid(``unknown_competency``) for one that is missing or switched off."""
        if code not in self._known:
            raise Invalid("unknown_competency", field=field)
        return code


def check_competency(code: str, *, field: str = "competency_code") -> str:
    """The code of an active competency; raises Invalid(``unknown_competency``)."""
    if not Competency.objects.filter(code=code[:20], is_active=True).exists() or len(code) > 20:
        raise Invalid("unknown_competency", field=field)
    return code


def check_choice(value: str, allowed: Iterable[str], *, code: str, field: str) -> str:
    """One of the coded words; raises Invalid(``code``)."""
    if value not in set(allowed):
        raise Invalid(code, field=field)
    return value
