from __future__ import annotations

from datetime import time

import factory
from factory.django import DjangoModelFactory

from mentors.models import Mentor, MentorAvailability, MentorExpertise, SlotMentor, Weekday
from tests.factories.accounts import UserFactory
from tests.factories.asn import CompetencyFactory
from tests.factories.partners import PartnerFactory, SlotFactory


class MentorFactory(DjangoModelFactory[Mentor]):
    class Meta:
        model = Mentor

    class Params:
        with_user = factory.Trait(user=factory.SubFactory(UserFactory))

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence(lambda n: f"Pembimbing {n}")
    occupation = "Analis data senior"


class MentorExpertiseFactory(DjangoModelFactory[MentorExpertise]):
    class Meta:
        model = MentorExpertise

    mentor = factory.SubFactory(MentorFactory)
    competency = factory.SubFactory(CompetencyFactory)
    level = 4


class MentorAvailabilityFactory(DjangoModelFactory[MentorAvailability]):
    class Meta:
        model = MentorAvailability

    mentor = factory.SubFactory(MentorFactory)
    weekday = Weekday.MONDAY
    starts_at = time(9)
    ends_at = time(11)


class SlotMentorFactory(DjangoModelFactory[SlotMentor]):
    class Meta:
        model = SlotMentor

    slot = factory.SubFactory(SlotFactory)
    agency = factory.SelfAttribute("slot.agency")
    mentor = factory.SubFactory(MentorFactory, partner=factory.SelfAttribute("..slot.partner"))
