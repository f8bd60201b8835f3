"""How a partner comes in and stays in touch: registration, standing, members, invitations, agreements that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core import outbox
from core.errors import Conflict, DomainError, Gone, Invalid, NotAllowed, NotFound
from core.models import AccessLink, AuditEvent
from partners import services
from partners.models import (
    AgreementReminder,
    Partner,
    PartnerInvitation,
    PartnerMembership,
    PartnerVerification,
    Registration,
    VerificationStep,
)
from partners.services import AgreementData, PartnerData
from partners.tasks import forget_registrations, remind_of_agreements
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory
from tests.factories.partners import (
    AgreementFactory,
    PartnerFactory,
    PartnerMembershipFactory,
    PartnerVerificationFactory,
)
from web.models import Notification

pytestmark = pytest.mark.django_db
PASSWORD = "kopi-tubruk-12"
DATA = PartnerData(kind="company", name="PT Baru Sekali", city="Surakarta", nib="1234567890123")


def refused(act: Callable[[], object], code: str, kind: type[DomainError] = Conflict) -> DomainError:
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


def token_of(text: str) -> str:
    start = text.index("tautan-")
    return text[start : start + 50]


def begun(email: str = "pemilik@example.com", **more: Any) -> Registration:
    values: dict[str, Any] = {"data": DATA, "agency_ids": [AgencyFactory().pk], "name": "Sari", "email": email}
    return services.begin_registration(**values | more)


# Registration


def test_nothing_comes_of_a_registration_before_the_address_is_confirmed() -> None:
    row = begun()
    assert not Partner.objects.exists()
    assert not User.objects.exists()
    outbox.drain()
    (sent,) = mail.outbox
    token = token_of(str(sent.body))
    assert sent.to == ["pemilik@example.com"]
    refused(lambda: services.confirm_registration(token=token, password="12345"), "password_weak", Invalid)
    partner = services.confirm_registration(token=token, password=PASSWORD)
    owner = partner.memberships.get()
    assert (owner.role, owner.user.email, owner.user.name) == ("owner", "pemilik@example.com", "Sari")
    assert owner.user.check_password(PASSWORD)
    assert partner.verifications.get().status == "pending"
    row.refresh_from_db()
    assert (row.partner, row.about) == (partner, {})
    refused(lambda: services.confirm_registration(token=token, password=PASSWORD), "link_used", Gone)
    assert Partner.objects.count() == 1


def test_a_known_address_is_told_in_its_mailbox_alone() -> None:
    UserFactory(email="Pemilik@example.com")
    begun()
    outbox.drain()
    (sent,) = mail.outbox
    assert "tautan-" not in str(sent.body)
    assert not AccessLink.objects.exists()


def test_nobodys_mailbox_is_filled() -> None:
    for _ in range(5):
        begun()
    outbox.drain()
    assert len(mail.outbox) == 3


def test_an_nib_that_is_taken_is_said_at_once_and_again_at_the_end() -> None:
    begun()
    outbox.drain()
    PartnerFactory(nib=DATA.nib)
    assert refused(begun, "nib_taken", Invalid).field == "nib"
    token = token_of(str(mail.outbox[0].body))
    refused(lambda: services.confirm_registration(token=token, password=PASSWORD), "nib_taken", Invalid)
    assert not User.objects.filter(email="pemilik@example.com").exists()
    assert AccessLink.objects.get().used_at is None


def test_what_nobody_confirms_is_scrubbed() -> None:
    begun(now=timezone.now() - timedelta(days=4))
    begun(email="lain@example.com")
    assert [forget_registrations(), forget_registrations()] == [1, 0]
    assert Registration.objects.get().email == "lain@example.com"


# Standing


def test_a_refused_partner_corrects_and_asks_again() -> None:
    row = PartnerVerificationFactory()
    member = PartnerMembershipFactory(partner=row.partner).user
    hr = AgencyMembershipFactory(agency=row.agency).user
    where = {"partner_id": row.partner_id, "agency_id": row.agency_id}
    refused(lambda: services.ask_verification_again(actor=member, **where), "not_in_this_state")
    services.refuse_partner(actor=hr, reason="NIB tidak cocok", **where)
    refused(lambda: services.ask_verification_again(actor=hr, **where), "not_allowed", NotAllowed)
    refused(lambda: services.ask_verification_again(actor=UserFactory(), **where), "not_found", NotFound)
    outbox.drain()
    Notification.objects.all().delete()
    services.ask_verification_again(actor=member, note="NIB dibetulkan", **where)
    after = PartnerVerification.objects.get()
    assert (after.status, after.reason, after.decided_at) == ("pending", "", None)
    outbox.drain()
    assert Notification.objects.get(code="partner_to_verify").user == hr
    services.verify_partner(actor=hr, **where)
    assert list(VerificationStep.objects.values_list("word", "note")) == [
        ("refused", "NIB tidak cocok"),
        ("asked", "NIB dibetulkan"),
        ("verified", ""),
    ]


def test_the_database_wants_a_reason_for_each_refusal() -> None:
    row = PartnerVerificationFactory()
    with pytest.raises(IntegrityError, match="step_refused_with_reason"), transaction.atomic():
        VerificationStep.objects.create(agency=row.agency, verification=row, word="refused")


# Members


@pytest.fixture
def owner() -> PartnerMembership:
    return PartnerMembershipFactory(owner=True)


def invited(owner: PartnerMembership, email: str = "rekan@example.com", **more: Any) -> tuple[PartnerInvitation, str]:
    row = services.invite_member(actor=owner.user, partner_id=owner.partner_id, email=email, **more)
    outbox.drain()
    return row, token_of(str(mail.outbox[-1].body))


def test_an_invited_person_without_account_gets_one(owner: PartnerMembership) -> None:
    row, token = invited(owner, role="owner")
    joined = services.accept_invitation(actor=None, token=token, name="Rekan Baru", password=PASSWORD)
    assert (joined.role, joined.user.email) == ("owner", "rekan@example.com")
    outbox.drain()
    assert Notification.objects.get(code="member_joined").user == owner.user
    refused(lambda: services.accept_invitation(actor=joined.user, token=token), "link_used", Gone)
    refused(lambda: services.revoke_invitation(actor=owner.user, invitation_id=row.pk), "invitation_over")


def test_an_invited_person_with_account_signs_in_first(owner: PartnerMembership) -> None:
    mine = UserFactory(email="Rekan@example.com")
    _, token = invited(owner)
    accept = services.accept_invitation
    refused(lambda: accept(actor=None, token=token, name="X", password=PASSWORD), "sign_in_to_accept")
    refused(lambda: accept(actor=UserFactory(), token=token), "link_of_another", Gone)
    assert accept(actor=mine, token=token).user == mine


def test_sent_again_the_link_before_opens_no_more(owner: PartnerMembership) -> None:
    row, first = invited(owner)
    refused(lambda: invited(owner, email="REKAN@example.com"), "invited_already")
    for _ in range(4):
        services.resend_invitation(actor=owner.user, invitation_id=row.pk)
        outbox.drain()
    often = refused(lambda: services.resend_invitation(actor=owner.user, invitation_id=row.pk), "invitation_sent_often")
    assert often.params == {"limit": 5}
    assert len({str(sent.extra_headers["Message-ID"]) for sent in mail.outbox}) == 5
    refused(lambda: services.opened_invitation(token=first, user=None), "link_revoked", Gone)
    last = token_of(str(mail.outbox[-1].body))
    services.revoke_invitation(actor=owner.user, invitation_id=row.pk)
    refused(lambda: services.accept_invitation(actor=None, token=last), "link_revoked", Gone)


def test_only_owners_invite_and_see_addresses(owner: PartnerMembership) -> None:
    row, _ = invited(owner)
    member = PartnerMembershipFactory(partner=owner.partner).user
    invite = services.invite_member
    refused(lambda: invite(actor=member, partner_id=owner.partner_id, email="a@b.id"), "not_allowed", NotAllowed)
    refused(lambda: services.revoke_invitation(actor=member, invitation_id=row.pk), "not_found", NotFound)
    refused(lambda: invite(actor=owner.user, partner_id=owner.partner_id, email=member.email), "member_already")
    refused(lambda: invite(actor=owner.user, partner_id=owner.partner_id, email="ini bukan"), "email_invalid", Invalid)


def test_handing_over_swaps_the_roles(owner: PartnerMembership) -> None:
    heir = PartnerMembershipFactory(partner=owner.partner)
    hand = services.hand_over_partner
    refused(
        lambda: hand(actor=heir.user, partner_id=owner.partner_id, user_id=owner.user_id), "not_allowed", NotAllowed
    )
    refused(
        lambda: hand(actor=owner.user, partner_id=owner.partner_id, user_id=UserFactory().pk), "unknown_user", Invalid
    )
    hand(actor=owner.user, partner_id=owner.partner_id, user_id=heir.user_id)
    assert dict(owner.partner.memberships.values_list("user_id", "role")) == {
        owner.user_id: "member",
        heir.user_id: "owner",
    }


def test_those_who_remain_are_told_who_left(owner: PartnerMembership) -> None:
    leaver = PartnerMembershipFactory(partner=owner.partner)
    services.remove_partner_member(actor=owner.user, partner_id=owner.partner_id, user_id=leaver.user_id)
    outbox.drain()
    assert Notification.objects.get(code="member_left").user == owner.user


# Agreements


NOW = datetime(2026, 6, 1, 18, 30, tzinfo=UTC)  # 2 June in Jakarta and in Makassar
TODAY = date(2026, 6, 2)


def test_reminders_come_once_each_at_90_30_and_7_days() -> None:
    agency = AgencyFactory()
    AgreementFactory(agency=agency, ends_on=TODAY + timedelta(days=91))
    agreement = AgreementFactory(agency=agency, ends_on=TODAY + timedelta(days=90))
    told = []
    for day in range(91):
        told += [day] * services.remind_of_agreements(now=NOW + timedelta(days=day))
        assert services.remind_of_agreements(now=NOW + timedelta(days=day)) == 0
    assert told == [0, 1, 60, 61, 83, 84]
    assert sorted(agreement.reminders.values_list("days", flat=True)) == [7, 30, 90]


def test_one_entered_late_is_told_of_by_the_nearest() -> None:
    AgreementFactory(ends_on=TODAY + timedelta(days=29))
    AgreementFactory(ends_on=TODAY - timedelta(days=1))
    AgreementFactory(draft=True, ends_on=TODAY + timedelta(days=5))
    AgreementFactory(terminated=True, ends_on=TODAY + timedelta(days=5))
    assert services.remind_of_agreements(now=NOW) == 1
    assert AgreementReminder.objects.get().days == 30


def test_the_day_is_that_of_the_agency() -> None:
    late = datetime(2026, 6, 1, 16, 30, tzinfo=UTC)  # 23:30 in Jakarta, 00:30 in Makassar
    for zone in ("Asia/Jakarta", "Asia/Makassar"):
        AgreementFactory(agency__time_zone=zone, ends_on=TODAY + timedelta(days=90))
    assert services.remind_of_agreements(now=late) == 1
    assert AgreementReminder.objects.get().agency.time_zone == "Asia/Makassar"


@pytest.mark.parametrize(("gap", "told"), [(1, 0), (2, 1)])
def test_renewed_without_a_gap_it_is_not_reminded(gap: int, told: int) -> None:
    old = AgreementFactory(ends_on=TODAY + timedelta(days=20))
    starts = old.ends_on + timedelta(days=gap)
    AgreementFactory(
        agency=old.agency, partner=old.partner, predecessor=old, starts_on=starts, ends_on=starts + timedelta(days=365)
    )
    assert services.remind_of_agreements(now=NOW) == told


def test_hr_and_owners_are_told_that_it_ends(owner: PartnerMembership) -> None:
    agreement = AgreementFactory(partner=owner.partner, ends_on=date.today() + timedelta(days=29))
    PartnerMembershipFactory(partner=owner.partner)
    hr = AgencyMembershipFactory(agency=agreement.agency).user
    assert [remind_of_agreements(), remind_of_agreements()] == [1, 0]
    outbox.drain()
    assert set(Notification.objects.filter(code="agreement_ending").values_list("user", flat=True)) == {
        owner.user_id,
        hr.pk,
    }


def test_a_renewal_names_its_predecessor_and_ends_later() -> None:
    old = AgreementFactory()
    hr = AgencyMembershipFactory(agency=old.agency).user
    PartnerVerificationFactory(verified=True, agency=old.agency, partner=old.partner)

    def renew(**more: Any) -> Any:
        values: dict[str, Any] = {
            "kind": "pks",
            "number_agency": "074/99/PKS/2027",
            "subject": "Lanjutan",
            "starts_on": old.ends_on + timedelta(days=1),
            "ends_on": old.ends_on + timedelta(days=365),
            "predecessor_id": old.pk,
        }
        return services.create_agreement(
            actor=hr, agency_id=old.agency_id, partner_id=old.partner_id, data=AgreementData(**values | more)
        )

    assert refused(lambda: renew(ends_on=old.ends_on, starts_on=old.starts_on), "renewal_not_longer", Invalid).params
    refused(lambda: renew(predecessor_id=AgreementFactory().pk), "unknown_agreement", Invalid)
    refused(lambda: renew(clauses={"siluman": ""}), "unknown_clause", Invalid)
    made = renew(clauses={"confidentiality": "Pasal 7"}, mandate_number="180/5/2026")
    assert (made.predecessor, made.clauses) == (old, {"confidentiality": "Pasal 7"})


def test_no_token_reaches_the_audit_trail(owner: PartnerMembership) -> None:
    _, token = invited(owner)
    services.accept_invitation(actor=None, token=token, name="Rekan", password=PASSWORD)
    assert token not in str(list(AuditEvent.objects.values()))
