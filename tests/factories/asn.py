from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from asn.models import (
    ActingPeriod,
    Agency,
    AgencyMembership,
    AgencyStandard,
    Assessment,
    ClassStandard,
    Competency,
    CompetencyLevel,
    Correction,
    Employee,
    Position,
    PositionClass,
    PositionStandard,
    RegionalPriority,
    Unit,
)
from asn.states import (
    ActingReason,
    AgencyRole,
    AssessmentSource,
    Capacity,
    CompetencyKind,
    EmployeeKind,
    EmployeeStatus,
)
from tests.factories.accounts import UserFactory


class AgencyFactory(DjangoModelFactory[Agency]):
    class Meta:
        model = Agency

    class Params:
        wita = factory.Trait(city="Palu", time_zone="Asia/Makassar", region_code="72.71")

    code = factory.Sequence(lambda n: f"kota-{n}")
    name = factory.Sequence(lambda n: f"Pemerintah Kota {n}")
    city = factory.Sequence(lambda n: f"Kota {n}")
    region_code = "33.72"
    hr_office = "Badan Kepegawaian dan Pengembangan Sumber Daya Manusia"
    hr_office_short = "BKPSDM"


class AgencyMembershipFactory(DjangoModelFactory[AgencyMembership]):
    class Meta:
        model = AgencyMembership

    class Params:
        auditor = factory.Trait(role=AgencyRole.AUDITOR)
        leadership = factory.Trait(role=AgencyRole.LEADERSHIP)

    agency = factory.SubFactory(AgencyFactory)
    user = factory.SubFactory(UserFactory)
    role = AgencyRole.HR


class UnitFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit

    agency = factory.SubFactory(AgencyFactory)
    code = factory.Sequence(lambda n: f"U{n}")
    name = factory.Sequence(lambda n: f"Dinas {n}")
    place = "Surakarta"


class CompetencyFactory(DjangoModelFactory[Competency]):
    class Meta:
        model = Competency
        django_get_or_create = ("code",)

    class Params:
        managerial = factory.Trait(kind=CompetencyKind.MANAGERIAL)

    code = factory.Sequence(lambda n: f"TEK-T{n}")
    kind = CompetencyKind.TECHNICAL
    name_id = factory.LazyAttribute(lambda o: f"Kompetensi {o.code}")
    name_en = factory.LazyAttribute(lambda o: f"Competency {o.code}")
    field = "Komunikasi dan Informatika"
    field_code = "2.16"
    description_id = "Mengelola data dan informasi untuk layanan publik."
    source = "uji"


class CompetencyLevelFactory(DjangoModelFactory[CompetencyLevel]):
    class Meta:
        model = CompetencyLevel

    competency = factory.SubFactory(CompetencyFactory)
    level = 1
    name_id = "Paham"
    name_en = "Awareness"
    descriptor_id = "Memahami konsep dasar."
    descriptor_en = "Understands the basic concept."


class PositionClassFactory(DjangoModelFactory[PositionClass]):
    class Meta:
        model = PositionClass
        django_get_or_create = ("code",)

    code = "PELAKSANA"
    name = "Pelaksana"
    rank = 10


class ClassStandardFactory(DjangoModelFactory[ClassStandard]):
    class Meta:
        model = ClassStandard

    position_class = factory.SubFactory(PositionClassFactory)
    competency = factory.SubFactory(CompetencyFactory)
    level = 2
    source = "PermenPANRB 38/2017"
    confidence = "recalled"


class AgencyStandardFactory(DjangoModelFactory[AgencyStandard]):
    class Meta:
        model = AgencyStandard

    agency = factory.SubFactory(AgencyFactory)
    position_class = factory.SubFactory(PositionClassFactory)
    competency = factory.SubFactory(CompetencyFactory)
    level = 3
    source = "SK Wali Kota"


class PositionFactory(DjangoModelFactory[Position]):
    class Meta:
        model = Position

    agency = factory.SubFactory(AgencyFactory)
    code = factory.Sequence(lambda n: f"J{n}")
    title = factory.Sequence(lambda n: f"Analis Data {n}")
    position_class = factory.SubFactory(PositionClassFactory)
    duties = "Mengolah dan menyajikan data layanan."


class PositionStandardFactory(DjangoModelFactory[PositionStandard]):
    class Meta:
        model = PositionStandard

    position = factory.SubFactory(PositionFactory)
    agency = factory.SelfAttribute("position.agency")
    competency = factory.SubFactory(CompetencyFactory)
    level = 4
    source = "SKJ"


class EmployeeFactory(DjangoModelFactory[Employee]):
    class Meta:
        model = Employee

    class Params:
        with_user = factory.Trait(user=factory.SubFactory(UserFactory))
        pppk = factory.Trait(
            kind=EmployeeKind.PPPK,
            nip=factory.Sequence(lambda n: f"19900101{2020 + n // 900 % 5}211{n % 900 + 100:03d}"),
            contract_starts_on=factory.LazyFunction(lambda: date.today() - timedelta(days=100)),
            contract_ends_on=factory.LazyFunction(lambda: date.today() + timedelta(days=900)),
        )
        retired = factory.Trait(status=EmployeeStatus.RETIRED)

    agency = factory.SubFactory(AgencyFactory)
    nip = factory.Sequence(
        lambda n: f"19{80 + n // 900 % 10}0101{2005 + n // 9000 % 15}01{n % 2 + 1}{n % 900 + 100:03d}"
    )
    kind = EmployeeKind.PNS
    name = factory.Sequence(lambda n: f"Pegawai {n}")
    unit = factory.SubFactory(UnitFactory, agency=factory.SelfAttribute("..agency"))
    position = factory.SubFactory(PositionFactory, agency=factory.SelfAttribute("..agency"))


class ActingPeriodFactory(DjangoModelFactory[ActingPeriod]):
    """A Plh. of ``holder`` today; ``delegate`` without an order, ``plt`` for a ``unit``."""

    class Meta:
        model = ActingPeriod

    class Params:
        delegate = factory.Trait(capacity=Capacity.DELEGATE, order_number="", order_date=None)
        plt = factory.Trait(
            capacity=Capacity.PLT,
            holder=None,
            unit=factory.SubFactory(UnitFactory, agency=factory.SelfAttribute("..agency")),
        )

    capacity = Capacity.PLH
    acting = factory.SubFactory(EmployeeFactory, with_user=True)
    agency = factory.SelfAttribute("acting.agency")
    holder = factory.SubFactory(EmployeeFactory, with_user=True, agency=factory.SelfAttribute("..agency"))
    starts_on = factory.LazyFunction(lambda: date.today() - timedelta(days=3))
    ends_on = factory.LazyFunction(lambda: date.today() + timedelta(days=10))
    reason = ActingReason.LEAVE
    order_number = "800.1.11.1/1/2026"
    order_date = factory.LazyFunction(date.today)


class AssessmentFactory(DjangoModelFactory[Assessment]):
    class Meta:
        model = Assessment

    class Params:
        expired = factory.Trait(
            assessed_on=factory.LazyFunction(lambda: date.today() - timedelta(days=1500)),
            valid_until=factory.LazyFunction(lambda: date.today() - timedelta(days=400)),
        )
        self_rated = factory.Trait(source=AssessmentSource.SELF)

    employee = factory.SubFactory(EmployeeFactory)
    agency = factory.SelfAttribute("employee.agency")
    competency = factory.SubFactory(CompetencyFactory)
    level = 1
    source = AssessmentSource.ASSESSMENT_CENTRE
    assessed_on = factory.LazyFunction(lambda: date.today() - timedelta(days=200))
    valid_until = factory.LazyFunction(lambda: date.today() + timedelta(days=800))


class CorrectionFactory(DjangoModelFactory[Correction]):
    """An open request for an official level of an employee with an account."""

    class Meta:
        model = Correction

    assessment = factory.SubFactory(AssessmentFactory, employee__with_user=True)
    employee = factory.SelfAttribute("assessment.employee")
    agency = factory.SelfAttribute("assessment.agency")
    claimed_level = 3
    reason = "Laporan penilaian menyebut tingkat 3."
    submitted_at = factory.LazyFunction(timezone.now)
    due_at = factory.LazyAttribute(lambda row: row.submitted_at + Correction.CLOCK)


class RegionalPriorityFactory(DjangoModelFactory[RegionalPriority]):
    class Meta:
        model = RegionalPriority

    agency = factory.SubFactory(AgencyFactory)
    competency = factory.SubFactory(CompetencyFactory)
    weight = Decimal("2.0")
    basis = "RPJMD"
