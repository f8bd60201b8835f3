from __future__ import annotations

from datetime import date, time, timedelta
from typing import cast

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from partners.models import (
    Agreement,
    Partner,
    PartnerMembership,
    PartnerVerification,
    Slot,
    SlotMeeting,
    SlotMilestone,
    SlotOutcome,
    SlotPrerequisite,
)
from partners.states import (
    AgreementKind,
    AgreementStatus,
    CancelReason,
    PartnerKind,
    PartnerRole,
    ReturnReason,
    SlotMode,
    SlotStatus,
    VerificationStatus,
)
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, CompetencyFactory


def days(n: int) -> date:
    """The date ``n`` days from now."""
    return date.today() + timedelta(days=n)


class PartnerFactory(DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    class Params:
        university = factory.Trait(kind=PartnerKind.UNIVERSITY, university_code="001001")

    kind = PartnerKind.COMPANY
    name = factory.Sequence(lambda n: f"PT Mitra {n}")
    city = "Surakarta"


class PartnerMembershipFactory(DjangoModelFactory[PartnerMembership]):
    class Meta:
        model = PartnerMembership

    class Params:
        owner = factory.Trait(role=PartnerRole.OWNER)

    partner = factory.SubFactory(PartnerFactory)
    user = factory.SubFactory(UserFactory)


class PartnerVerificationFactory(DjangoModelFactory[PartnerVerification]):
    class Meta:
        model = PartnerVerification

    class Params:
        verified = factory.Trait(
            status=VerificationStatus.VERIFIED,
            decided_by=factory.SubFactory(UserFactory),
            decided_at=factory.LazyFunction(timezone.now),
        )
        refused = factory.Trait(
            status=VerificationStatus.REFUSED,
            reason="Dokumen tidak lengkap",
            decided_by=factory.SubFactory(UserFactory),
            decided_at=factory.LazyFunction(timezone.now),
        )

    agency = factory.SubFactory(AgencyFactory)
    partner = factory.SubFactory(PartnerFactory)


class AgreementFactory(DjangoModelFactory[Agreement]):
    """In force from a year ago until in a year; ``draft`` when not yet signed."""

    class Meta:
        model = Agreement

    class Params:
        draft = factory.Trait(status=AgreementStatus.DRAFT)
        terminated = factory.Trait(status=AgreementStatus.TERMINATED)

    agency = factory.SubFactory(AgencyFactory)
    partner = factory.SubFactory(PartnerFactory)
    kind = AgreementKind.PKS
    status = AgreementStatus.SIGNED
    number_agency = factory.Sequence(lambda n: f"074/{n}/PKS")
    number_partner = factory.Sequence(lambda n: f"{n}/MITRA")
    subject = "Pengembangan kompetensi ASN"
    signer_agency = "Sekretaris Daerah"
    signer_partner = "Direktur"
    starts_on = factory.LazyFunction(lambda: days(-365))
    ends_on = factory.LazyFunction(lambda: days(365))


class SlotFactory(DjangoModelFactory[Slot]):
    """A published internship on site with one outcome and two seats; traits for the other situations."""

    class Meta:
        model = Slot
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(status=SlotStatus.DRAFT, published_at=None, published_by=None)
        submitted = factory.Trait(
            status=SlotStatus.SUBMITTED,
            submitted_at=factory.LazyFunction(timezone.now),
            published_at=None,
            published_by=None,
        )
        returned = factory.Trait(
            status=SlotStatus.RETURNED,
            return_reason=ReturnReason.OTHER,
            published_at=None,
            published_by=None,
        )
        paused = factory.Trait(status=SlotStatus.PAUSED, pause_cause="partner")
        full = factory.Trait(status=SlotStatus.FULL, filled_seats=factory.SelfAttribute("seats"))
        closed = factory.Trait(status=SlotStatus.CLOSED)
        cancelled = factory.Trait(status=SlotStatus.CANCELLED, cancel_reason=CancelReason.NO_CAPACITY)
        mentoring = factory.Trait(kind="mentoring", hours_per_week=2)
        online = factory.Trait(mode=SlotMode.ONLINE, place="")

    agreement = factory.SubFactory(AgreementFactory)
    agency = factory.SelfAttribute("agreement.agency")
    partner = factory.SelfAttribute("agreement.partner")
    kind = "internship"
    status = SlotStatus.PUBLISHED
    title = factory.Sequence(lambda n: f"Magang analisis data {n}")
    description = "Ikut tim data mengolah laporan layanan dan menyusun dasbor."
    mode = SlotMode.ONSITE
    place = "Surakarta"
    starts_on = factory.LazyFunction(lambda: days(40))
    ends_on = factory.LazyFunction(lambda: days(100))
    hours_per_week = 20
    apply_by = factory.LazyFunction(lambda: days(20))
    seats = 2
    published_at = factory.LazyFunction(timezone.now)
    published_by = factory.SubFactory(UserFactory)

    @factory.post_generation
    def outcomes(self, create: bool, extracted: list[tuple[str, int, int]] | None, **kwargs: object) -> None:
        """``outcomes=[(code, from, to)]``; one of a fresh competency unless told, none for ``[]``."""
        if not create:
            return
        if extracted is None:
            extracted = [(CompetencyFactory().code, 1, 3)]
        for code, low, high in extracted:
            SlotOutcomeFactory(slot=self, competency=CompetencyFactory(code=code), from_level=low, to_level=high)

    @factory.post_generation
    def meetings(self, create: bool, extracted: list[date] | None, **kwargs: object) -> None:
        """``meetings=[days]``; the first day of the slot for kinds that meet on dates, none for others."""
        slot = cast(Slot, self)
        if not create or not slot.policy.uses_meetings:
            return
        held_on = [slot.starts_on] if extracted is None else extracted
        for day in held_on:
            SlotMeeting.objects.create(slot=slot, agency=slot.agency, held_on=day, begins_at=time(9), ends_at=time(15))
        slot.meeting_days = len(held_on)
        slot.save()

    @factory.post_generation
    def milestones(self, create: bool, extracted: list[tuple[str, date, str]] | None, **kwargs: object) -> None:
        """``milestones=[(title, day, proof)]``; one on the last day for kinds that have any, none for others."""
        slot = cast(Slot, self)
        if not create or not slot.policy.uses_milestones:
            return
        for title, day, proof in [("Laporan diserahkan", slot.ends_on, "")] if extracted is None else extracted:
            SlotMilestone.objects.create(slot=slot, agency=slot.agency, title=title, due_on=day, proof=proof)

    @factory.post_generation
    def verification(self, create: bool, extracted: object, **kwargs: object) -> None:
        """The partner is verified where it offers, unless ``verification=False`` or decided already."""
        if create and extracted is not False:
            known = PartnerVerification.objects.filter(agency=self.agency, partner=self.partner)  # type: ignore[attr-defined]
            if not known.exists():
                PartnerVerificationFactory(verified=True, agency=self.agency, partner=self.partner)  # type: ignore[attr-defined]


class SlotOutcomeFactory(DjangoModelFactory[SlotOutcome]):
    class Meta:
        model = SlotOutcome

    slot = factory.SubFactory(SlotFactory)
    agency = factory.SelfAttribute("slot.agency")
    competency = factory.SubFactory(CompetencyFactory)
    from_level = 1
    to_level = 3


class SlotPrerequisiteFactory(DjangoModelFactory[SlotPrerequisite]):
    class Meta:
        model = SlotPrerequisite

    slot = factory.SubFactory(SlotFactory)
    agency = factory.SelfAttribute("slot.agency")
    competency = factory.SubFactory(CompetencyFactory)
    level = 1
