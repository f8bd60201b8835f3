"""Slot kinds: one policy object a file, found by its module. Everything that differs by kind is said here.

To add a kind, add one module with ``POLICY = KindPolicy(code=…)``; nothing else may ask for a kind's name.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from core.errors import Invalid
from partners.kinds.base import Document, EvaluationForm, Evidence, JpBasis, KindPolicy, Question, Ratings, Rhythm

__all__ = [
    "Document",
    "EvaluationForm",
    "Evidence",
    "JpBasis",
    "KindPolicy",
    "Question",
    "Ratings",
    "Rhythm",
    "all_kinds",
    "get_kind",
    "kind_choices",
]


@cache
def _registry() -> dict[str, KindPolicy]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name != "base":
            policy: KindPolicy = importlib.import_module(f"{__name__}.{module.name}").POLICY
            found[policy.code] = policy
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def all_kinds() -> tuple[KindPolicy, ...]:
    """Every kind, in display order."""
    return tuple(_registry().values())


def get_kind(code: str) -> KindPolicy:
    """The policy of a kind; raises Invalid(``unknown_kind``)."""
    try:
        return _registry()[code]
    except KeyError:
        raise Invalid("unknown_kind", field="kind", kinds=", ".join(_registry())) from None


def kind_choices() -> list[tuple[str, str]]:
    """(code, label) pairs for forms and filters."""
    return [(kind.code, str(kind.label)) for kind in all_kinds()]
