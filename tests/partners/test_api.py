from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from partners.models import Slot
from partners.states import SlotStatus
from tests.api import ask, told
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, CompetencyFactory, EmployeeFactory
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.partners import AgreementFactory, PartnerMembershipFactory, SlotFactory

pytestmark = pytest.mark.django_db


def day(n: int) -> str:
    return (date.today() + timedelta(days=n)).isoformat()


def slot_body(agreement_id: Any, **change: Any) -> dict[str, Any]:
    CompetencyFactory(code="TEK-A")
    return {
        "agreement_id": agreement_id,
        "kind": "internship",
        "title": "Magang analisis data layanan",
        "description": "Ikut tim data mengolah laporan layanan dan menyusun dasbor untuk pimpinan.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": day(40),
        "ends_on": day(100),
        "hours_per_week": 20,
        "apply_by": day(20),
        "seats": 2,
        "outcomes": [{"competency": "TEK-A", "from_level": 1, "to_level": 3}],
        **change,
    }


def test_from_registration_to_a_published_slot() -> None:
    agency = AgencyFactory()
    hr = AgencyMembershipFactory(agency=agency).user
    owner = UserFactory()
    partner = told(
        ask(
            owner,
            "POST",
            "partners",
            {
                "kind": "company",
                "name": "PT Solo Data Nusantara",
                "city": "Surakarta",
                "nib": "1234567890123",
                "agency_ids": [agency.pk],
            },
        ),
        201,
    )
    assert [v["status"] for v in partner["verifications"]] == ["pending"]

    # HR trusts the partner, and both sign an agreement
    (asked,) = told(ask(hr, "GET", "verifications"))["items"]
    assert asked["partner_id"] == partner["id"]
    verified = told(ask(hr, "POST", f"partners/{partner['id']}/verify", {"agency_id": agency.pk}))
    assert verified["status"] == "verified"
    agreement = told(
        ask(
            hr,
            "POST",
            "agreements",
            {
                "agency_id": agency.pk,
                "partner_id": partner["id"],
                "kind": "pks",
                "number_agency": "074/12/PKS",
                "number_partner": "12/SDN",
                "subject": "Pengembangan kompetensi ASN",
                "signer_agency": "Sekretaris Daerah",
                "signer_partner": "Direktur",
                "starts_on": day(-10),
                "ends_on": day(300),
            },
        ),
        201,
    )
    assert told(ask(hr, "POST", f"agreements/{agreement['id']}/sign"))["status"] == "signed"

    # The partner drafts a slot; HR returns it, then publishes it
    body = slot_body(agreement["id"]) | {"partner_id": partner["id"]}
    slot = told(ask(owner, "POST", "slots", body), 201)
    assert slot["status"] == "draft"
    assert slot["outcomes"] == [{"competency": "TEK-A", "from_level": 1, "to_level": 3}]
    mentor = MentorFactory(partner_id=partner["id"])
    SlotMentorFactory(slot=Slot.objects.get(), mentor=mentor)
    path = f"slots/{slot['id']}"
    assert told(ask(owner, "POST", f"{path}/submit"))["status"] == "submitted"
    returned = told(ask(hr, "POST", f"{path}/return", {"reason": "outcomes_unclear", "note": "Rinci lagi."}))
    assert (returned["status"], returned["return_reason"]) == ("returned", "outcomes_unclear")
    assert told(ask(owner, "PUT", path, slot_body(agreement["id"], seats=3)))["seats_left"] == 3
    told(ask(owner, "POST", f"{path}/submit"))
    published = told(ask(hr, "POST", f"{path}/publish"))
    assert published["status"] == "published"

    # An employee of the agency sees it, and not what passed between partner and HR
    employee = EmployeeFactory(agency=agency, with_user=True)
    (listed,) = told(ask(employee.user, "GET", "slots", query={"open_only": True, "competency": "TEK-A"}))["items"]
    assert (listed["id"], listed["partner"]) == (slot["id"], "PT Solo Data Nusantara")
    seen = told(ask(employee.user, "GET", path))
    assert seen["description"].startswith("Ikut tim data")
    assert "return_note" not in seen
    assert ask(employee.user, "GET", f"{path}/record").status_code == 403
    about = told(ask(employee.user, "GET", f"partners/{partner['id']}"))
    assert "nib" not in about

    # It is paused, opened again, confirmed, copied, closed
    assert told(ask(owner, "POST", f"{path}/pause"))["status"] == "paused"
    assert told(ask(hr, "POST", f"{path}/resume"))["status"] == "published"
    assert told(ask(owner, "POST", f"{path}/confirm"))["confirmed_at"] > slot["confirmed_at"]
    assert told(ask(owner, "POST", f"{path}/clone", {}), 201)["status"] == "draft"
    assert told(ask(owner, "POST", f"{path}/close"))["status"] == "closed"
    cancelled = told(ask(owner, "POST", f"{path}/cancel", {"reason": "no_capacity"}), 409)
    assert cancelled["message"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"ends_on": day(30)}, "ends_before_start", "ends_on"),
        ({"apply_by": day(50)}, "apply_by_after_start", "apply_by"),
        ({"place": ""}, "place_missing", "place"),
        ({"kind": "holiday"}, "unknown_kind", "kind"),
        ({"outcomes": [{"competency": "TEK-A", "from_level": 3, "to_level": 2}]}, "outcome_not_rising", "outcomes"),
        (
            {"outcomes": [{"competency": "TEK-A", "from_level": 1, "to_level": 6}]},
            "invalid_input",
            "outcomes.0.to_level",
        ),
        (
            {"outcomes": [{"competency": "TEK-A", "from_level": 1, "to_level": 3, "x": 1}]},
            "invalid_input",
            "outcomes.0.x",
        ),
        ({"seats": 0}, "invalid_input", "seats"),
        ({"hours_per_week": 41}, "invalid_input", "hours_per_week"),
        ({"status": "published"}, "invalid_input", "status"),
        ({"filled_seats": 2}, "invalid_input", "filled_seats"),
    ],
)
def test_bad_slots_name_code_and_field_and_write_nothing(change: dict[str, Any], code: str, field: str) -> None:
    agreement = AgreementFactory()
    member = PartnerMembershipFactory(partner=agreement.partner)
    body = slot_body(agreement.pk, **change) | {"partner_id": agreement.partner_id}
    answer = told(ask(member.user, "POST", "slots", body), 422)
    assert (answer["code"], answer["field"]) == (code, field)
    assert answer["remedy"]
    assert not Slot.objects.exists()


def test_a_slot_without_outcomes_or_outside_its_agreement_is_not_handed_in() -> None:
    agreement = AgreementFactory()
    member = PartnerMembershipFactory(partner=agreement.partner)
    body = slot_body(agreement.pk, outcomes=[]) | {"partner_id": agreement.partner_id}
    answer = ask(member.user, "POST", "slots", body)
    if answer.status_code == 201:  # a draft may be incomplete
        answer = ask(member.user, "POST", f"slots/{told(answer, 201)['id']}/submit")
    assert told(answer, 422)["code"] == "outcomes_missing"
    late = slot_body(agreement.pk, starts_on=day(340), ends_on=day(380)) | {"partner_id": agreement.partner_id}
    answer = ask(member.user, "POST", "slots", late)
    if answer.status_code == 201:
        answer = ask(member.user, "POST", f"slots/{told(answer, 201)['id']}/submit")
    assert told(answer, 422)["field"] in ("agreement_id", "ends_on")
    assert not Slot.objects.filter(status=SlotStatus.SUBMITTED).exists()


def test_only_hr_of_the_agency_publishes() -> None:
    slot = SlotFactory(submitted=True)
    member = PartnerMembershipFactory(partner=slot.partner).user
    assert told(ask(member, "POST", f"slots/{slot.pk}/publish"), 403)["code"] == "role_missing"
    both = PartnerMembershipFactory(partner=slot.partner).user
    AgencyMembershipFactory(agency=slot.agency, user=both)
    told(ask(both, "POST", f"slots/{slot.pk}/publish"), 403)
    assert Slot.objects.get().status == SlotStatus.SUBMITTED


def test_similar_slots_are_the_remedy_for_a_full_one() -> None:
    full = SlotFactory(full=True, outcomes=[("TEK-A", 1, 3)])
    other = SlotFactory(agreement=full.agreement, outcomes=[("TEK-A", 1, 2)])
    SlotFactory(agreement=full.agreement, outcomes=[("TEK-B", 1, 2)])
    employee = EmployeeFactory(agency=full.agency, with_user=True)
    found = told(ask(employee.user, "GET", f"slots/{full.pk}/similar"))
    assert [slot["id"] for slot in found] == [str(other.pk)]


def test_kinds_are_told_with_what_they_bring() -> None:
    kinds = {kind["code"]: kind for kind in told(ask(UserFactory(), "GET", "slot-kinds"))}
    assert (kinds["internship"]["jp_planned"], kinds["internship"]["blocks_time"]) == (20, True)
    assert kinds["mentoring"]["uses_sessions"]
