"""Agencies made up for measuring: many people, positions, levels and slots, written by COPY into a scratch database.

Nothing here is written through services, and constraints between tables are not checked: never on a database that
somebody uses.
"""

from __future__ import annotations

import io
import json
import random
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from asn.models import Agency, Assessment, Competency, Employee, Position, PositionClass, PositionStandard, Unit
from asn.states import AssessmentSource, CompetencyKind, EmployeeKind
from partners.kinds import all_kinds
from partners.models import Agreement, Partner, Slot, SlotOutcome, SlotPrerequisite
from partners.states import AgreementKind, AgreementStatus, PartnerKind, SlotMode, SlotStatus

COMPETENCIES = 1_000
FAMILIES = 40  # of work: most of what a position requires and a slot teaches lies in one
REQUIRED, MEASURED = 10, 6  # competencies of a position, and how many of them are assessed
TOWNS = 30
SYLLABLES = [first + vowel + last for first in "bcdgjklmnprstw" for vowel in "aiueo" for last in ("", "n", "r", "s")]


def fill(*, employees: int, slots: int, agencies: int, seed: int) -> list[Agency]:
    """Write that many agencies with so many people and open slots each; the same seed makes the same world."""
    chance = random.Random(seed)
    words = _words(chance, 6_000)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger a row
        competencies = [f"U-{number:04d}" for number in range(COMPETENCIES)]
        _copy(
            Competency,
            (
                {
                    "code": code,
                    "kind": CompetencyKind.TECHNICAL,
                    "name_id": _text(chance, words, number % FAMILIES, 3),
                    "name_en": code,
                    "field": f"Rumpun {number % FAMILIES}",
                    "description_id": _text(chance, words, number % FAMILIES, 15),
                    "source": "buatan",
                }
                for number, code in enumerate(competencies)
            ),
        )
        _copy(PositionClass, [{"code": "pelaksana", "name": "Pelaksana", "rank": 1}])
        publisher = User.objects.create(username=f"penerbit-{seed}", is_active=False)
        partner = _id(chance)
        _copy(Partner, [{"id": partner, "kind": PartnerKind.COMPANY, "name": "Mitra Uji", "city": "Kota 0"}])
        made = [_agency(chance, words, number, employees, slots, partner, publisher.pk) for number in range(agencies)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _agency(
    chance: random.Random,
    words: list[str],
    number: int,
    employees: int,
    slots: int,
    partner: uuid.UUID,
    publisher: int,
) -> Agency:
    agency = Agency.objects.create(
        id=_id(chance),
        code=f"instansi-{number}",
        name=f"Instansi {number}",
        city="Kota 0",
        region_code=str(number),
        hr_office="BKPSDM",
        hr_office_short="BKPSDM",
    )
    units = [
        {"id": _id(chance), "agency_id": agency.pk, "code": str(n), "name": _text(chance, words, n % FAMILIES, 3)}
        | {"place": f"Kota {n % TOWNS}"}
        for n in range(max(2, employees // 200))
    ]
    _copy(Unit, units)
    positions, required = _positions(chance, words, agency, max(FAMILIES, employees // 100))
    _copy(Position, positions)
    _copy(
        PositionStandard,
        (
            {"id": _id(chance), "agency_id": agency.pk, "position_id": position, "competency_id": code}
            | {"level": level, "source": "buatan", "is_example": True}
            for position, levels in required.items()
            for code, level in levels
        ),
    )
    people = [
        {
            "id": _id(chance),
            "agency_id": agency.pk,
            "nip": f"1985{number:04d}{n:010d}",
            "kind": EmployeeKind.PPPK if chance.random() < 0.2 else EmployeeKind.PNS,
            "name": f"Pegawai {n}",
            "unit_id": chance.choice(units)["id"],
            "position_id": (position := chance.choice(positions))["id"],
            "interests": _text(chance, words, position["family"], 8) if chance.random() < 0.6 else "",
        }
        for n in range(employees)
    ]
    _copy(Employee, people)
    _copy(Assessment, _assessments(chance, agency, people, required))
    _slots(chance, words, agency, slots, partner, publisher)
    return agency


def _positions(
    chance: random.Random, words: list[str], agency: Agency, count: int
) -> tuple[list[dict[str, Any]], dict[uuid.UUID, list[tuple[str, int]]]]:
    positions: list[dict[str, Any]] = [
        {
            "id": _id(chance),
            "agency_id": agency.pk,
            "code": str(n),
            "title": _text(chance, words, n % FAMILIES, 3),
            "duties": _text(chance, words, n % FAMILIES, 25),
            "position_class_id": "pelaksana",
            "family": n % FAMILIES,
        }
        for n in range(count)
    ]
    required = {
        row["id"]: [(code, chance.randint(2, 5)) for code in _codes(chance, row["family"], REQUIRED)]
        for row in positions
    }
    return positions, required


def _assessments(
    chance: random.Random,
    agency: Agency,
    people: list[dict[str, Any]],
    required: Mapping[uuid.UUID, list[tuple[str, int]]],
) -> Iterator[dict[str, Any]]:
    today = date.today()
    for person in people:
        for code, level in chance.sample(required[person["position_id"]], MEASURED):
            made = today - timedelta(days=chance.choice([30, 400, 1500]))
            yield {
                "id": _id(chance),
                "agency_id": agency.pk,
                "employee_id": person["id"],
                "competency_id": code,
                "level": max(0, level - chance.choice([0, 1, 1, 2, 3])),
                "source": AssessmentSource.ASSESSMENT_CENTRE,
                "assessed_on": made,
                "valid_until": made + timedelta(days=1095),
            }


def _slots(
    chance: random.Random, words: list[str], agency: Agency, count: int, partner: uuid.UUID, publisher: int
) -> None:
    today = agency.today()
    agreement = {
        "id": _id(chance),
        "agency_id": agency.pk,
        "partner_id": partner,
        "kind": AgreementKind.PKS,
        "status": AgreementStatus.SIGNED,
        "number_agency": agency.code,
        "subject": "Uji",
        "starts_on": today - timedelta(days=100),
        "ends_on": today + timedelta(days=900),
    }
    _copy(Agreement, [agreement])
    families = [chance.randrange(FAMILIES) for _ in range(count)]
    slots = [
        {
            "id": _id(chance),
            "agency_id": agency.pk,
            "partner_id": partner,
            "agreement_id": agreement["id"],
            "kind": chance.choice(all_kinds()).code,
            "status": SlotStatus.PUBLISHED,
            "title": _text(chance, words, family, 5),
            "description": _text(chance, words, family, chance.randint(20, 60)),
            "mode": (mode := chance.choice([SlotMode.ONLINE, SlotMode.ONSITE, SlotMode.ONSITE])),
            "place": "" if mode == SlotMode.ONLINE else f"Kota {chance.randrange(TOWNS)}",
            "starts_on": today + timedelta(days=40),
            "ends_on": today + timedelta(days=100),
            "hours_per_week": 10,
            "apply_by": today + timedelta(days=30),
            "seats": 3,
            "published_at": timezone.now(),
            "published_by_id": publisher,
        }
        for family in families
    ]
    _copy(Slot, slots)
    taught = [
        (slot["id"], _codes(chance, family, chance.randint(2, 8))) for slot, family in zip(slots, families, strict=True)
    ]
    _copy(
        SlotOutcome,
        (
            {"id": _id(chance), "agency_id": agency.pk, "slot_id": slot, "competency_id": code}
            | {"from_level": (low := chance.randint(0, 2)), "to_level": low + chance.randint(1, 3)}
            for slot, codes in taught
            for code in codes
        ),
    )
    _copy(
        SlotPrerequisite,
        (
            {"id": _id(chance), "agency_id": agency.pk, "slot_id": slot, "competency_id": codes[0]}
            | {"level": 1, "is_required": chance.random() < 0.5}
            for slot, codes in taught
            if chance.random() < 0.3
        ),
    )


def _words(chance: random.Random, count: int) -> list[str]:
    return ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(count)]


def _text(chance: random.Random, words: list[str], family: int, count: int) -> str:
    """Half words of the family, half of all."""
    own = words[family * 100 : family * 100 + 120]
    return " ".join(chance.choice(own if chance.random() < 0.5 else words) for _ in range(count))


def _codes(chance: random.Random, family: int, count: int) -> list[str]:
    """Different competencies, two of three of the family."""
    codes: set[int] = set()
    while len(codes) < count:
        own = family + FAMILIES * chance.randrange(COMPETENCIES // FAMILIES)
        codes.add(own if chance.random() < 0.67 else chance.randrange(COMPETENCIES))
    return [f"U-{code:04d}" for code in sorted(codes)]


def _id(chance: random.Random) -> uuid.UUID:
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def _copy(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows; what a row does not name has the default of its field."""
    fields = [(str(field.column), field) for field in model._meta.concrete_fields]
    defaults = {name: field.get_default() for name, field in fields if field.has_default() or not field.null}
    defaults |= {name: timezone.now() for name in ("created_at", "updated_at") if name in defaults}
    names = ", ".join(f'"{name}"' for name, _ in fields)
    source = iter(rows)
    while batch := list(islice(source, 100_000)):
        told = ("\t".join(_told(row.get(name, defaults.get(name))) for name, _ in fields) for row in batch)
        with connection.cursor() as cursor:
            cursor.copy_expert(
                f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', io.StringIO("\n".join([*told, ""]))
            )


def _told(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value)
