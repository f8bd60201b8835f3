"""Who gets the attention, and the agency's own ceiling."""

from __future__ import annotations

import itertools
import json
from datetime import date
from typing import Any

import pytest

from asn.models import Employee
from asn.states import AgencyRole, EmployeeStatus
from core.errors import Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from matching import selectors, services
from matching.models import MatchPolicy, MatchRun
from matching.states import FIRST_PLACE_CEILING, RunReason
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, EmployeeFactory, UnitFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def staff(agency, count: int, *, sex: int = 1, born: int = 1985, **more) -> list[str]:  # type: ignore[no-untyped-def]
    """Ids of people whose numbers say when they were born and of which sex they are."""
    serial = itertools.count(Employee.objects.count() + 100)
    return [
        str(EmployeeFactory(agency=agency, nip=f"{born}0101{born + 24}01{sex}{next(serial):03d}", **more).pk)
        for _ in range(count)
    ]


def part(report: dict[str, Any], dimension: str) -> dict[str, Any]:
    """One part of a report, without what depends on a random number."""
    return {name: value for name, value in report["by"][dimension].items() if name != "by_chance"}


def test_exposure_by_sex_and_age() -> None:
    agency = AgencyFactory(city="Palu")
    unit = UnitFactory(agency=agency, place="")
    men = staff(agency, 12, sex=1, born=1990, unit=unit)
    women = staff(agency, 10, sex=2, born=1980, unit=unit)
    report = services.exposure_report(agency, [[one] for one in men] + [[one] for one in women[:5]], today=TODAY)
    assert (report["people"], report["shown"]) == (22, 17)
    assert part(report, "sex") == {"ratio": 0.5, "groups": [["female", 10, 0.5], ["male", 12, 1.0]], "left_out": 0}
    assert part(report, "age") == {"ratio": 0.5, "groups": [["30_39", 12, 1.0], ["40_49", 10, 0.5]], "left_out": 0}
    assert part(report, "place") == {"ratio": None, "groups": [["Palu", 22, 0.7727]], "left_out": 0}
    assert all(0.5 < report["by"][name]["by_chance"] < 0.7 for name in ("sex", "age"))
    assert report["by"]["place"]["by_chance"] is None
    assert report["by"]["unit"]["groups"] == [[unit.name, 22, 0.7727]]
    assert json.loads(json.dumps(report)) == report


def test_a_higher_place_is_worth_more() -> None:
    agency = AgencyFactory()
    men, women = staff(agency, 10, sex=1), staff(agency, 10, sex=2)
    lists = [[man, woman] for man, woman in zip(men, women, strict=True)]
    assert services.exposure_report(agency, lists, today=TODAY)["by"]["sex"]["ratio"] == pytest.approx(0.6309)


def test_small_groups_are_put_together_or_left_out() -> None:
    agency = AgencyFactory()
    large = UnitFactory(agency=agency, name="Dinas Besar")
    staff(agency, 12, unit=large)
    for name in ("Kelurahan A", "Kelurahan B"):
        staff(agency, 6, unit=UnitFactory(agency=agency, name=name))
    by_unit = part(services.exposure_report(agency, [], today=TODAY), "unit")
    assert by_unit == {"ratio": 1.0, "groups": [["", 12, 0.0], ["Dinas Besar", 12, 0.0]], "left_out": 0}

    Employee.objects.filter(unit__name="Kelurahan B").update(status=EmployeeStatus.RETIRED)
    by_unit = part(services.exposure_report(agency, [], today=TODAY), "unit")
    assert by_unit == {"ratio": None, "groups": [["Dinas Besar", 12, 0.0]], "left_out": 6}


def test_a_number_that_says_nothing_is_left_out() -> None:
    agency = AgencyFactory()
    odd = staff(agency, 11)
    Employee.objects.filter(pk=odd[0]).update(nip="1" * 18)
    by_sex = part(services.exposure_report(agency, [], today=TODAY), "sex")
    assert by_sex == {"ratio": None, "groups": [["male", 10, 0.0]], "left_out": 1}


def test_nobody_and_nothing() -> None:
    assert services.exposure_report(AgencyFactory(), [], today=TODAY) == {"people": 0, "shown": 0, "by": {}}


# --- policy -------------------------------------------------------------------------------------------------------


def test_hr_sets_the_ceiling_and_a_run_follows() -> None:
    agency = AgencyFactory()
    officer = AgencyMembershipFactory(agency=agency).user
    assert selectors.policy_of(agency).first_place_ceiling == FIRST_PLACE_CEILING
    policy = services.set_policy(
        actor=officer, agency_id=agency.pk, first_place_ceiling=25, basis=" SE Wali Kota 12/2026 "
    )
    assert (policy.first_place_ceiling, policy.basis, policy.decided_by) == (25, "SE Wali Kota 12/2026", officer)
    assert selectors.policy_of(agency) == policy
    assert MatchRun.objects.get(agency=agency).reason == RunReason.POLICY_CHANGED
    event = AuditEvent.objects.get(action="matching.policy_set")
    assert (event.before, event.after) == (
        {"first_place_ceiling": FIRST_PLACE_CEILING},
        {"first_place_ceiling": 25, "basis": "SE Wali Kota 12/2026"},
    )


def test_another_basis_alone_asks_for_no_run() -> None:
    agency = AgencyFactory()
    for basis in ("Rapat 1", "Rapat 2"):
        services.set_policy(actor=None, agency_id=agency.pk, first_place_ceiling=30, basis=basis)
    assert MatchPolicy.objects.get(agency=agency).basis == "Rapat 2"
    assert MatchRun.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"first_place_ceiling": 4}, "ceiling_out_of_range", "first_place_ceiling"),
        ({"first_place_ceiling": 101}, "ceiling_out_of_range", "first_place_ceiling"),
        ({"basis": "  "}, "text_missing", "basis"),
    ],
)
def test_a_policy_needs_a_share_and_a_basis(given: dict[str, object], code: str, field: str) -> None:
    agency = AgencyFactory()
    with pytest.raises(Invalid) as refused:
        services.set_policy(
            actor=None,
            agency_id=agency.pk,
            **{"first_place_ceiling": 30, "basis": "Rapat", **given},  # type: ignore[arg-type]
        )
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not MatchPolicy.objects.exists()


def test_only_hr_of_the_agency_decides() -> None:
    agency = AgencyFactory()
    auditor = AgencyMembershipFactory(agency=agency, role=AgencyRole.AUDITOR).user
    with pytest.raises(NotAllowed):
        services.set_policy(actor=auditor, agency_id=agency.pk, first_place_ceiling=30, basis="Rapat")
    for stranger in (UserFactory(), AgencyMembershipFactory().user):
        with pytest.raises(NotFound):
            services.set_policy(actor=stranger, agency_id=agency.pk, first_place_ceiling=30, basis="Rapat")
