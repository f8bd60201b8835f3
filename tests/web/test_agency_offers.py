"""Slots, partners and agreements before HR."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from matching.services import fit_model, refresh_agency
from partners.models import Agreement, PartnerVerification, Slot
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory
from tests.factories.core import PDF
from tests.factories.partners import AgreementFactory, PartnerVerificationFactory, SlotFactory
from tests.factories.placements import letter_file, make_road
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def slot() -> Slot:
    return SlotFactory(submitted=True)


def office(slot: Slot, **role: bool):  # type: ignore[no-untyped-def]
    return signed_in(AgencyMembershipFactory(agency=slot.agency, **role).user)


def test_the_list_opens_with_what_is_to_review(slot: Slot) -> None:
    client, url = office(slot), reverse("agency_slots")
    client.get(url)
    one = queries_of(client, url)
    for _ in range(2):
        SlotFactory(submitted=True, agreement__agency=slot.agency)
    SlotFactory(agreement__agency=slot.agency)
    SlotFactory(draft=True, agreement__agency=slot.agency)
    SlotFactory(submitted=True)
    assert queries_of(client, url) == one
    assert len(client.get(url).context["rows"]) == 3
    assert len(client.get(url, {"status": "all"}).context["rows"]) == 4
    assert len(client.get(url, {"partner": slot.partner_id}).context["rows"]) == 1


def test_publishing(slot: Slot) -> None:
    client, url = office(slot), reverse("agency_slot", args=[slot.pk])
    client.get(url)
    queries_of(client, url)
    assert client.post(url, {"decision": "approve"}).status_code == 302
    assert Slot.objects.get(pk=slot.pk).status == "published"
    again = client.post(url, {"decision": "approve"})
    assert again.status_code == 409
    assert again.context["problem"].message in again.content.decode()


def test_sending_back_needs_a_coded_reason(slot: Slot) -> None:
    client, url = office(slot), reverse("agency_slot", args=[slot.pk])
    assert client.post(url, {"decision": "return"}).context["form"].errors["reason"]
    assert client.post(url, {"decision": "return", "reason": "other"}).context["form"].errors["note"]
    assert client.post(url, {"decision": "return", "reason": "mentor_missing"}).status_code == 302
    row = Slot.objects.get(pk=slot.pk)
    assert (row.status, row.return_reason) == ("returned", "mentor_missing")


def test_an_agreement_too_short_is_shown_and_blocks_publishing() -> None:
    slot = SlotFactory(submitted=True, agreement__ends_on=date.today() + timedelta(days=50))
    client, url = office(slot), reverse("agency_slot", args=[slot.pk])
    assert client.get(url).context["is_covered"] is False
    refused = client.post(url, {"decision": "approve"})
    assert refused.status_code == 422
    assert refused.context["problem"].message in refused.content.decode()
    assert Slot.objects.get(pk=slot.pk).status == "submitted"


def test_whom_a_published_slot_is_recommended_to() -> None:
    road = make_road()
    fit_model()
    refresh_agency(agency_id=road.agency.pk)
    client, url = signed_in(road.hr), reverse("agency_slot", args=[road.slot.pk])
    client.get(url)
    queries_of(client, url)
    found = client.get(url).context["candidates"]
    assert road.employee.pk in [row["employee"].pk for row in found]
    assert all(row["reasons"] for row in found)
    assert road.employee.nip not in client.get(url).content.decode()


def test_slots_of_other_cities_are_missing_and_auditors_only_look(slot: Slot) -> None:
    url = reverse("agency_slot", args=[slot.pk])
    other = SlotFactory(submitted=True)
    assert office(other).get(url).status_code == 404
    assert office(other).post(url, {"decision": "approve"}).status_code == 404
    auditor = office(slot, auditor=True)
    assert auditor.get(url).context["can_review"] is False
    assert auditor.post(url, {"decision": "approve"}).status_code == 403
    assert office(slot, leadership=True).get(url).status_code == 403


def test_partners_are_verified_or_refused_with_a_reason() -> None:
    row = PartnerVerificationFactory()
    client = signed_in(AgencyMembershipFactory(agency=row.agency).user)
    listed, url = reverse("agency_partners"), reverse("agency_partner", args=[row.partner_id])
    client.get(listed)
    one = queries_of(client, listed)
    for _ in range(2):
        PartnerVerificationFactory(agency=row.agency, verified=True)
    assert queries_of(client, listed) == one
    assert len(client.get(listed, {"status": "pending"}).context["rows"]) == 1
    queries_of(client, url)
    assert client.post(url, {"decision": "refuse", "reason": ""}).context["form"].errors["reason"]
    assert client.post(url, {"decision": "verify"}).status_code == 302
    assert PartnerVerification.objects.get(pk=row.pk).status == "verified"
    client.post(url, {"decision": "refuse", "reason": "NIB tidak ditemukan di OSS."})
    decided = PartnerVerification.objects.get(pk=row.pk)
    assert (decided.status, decided.reason) == ("refused", "NIB tidak ditemukan di OSS.")
    elsewhere = PartnerVerificationFactory()
    assert client.get(reverse("agency_partner", args=[elsewhere.partner_id])).status_code == 404
    assert (
        client.post(reverse("agency_partner", args=[elsewhere.partner_id]), {"decision": "verify"}).status_code == 404
    )


def agreement_answers(**changed: object) -> dict[str, object]:
    today = date.today()
    return {
        "kind": "pks",
        "number_agency": "074/99/PKS",
        "number_partner": "12/MITRA",
        "subject": "Magang analisis data",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=365)).isoformat(),
        "signer_agency": "Sekretaris Daerah",
        "signer_partner": "Direktur",
        "parent_id": "",
        **changed,
    }


def test_an_agreement_is_entered_with_its_document_then_signed_and_ended() -> None:
    row = PartnerVerificationFactory(verified=True)
    client = signed_in(AgencyMembershipFactory(agency=row.agency).user)
    url = reverse("agency_agreement_create", args=[row.partner_id])
    assert client.get(url).status_code == 200
    early = client.post(url, agreement_answers(ends_on="2020-01-01"))
    assert early.status_code == 422
    assert early.context["form"].errors["ends_on"]
    bad = client.post(url, agreement_answers(file=letter_file(content=b"MZ")))
    assert bad.context["form"].errors["file"]
    assert not Agreement.objects.exists()
    answer = client.post(url, agreement_answers(file=letter_file()))
    agreement = Agreement.objects.get()
    assert answer["Location"] == reverse("agency_agreement", args=[agreement.pk])
    assert agreement.status == "draft"
    document = client.get(reverse("file", args=[agreement.file_id]))
    assert b"".join(document.streaming_content) == PDF
    queries_of(client, answer["Location"])
    client.post(reverse("agency_agreement_sign", args=[agreement.pk]))
    assert Agreement.objects.get().status == "signed"
    end = reverse("agency_agreement_end", args=[agreement.pk])
    assert client.get(end).status_code == 200
    assert client.post(end, {"reason": ""}).status_code == 422
    client.post(end, {"reason": "Mitra berhenti beroperasi."})
    assert Agreement.objects.get().status == "terminated"


def test_signing_says_what_is_missing() -> None:
    agreement = AgreementFactory(draft=True, number_partner="")
    client = signed_in(AgencyMembershipFactory(agency=agreement.agency).user)
    refused = client.post(reverse("agency_agreement_sign", args=[agreement.pk]))
    assert refused.status_code == 422
    assert refused.context["problem"].message
    assert Agreement.objects.get(pk=agreement.pk).status == "draft"


def test_agreements_that_end_soon_are_flagged() -> None:
    agency = AgencyFactory()
    client, url = signed_in(AgencyMembershipFactory(agency=agency).user), reverse("agency_agreements")
    soon = AgreementFactory(agency=agency, ends_on=date.today() + timedelta(days=30))
    client.get(url)
    one = queries_of(client, url)
    past = AgreementFactory(agency=agency, ends_on=date.today() - timedelta(days=1))
    AgreementFactory(agency=agency)
    elsewhere = AgreementFactory()
    assert queries_of(client, url) == one
    rows = list(client.get(url).context["rows"])
    assert [row.pk for row in rows[:2]] == [past.pk, soon.pk]
    assert [(row.is_over, row.ends_soon) for row in rows] == [(True, False), (False, True), (False, False)]
    assert client.get(reverse("agency_agreement", args=[elsewhere.pk])).status_code == 404
