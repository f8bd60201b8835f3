from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from matching.engine.types import Candidate, Gap, Opportunity, Outcome, Prerequisite

NAN = float("nan")


def test_the_input_has_no_field_for_who_a_person_is() -> None:
    fields = {
        field.name.lower()
        for kind in (Candidate, Gap, Opportunity, Outcome, Prerequisite)
        for field in dataclasses.fields(kind)
    }
    words = {part for name in fields for part in name.split("_")}
    personal = {
        "nip",
        "nik",
        "sex",
        "gender",
        "age",
        "birth",
        "born",
        "name",
        "religion",
    }
    assert not words & (personal | {"married", "ethnicity", "health"})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gap("", 3, 1), "competency of a gap must not be empty"),
        (
            lambda: Gap("MAN-01", 6, 1),
            "required level of MAN-01 must be a level from 0 to 5",
        ),
        (lambda: Gap("MAN-01", 3, -1), "assessed level of MAN-01"),
        (lambda: Gap("MAN-01", NAN, 1), "required level of MAN-01"),
        (lambda: Gap("MAN-01", 3, 1, importance=NAN), "importance of MAN-01"),
        (lambda: Gap("MAN-01", 3, 1, weight=2), "weight of MAN-01 must not be above 1"),
        (lambda: Gap("MAN-01", 3, 1, weight=-1), "weight of MAN-01"),
        (
            lambda: Gap("MAN-01", 3, 1, status="guessed"),
            "status of MAN-01 must be one of",
        ),
        (lambda: Outcome("", 0, 1), "competency of an outcome"),
        (lambda: Outcome("MAN-01", 3, 2), "ends at 2, below its start 3"),
        (lambda: Outcome("MAN-01", 0, NAN), "final level of MAN-01"),
        (lambda: Prerequisite("MAN-01", 9), "prerequisite level of MAN-01"),
        (lambda: Candidate(id=""), "candidate id must not be empty"),
        (
            lambda: Candidate(id="c", gaps=(Gap("A", 2, 1), Gap("A", 3, 1))),
            "names competency 'A' twice",
        ),
        (lambda: Candidate(id="c", levels={"A": 7}), "level of A"),
        (lambda: Candidate(id="c", hours_per_week=NAN), "hours per week"),
        (
            lambda: Candidate(id="c", busy=((date(2026, 2, 1), date(2026, 1, 1)),)),
            "before it starts",
        ),
        (lambda: Opportunity(id=""), "opportunity id must not be empty"),
        (
            lambda: Opportunity(id="o", outcomes=(Outcome("A", 0, 1), Outcome("A", 1, 2))),
            "'A' twice",
        ),
        (
            lambda: Opportunity(id="o", prerequisites=(Prerequisite("A", 1), Prerequisite("A", 2))),
            "'A' twice",
        ),
        (
            lambda: Opportunity(id="o", starts=date(2026, 1, 1)),
            "both a start and an end",
        ),
        (
            lambda: Opportunity(id="o", starts=date(2026, 2, 1), ends=date(2026, 1, 1)),
            "before it starts",
        ),
        (lambda: Opportunity(id="o", hours_per_week=-1), "hours per week"),
    ],
)
def test_nonsense_is_refused_with_a_clear_message(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
