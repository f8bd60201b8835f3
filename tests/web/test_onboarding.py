"""The pages on which an organisation and its people come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core import outbox
from partners import services
from partners.models import Agreement, Partner, PartnerInvitation, PartnerMembership, Registration
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory
from tests.factories.core import PDF
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
    SlotFactory,
)
from tests.partners.test_onboarding import PASSWORD, token_of
from tests.web.agency import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_pace() -> None:
    cache.clear()


def answers(**more: object) -> dict[str, object]:
    return {
        "kind": "company",
        "name": "PT Baru Sekali",
        "city": "Surakarta",
        "nib": "1234567890123",
        "contact": "Sari Dewi",
        "email": "sari@example.com",
        "cities": [AgencyFactory().pk],
        "consent": "on",
    } | more


def test_a_visitor_walks_from_the_landing_page_to_the_standing(client: Client) -> None:
    assert reverse("register") in client.get("/").content.decode()
    sent = client.post(reverse("register"), answers())
    assert sent["Location"] == reverse("register_sent")
    assert client.get(sent["Location"]).status_code == 200
    outbox.drain()
    address = reverse("register_confirm", args=[token_of(str(mail.outbox[0].body))])
    assert "PT Baru Sekali" in client.get(address).content.decode()
    assert not Partner.objects.exists()
    weak = client.post(address, {"password": "12345678901"})
    assert weak.status_code == 422
    assert weak.context["form"].errors["password"]
    assert client.post(address, {"password": PASSWORD})["Location"] == reverse("partner_home")
    (standing,) = client.get(reverse("partner_standing")).context["standings"]
    assert [step.state for step in standing.steps] == ["done", "now", "next", "next"]
    for again in (client.get(address), Client().get(address), Client().post(address, {"password": PASSWORD})):
        assert again.status_code == 410
    assert Partner.objects.count() == 1


def test_known_and_unknown_addresses_are_answered_alike(client: Client) -> None:
    UserFactory(email="ada@example.com")
    known = client.post(reverse("register"), answers(email="ada@example.com"))
    unknown = client.post(reverse("register"), answers(email="belum@example.com", nib=""))
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert Registration.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"nib": "123"}, "nib"),
        ({"npwp": "12"}, "npwp"),
        ({"university_code": "001001"}, "university_code"),
        ({"email": "bukan"}, "email"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"cities": []}, "cities"),
        ({"consent": ""}, "consent"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    client: Client, wrong: dict[str, object], field: str
) -> None:
    answer = client.post(reverse("register"), answers(about="Kami mengolah data.") | wrong)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "Kami mengolah data." in answer.content.decode()
    assert not Registration.objects.exists()


def test_a_taken_nib_says_whom_to_ask(client: Client) -> None:
    PartnerFactory(nib="1234567890123")
    answer = client.post(reverse("register"), answers(), headers={"Accept-Language": "en"})
    assert "Ask its owner to add you as a member." in answer.content.decode()


def test_registering_and_trying_links_have_a_pace(client: Client, settings: Settings) -> None:
    settings.REGISTER_RATE, settings.LINK_RATE = "2/h", "3/m"
    for _ in range(2):
        assert client.post(reverse("register"), answers(name="")).status_code == 422
    assert client.post(reverse("register"), answers()).status_code == 429
    assert client.get(reverse("register")).status_code == 200
    said = [client.get(reverse("join_partner", args=[f"tautan-{'x' * 43}"])) for _ in range(4)]
    assert [answer.status_code for answer in said] == [410, 410, 410, 429]
    assert int(said[-1]["Retry-After"]) > 0


def test_somebody_with_an_account_registers_from_it() -> None:
    user = UserFactory()
    client = signed_in(user)
    assert client.get(reverse("register"))["Location"] == reverse("partner_register")
    assert client.get(reverse("partner_register")).status_code == 200
    assert client.post(reverse("partner_register"), answers(name="")).status_code == 422
    assert client.post(reverse("partner_register"), answers())["Location"] == reverse("partner_home")
    assert PartnerMembership.objects.get(user=user, role="owner").partner.email == user.email


# Standing


def test_a_refused_partner_reads_why_and_asks_again() -> None:
    row = PartnerVerificationFactory(refused=True)
    client = signed_in(PartnerMembershipFactory(partner=row.partner).user)
    assert row.reason in client.get(reverse("partner_home")).content.decode()
    address = reverse("partner_ask_again", args=[row.agency_id])
    assert row.reason in client.get(address).content.decode()
    profile = client.get(reverse("partner_profile")).context["form"].initial
    assert client.post(reverse("partner_profile"), profile | {"nib": "9"}).status_code == 422
    assert client.post(reverse("partner_profile"), profile | {"nib": "9876543210123"}).status_code == 302
    assert client.post(address, {"note": "NIB dibetulkan"})["Location"] == reverse("partner_standing")
    assert client.post(address, {"note": "lagi"}).status_code == 409
    officer = signed_in(AgencyMembershipFactory(agency=row.agency).user)
    page = officer.get(reverse("agency_partner", args=[row.partner_id])).content.decode()
    assert "NIB dibetulkan" in page
    assert "9876543210123" in page


def test_a_further_city_is_asked() -> None:
    row = PartnerVerificationFactory(verified=True)
    other = AgencyFactory()
    client = signed_in(PartnerMembershipFactory(partner=row.partner).user)
    assert client.post(reverse("partner_standing"), {"agency_id": row.agency_id}).status_code == 422
    assert client.post(reverse("partner_standing"), {"agency_id": other.pk}).status_code == 302
    page = client.get(reverse("partner_standing"))
    assert [len(standing.steps) for standing in page.context["standings"]] == [3, 4]
    assert page.context["form"] is None


# Members


@pytest.fixture
def owner() -> PartnerMembership:
    return PartnerMembershipFactory(owner=True, partner__name="PT Solo Data")


@pytest.fixture
def link(owner: PartnerMembership) -> str:
    answer = signed_in(owner.user).post(reverse("partner_members"), {"email": "rekan@example.com", "role": "member"})
    assert answer.status_code == 302
    outbox.drain()
    return reverse("join_partner", args=[token_of(str(mail.outbox[-1].body))])


def test_an_invited_person_joins_with_a_new_account(link: str, client: Client) -> None:
    assert "PT Solo Data" in client.get(link).content.decode()
    assert client.post(link, {"name": "", "password": ""}).status_code == 422
    assert client.post(link, {"name": "Rekan", "password": PASSWORD})["Location"] == reverse("partner_home")
    assert client.get(reverse("partner_members")).status_code == 200
    assert client.get(link).status_code == 410


def test_an_invited_person_joins_with_the_account_there_is(link: str, client: Client) -> None:
    user = UserFactory(email="rekan@example.com")
    page = client.get(link).content.decode()
    assert f"{reverse('account_login')}?next={link}" in page
    assert client.post(link).status_code == 409
    client.force_login(user)
    assert client.get(link).status_code == 200
    assert client.post(link).status_code == 302
    assert PartnerMembership.objects.filter(user=user, is_active=True).exists()


def test_a_link_opened_by_another_is_refused_and_stays_usable(link: str, owner: PartnerMembership) -> None:
    for other in (owner.user, UserFactory()):
        assert signed_in(other).get(link).status_code == 410
        assert signed_in(other).post(link, {"name": "X", "password": PASSWORD}).status_code == 410
    assert Client().get(link).status_code == 200
    assert not User.objects.filter(email="rekan@example.com").exists()


def test_owners_send_again_and_take_back(link: str, owner: PartnerMembership) -> None:
    client, row = signed_in(owner.user), PartnerInvitation.objects.get()
    address = reverse("partner_invitation", args=[row.pk])
    assert client.post(address, {"decision": "resend"}).status_code == 302
    outbox.drain()
    assert Client().get(link).status_code == 410
    assert client.post(address, {"decision": "revoke"}).status_code == 302
    assert client.post(address, {"decision": "revoke"}).status_code == 409
    stranger = signed_in(PartnerMembershipFactory(owner=True).user)
    assert stranger.post(address, {"decision": "revoke"}).status_code == 404


def test_roles_ends_and_handing_over(owner: PartnerMembership) -> None:
    client, other = signed_in(owner.user), PartnerMembershipFactory(partner=owner.partner)
    own_end = reverse("partner_member_end", args=[owner.pk])
    assert client.get(own_end).status_code == 200
    assert client.post(own_end).status_code == 409
    role = reverse("partner_member_role", args=[other.pk])
    assert signed_in(other.user).post(role, {"role": "owner"}).status_code == 403
    assert client.post(role, {"role": "king"}).status_code == 422
    hand = reverse("partner_hand_over")
    assert client.get(hand).status_code == 200
    assert client.post(hand, {"heir": owner.pk}).status_code == 422
    assert client.post(hand, {"heir": other.pk}).status_code == 302
    assert client.post(role, {"role": "member"}).status_code == 403
    heir = signed_in(other.user)
    assert heir.post(own_end).status_code == 302
    assert heir.get(own_end).status_code == 404
    assert client.get(reverse("partner_members")).status_code == 403


def test_members_take_the_same_queries_however_many(
    owner: PartnerMembership, count_queries: Callable[[Client, str], int]
) -> None:
    client, url = signed_in(owner.user), reverse("partner_members")
    count_queries(client, url)
    few = count_queries(client, url)
    for _ in range(3):
        PartnerMembershipFactory(partner=owner.partner)
    assert count_queries(client, url) == few


# Agreements


@pytest.fixture
def agreement() -> Agreement:
    row: Agreement = AgreementFactory(ends_on=date.today() + timedelta(days=29))
    PartnerVerificationFactory(verified=True, agency=row.agency, partner=row.partner)
    return row


def upload(content: bytes = PDF, name: str = "PKS.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_the_document_is_kept_inert_and_read_by_both_sides(agreement: Agreement) -> None:
    officer = signed_in(AgencyMembershipFactory(agency=agreement.agency).user)
    address = reverse("agency_agreement_file", args=[agreement.pk])
    assert officer.get(address).status_code == 200
    for bad in (b"", b"<html>", PDF + b"PK\x03\x04", b"%PDF-1.4\n" + b"x" * (10 * 1024 * 1024)):
        assert officer.post(address, {"file": upload(bad)}).status_code == 422
    assert officer.post(address, {"file": upload(name="../../PKS<1>.exe.pdf")}).status_code == 302
    file = reverse("file", args=[Agreement.objects.get(file__isnull=False).file_id])
    member = signed_in(PartnerMembershipFactory(partner=agreement.partner).user)
    for client in (officer, member):
        answer = client.get(file)
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer.getvalue() == PDF
    assert signed_in(PartnerMembershipFactory().user).get(file).status_code == 404
    page = member.get(reverse("partner_agreement", args=[agreement.pk]))
    assert file in page.content.decode()
    assert member.get(reverse("partner_agreements")).context["rows"] == [agreement]
    assert member.get(reverse("partner_agreements"), {"format": "xlsx"}).getvalue().startswith(b"PK")
    stranger = signed_in(PartnerMembershipFactory().user)
    assert stranger.get(reverse("partner_agreement", args=[agreement.pk])).status_code == 404
    assert member.get(address).status_code == 403


def test_a_renewal_begins_with_what_the_old_one_says(agreement: Agreement) -> None:
    officer = signed_in(AgencyMembershipFactory(agency=agreement.agency).user)
    listed = reverse("agency_agreements")
    assert list(officer.get(listed, {"ends": "soon"}).context["rows"]) == [agreement]
    address = f"{reverse('agency_agreement_create', args=[agreement.partner_id])}?renews={agreement.pk}"
    assert address in officer.get(reverse("agency_agreement", args=[agreement.pk])).content.decode()
    given = officer.get(address).context["form"].initial
    assert given["starts_on"] == agreement.ends_on + timedelta(days=1)
    given = {name: value for name, value in given.items() if value is not None}
    given |= {"number_agency": "074/77/PKS", "ends_on": agreement.ends_on + timedelta(days=365)}
    given |= {"has_data_protection": "on", "note_data_protection": "Pasal 9", "has_insurance": "on", "file": upload()}
    assert officer.post(address, given).status_code == 302
    new = Agreement.objects.get(predecessor=agreement)
    assert new.clauses == {"data_protection": "Pasal 9", "insurance": ""}
    services.sign_agreement(actor=None, agreement_id=Agreement.objects.get(pk=_signable(new)).pk)
    assert list(officer.get(listed, {"ends": "soon"}).context["rows"]) == []
    assert list(officer.get(reverse("agency_home")).context["ending"]) == []


def _signable(row: Agreement) -> object:
    Agreement.objects.filter(pk=row.pk).update(number_partner="9/MITRA")
    return row.pk


def test_ending_one_shows_what_it_no_longer_covers(agreement: Agreement) -> None:
    slot = SlotFactory(agreement=agreement)
    officer = signed_in(AgencyMembershipFactory(agency=agreement.agency).user)
    ending = officer.get(reverse("agency_agreement_end", args=[agreement.pk]))
    assert slot.title in ending.content.decode()
    services.terminate_agreement(actor=None, agreement_id=agreement.pk, reason="Bersama")
    assert slot.title in officer.get(reverse("agency_agreement", args=[agreement.pk])).content.decode()
