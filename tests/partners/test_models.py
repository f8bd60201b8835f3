"""The database refuses nonsense, whoever writes it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from partners.models import Agreement, PartnerVerification, Slot
from partners.states import SlotStatus
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, CompetencyFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
    SlotFactory,
    SlotOutcomeFactory,
    SlotPrerequisiteFactory,
    days,
)

pytestmark = pytest.mark.django_db


def refuses(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.mark.parametrize("nib", ["123", "123456789012x"])
def test_a_nib_is_thirteen_digits(nib: str) -> None:
    with refuses("partner_nib_13_digits"):
        PartnerFactory(nib=nib)


@pytest.mark.parametrize("npwp", ["123", "12345678901234x"])
def test_an_npwp_is_digits(npwp: str) -> None:
    with refuses("partner_npwp_digits"):
        PartnerFactory(npwp=npwp)


def test_what_may_be_there_once() -> None:
    agreement, user, competency = AgreementFactory(), UserFactory(), CompetencyFactory()
    slot = SlotFactory(agreement=agreement)
    PartnerFactory(nib="")
    PartnerFactory(nib="")
    once = [
        (PartnerFactory, {"nib": "1234567890123"}, "partner_nib_once"),
        (PartnerMembershipFactory, {"partner": agreement.partner, "user": user}, "partner_membership_once"),
        (PartnerVerificationFactory, {"agency": agreement.agency, "partner": agreement.partner}, "verification_once"),
        (AgreementFactory, {"agency": agreement.agency, "number_agency": "1"}, "agreement_number_once"),
        (SlotOutcomeFactory, {"slot": slot, "competency": competency}, "outcome_once"),
        (SlotPrerequisiteFactory, {"slot": slot, "competency": competency}, "prerequisite_once"),
    ]
    for factory, values, name in once:
        if not factory._meta.model.objects.filter(**values).exists():
            factory(**values)
        with refuses(name), transaction.atomic():
            factory(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"status": "verified"}, "verification_decided_by_someone"),
        ({"status": "refused", "reason": "x"}, "verification_decided_by_someone"),
        ({"decided_at": timezone.now()}, "verification_decided_paired"),
        ({"refused": True, "reason": ""}, "verification_refused_with_reason"),
    ],
)
def test_a_verification_was_decided_by_somebody(values, name: str) -> None:
    with refuses(name):
        PartnerVerificationFactory(**values)


def test_an_agreement_does_not_end_before_it_begins() -> None:
    with refuses("agreement_ordered"):
        AgreementFactory(starts_on=days(1), ends_on=days(0))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"starts_on": days(40), "ends_on": days(39)}, "slot_ordered"),
        ({"apply_by": days(41)}, "slot_apply_before_start"),
        ({"seats": 0, "minimum_cohort": 0}, "slot_(seats|cohort)_range"),
        ({"seats": 501}, "slot_seats_range"),
        ({"seats": 2, "filled_seats": 3}, "slot_never_oversold"),
        ({"filled_seats": -1}, "filled_seats"),
        ({"hours_per_week": 0}, "slot_hours_range"),
        ({"hours_per_week": 41}, "slot_hours_range"),
        ({"published_by": None}, "slot_published_paired"),
        ({"draft": True, "published_at": timezone.now()}, "slot_published_paired"),
        ({"published_at": None, "published_by": None}, "slot_published_by_someone"),
        ({"paused": True, "published_at": None, "published_by": None}, "slot_published_by_someone"),
        ({"place": ""}, "slot_has_place"),
        ({"mode": "hybrid", "place": ""}, "slot_has_place"),
        ({"status": "cancelled"}, "slot_cancelled_with_reason"),
        ({"returned": True, "return_reason": ""}, "slot_returned_with_reason"),
    ],
)
def test_a_slot_makes_sense(values, name: str) -> None:
    with refuses(name):
        SlotFactory(**values)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"from_level": 0, "to_level": 6}, "outcome_level_range"),
        ({"from_level": 3, "to_level": 3}, "outcome_rises"),
        ({"from_level": 4, "to_level": 2}, "outcome_rises"),
    ],
)
def test_an_outcome_rises(values, name: str) -> None:
    with refuses(name):
        SlotOutcomeFactory(**values)


@pytest.mark.parametrize("level", [0, 6])
def test_a_prerequisite_is_a_level(level: int) -> None:
    with refuses("prerequisite_level_range"):
        SlotPrerequisiteFactory(level=level)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (
            lambda a, b: AgreementFactory(agency=a, parent=AgreementFactory(agency=b)),
            "partners_agreement_parent_id_same_agency",
        ),
        (lambda a, b: SlotFactory(agency=a, agreement__agency=b), "partners_slot_agreement_id_same_agency"),
        (
            lambda a, b: SlotOutcomeFactory(agency=a, slot__agreement__agency=b),
            "partners_slotoutcome_slot_id_same_agency",
        ),
        (
            lambda a, b: SlotPrerequisiteFactory(agency=a, slot__agreement__agency=b),
            "partners_slotprerequisite_slot_id_same_agency",
        ),
    ],
)
def test_no_row_points_across_agencies(make, name: str) -> None:
    with refuses(name), transaction.atomic():
        make(AgencyFactory(), AgencyFactory())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_slot_stands_under_an_agreement_of_its_own_partner() -> None:
    with refuses("partners_slot_agreement_of_partner"), transaction.atomic():
        SlotFactory(partner=PartnerFactory())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


OPEN = [
    ({}, True),
    ({"apply_by": days(0)}, True),
    ({"apply_by": days(-1)}, False),
    ({"full": True}, False),
    ({"paused": True}, False),
    ({"closed": True}, False),
    ({"draft": True}, False),
    ({"seats": 1, "filled_seats": 1}, False),
    ({"agreement__draft": True}, False),
    ({"agreement__terminated": True}, False),
    ({"agreement__ends_on": days(99)}, False),
    ({"agreement__starts_on": days(41)}, False),
]


@pytest.mark.parametrize(("values", "is_open"), OPEN)
def test_when_a_slot_is_open(values, is_open: bool) -> None:
    slot = SlotFactory(**values)
    assert Slot.objects.open(days(0)).filter(pk=slot.pk).exists() is is_open


def test_when_an_agreement_covers() -> None:
    agreement = AgreementFactory(starts_on=days(0), ends_on=days(10))
    for start, end, covers in ((0, 10, True), (-1, 10, False), (0, 11, False), (3, 4, True)):
        assert agreement.covers(days(start), days(end)) is covers
        assert Agreement.objects.covering(days(start), days(end)).exists() is covers
    assert not AgreementFactory(draft=True).covers(days(3), days(4))


def test_names_for_people() -> None:
    slot = SlotFactory(title="Magang data", seats=3, filled_seats=1)
    assert (str(slot), slot.seats_left, slot.policy.code) == ("Magang data", 2, "internship")
    assert PartnerVerification.objects.get().status == "verified"
    assert SlotStatus.FULL.value == "full"
