"""A seeded city for matching: small on purpose, so that lists are full and ties, filters and closures all happen."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from asn.models import Agency, Assessment, Employee, Position, PositionStandard, Unit
from asn.states import AssessmentSource, EmployeeKind
from matching.models import EmployeeAvailability, EmployeeList, MatchState, SlotList
from matching.packing import unpack_person, unpack_slot
from partners.models import Agreement, Slot, SlotOutcome, SlotPrerequisite
from partners.states import SlotMode, SlotStatus
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, CompetencyFactory, PositionClassFactory
from tests.factories.partners import AgreementFactory

WORDS = [
    "analisis",
    "data",
    "laporan",
    "keuangan",
    "pajak",
    "layanan",
    "perizinan",
    "arsip",
    "jaringan",
    "aplikasi",
    "kesehatan",
    "sanitasi",
    "drainase",
    "jalan",
    "kurikulum",
    "guru",
    "pasar",
    "koperasi",
    "wisata",
    "promosi",
    "media",
    "statistik",
    "anggaran",
    "pengadaan",
    "kontrak",
    "audit",
    "risiko",
    "lingkungan",
    "sampah",
    "air",
    "perencanaan",
    "ruang",
    "peta",
    "survei",
    "penyuluhan",
    "tani",
    "benih",
    "ternak",
    "ikan",
]
TOWNS = ("Surakarta", "Sukoharjo", "")


@dataclass
class World:
    """One agency with people and slots, and ways to change it."""

    random: random.Random
    agency: Agency
    agreement: Agreement
    codes: list[str]
    people: list[Employee] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)

    def text(self, words: int) -> str:
        return " ".join(self.random.choices(WORDS, k=words))

    def add_slots(self, count: int) -> list[Slot]:
        """Published slots with outcomes, some with prerequisites, some online, some mentoring."""
        publisher = UserFactory()
        new, outcomes, prerequisites = [], [], []
        for _ in range(count):
            online = self.random.random() < 0.3
            starts = self.agency.today() + timedelta(days=self.random.randint(20, 80))
            slot = Slot(
                agency=self.agency,
                agreement=self.agreement,
                partner=self.agreement.partner,
                kind=self.random.choice(["internship", "mentoring"]),
                status=SlotStatus.PUBLISHED,
                title=self.text(4),
                description=self.text(25),
                mode=SlotMode.ONLINE if online else SlotMode.ONSITE,
                place="" if online else self.random.choice(TOWNS[:2]),
                starts_on=starts,
                ends_on=starts + timedelta(days=60),
                hours_per_week=10,
                apply_by=starts - timedelta(days=10),
                seats=2,
                published_at=timezone.now(),
                published_by=publisher,
            )
            new.append(slot)
            for code in self.random.sample(self.codes, 3):
                low = self.random.choice([0, 1, 2])
                outcomes.append(
                    SlotOutcome(agency=self.agency, slot=slot, competency_id=code, from_level=low, to_level=low + 2)
                )
            if self.random.random() < 0.4:
                prerequisites.append(
                    SlotPrerequisite(
                        agency=self.agency,
                        slot=slot,
                        competency_id=self.random.choice(self.codes),
                        level=self.random.choice([1, 2, 3]),
                        is_required=self.random.random() < 0.5,
                    )
                )
        Slot.objects.bulk_create(new)
        SlotOutcome.objects.bulk_create(outcomes)
        SlotPrerequisite.objects.bulk_create(prerequisites)
        self.slots += new
        return new

    def add_people(self, count: int) -> list[Employee]:
        """Employees over a few positions, with assessments: some missing, some expired."""
        unit = Unit.objects.create(agency=self.agency, code=uuid.uuid4().hex[:12], name=self.text(3), place=TOWNS[0])
        far = Unit.objects.create(agency=self.agency, code=uuid.uuid4().hex[:12], name=self.text(3), place="")
        positions = [
            Position(
                agency=self.agency,
                code=uuid.uuid4().hex[:12],
                title=self.text(3),
                duties=self.text(12),
                position_class=PositionClassFactory(),
            )
            for _ in range(max(2, count // 8))
        ]
        Position.objects.bulk_create(positions)
        PositionStandard.objects.bulk_create(
            PositionStandard(
                agency=self.agency,
                position=position,
                competency_id=code,
                level=self.random.choice([2, 3, 4]),
                source="SKJ",
            )
            for position in positions
            for code in self.random.sample(self.codes, 6)
        )
        first = Employee.objects.count()
        people = [
            Employee(
                agency=self.agency,
                nip=f"19850101{2010 + n // 900 % 10}01{n % 2 + 1}{n % 900 + 100:03d}",
                kind=self.random.choice([EmployeeKind.PNS, EmployeeKind.PPPK]),
                name=f"Pegawai {n}",
                unit=self.random.choice([unit, far]),
                position=self.random.choice(positions),
                interests=self.text(6),
            )
            for n in range(first, first + count)
        ]
        Employee.objects.bulk_create(people)
        Assessment.objects.bulk_create(
            self.assessment(person, code, days_ago=self.random.choice([30, 400, 1500]))
            for person in people
            for code in self.random.sample(self.codes, len(self.codes) * 2 // 3)
        )
        self.people += people
        return people

    def assessment(self, person: Employee, code: str, *, days_ago: int, level: int | None = None) -> Assessment:
        """A measured level, valid for three years."""
        made = date.today() - timedelta(days=days_ago)
        return Assessment(
            agency=self.agency,
            employee=person,
            competency_id=code,
            level=self.random.randint(0, 4) if level is None else level,
            source=AssessmentSource.ASSESSMENT_CENTRE,
            assessed_on=made,
            valid_until=made + timedelta(days=1095),
        )


def make_world(seed: int, *, people: int, slots: int, code: str = "") -> World:
    """The same seed makes the same city."""
    codes = [f"TEK-T{n}" for n in range(12)]
    for competency in codes:
        CompetencyFactory(code=competency)
    agency = AgencyFactory(code=code or f"kota-uji-{seed}", city=TOWNS[0])
    world = World(random.Random(seed), agency, AgreementFactory(agency=agency), codes)
    world.add_slots(slots)
    world.add_people(people)
    return world


Lists = dict[str, list[tuple[str, int]]]


def lists(agency: Agency, k: int = 20) -> tuple[Lists, Lists]:
    """The best ``k`` stored entries, per person and per slot, that are still open; best first, with their points."""
    generation = MatchState.objects.select_related("generation").get(agency=agency).generation
    open_slots = {str(slot.pk) for slot in Slot.objects.filter(agency=agency).open(agency.today())}
    rows = SlotList.objects.filter(generation=generation, is_open=True)
    ids = {row.ordinal: str(row.slot_id) for row in rows if str(row.slot_id) in open_slots}
    people: Lists = {}
    for row in EmployeeList.objects.filter(generation=generation):
        _, entries = unpack_person(row.packed, entry_bytes=generation.entry_bytes)
        people[str(row.employee_id)] = [(ids[at], points) for at, points in entries if at in ids][:k]
    slots = {
        ids[row.ordinal]: [(str(person), points) for person, points in unpack_slot(row.packed)][:k]
        for row in rows
        if row.ordinal in ids
    }
    return {key: best for key, best in people.items() if best}, {key: best for key, best in slots.items() if best}


def is_stored(slot: Slot, person: Employee | None = None) -> bool:
    """Whether a slot stands on anybody's list, or on that of one person."""
    rows = EmployeeList.objects.filter(**{"employee": person} if person else {})
    for row in rows.select_related("generation"):
        here = SlotList.objects.filter(generation=row.generation, slot=slot).values_list("ordinal", flat=True).first()
        if here in {at for at, _ in unpack_person(row.packed, entry_bytes=row.generation.entry_bytes)[1]}:
            return True
    return SlotList.objects.filter(slot=slot, is_open=True).exclude(packed=b"").exists() and person is None


def everything_else() -> dict[str, list[tuple[object, ...]]]:
    """Statuses, seats and availability: what a recommender must not touch."""
    return {
        "slots": list(Slot.objects.order_by("pk").values_list("pk", "status", "filled_seats", "updated_at")),
        "people": list(Employee.objects.order_by("pk").values_list("pk", "status", "updated_at")),
        "agreements": list(Agreement.objects.order_by("pk").values_list("pk", "status")),
        "availability": list(EmployeeAvailability.objects.order_by("pk").values_list("pk", "updated_at")),
    }
