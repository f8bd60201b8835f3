"""Writes the planned world through the services of each room, in one transaction: whole or not at all."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from accounts import services as accounts
from accounts.models import User
from asn import services as asn
from asn.models import Agency
from core.errors import Conflict
from incentives import services as incentives
from matching import services as matching
from mentors import services as mentors
from partners import services as partners
from partners.models import Slot
from partners.states import ReturnReason
from placements import services as placements
from placements.models import Application as StoredApplication
from placements.models import Placement
from placements.states import DecisionReason, EndReason, EvaluatorRole
from web.demo import accounts as demo
from web.demo import corpus
from web.demo.letters import assignment_letter
from web.demo.records import Application, Employee, World
from web.demo.records import Slot as PlannedSlot
from web.demo.service import build_service
from web.demo.world import DEMO_CITIES

NAMESPACE = uuid.UUID("6f9f7f0e-6d0b-5a53-9d34-0c3f5f0d7a11")
STANDARD_SOURCE = "Contoh, bukan keputusan SKJ"
PRIORITY_BASIS = "Contoh prioritas RPJMD"
AWARD_RULES = (
    (
        "piagam-peserta-terbaik",
        "Piagam peserta terbaik",
        "Peserta yang dinilai sangat baik oleh mentor dan mencapai sasaran belajarnya.",
        "Kepala perangkat daerah",
        "Piagam penghargaan",
        Decimal("4"),
        5,
    ),
    (
        "penghargaan-wali-kota",
        "Penghargaan Wali Kota bagi ASN pembelajar",
        "Peserta dengan nilai tertinggi dari mentor dan sasaran belajar yang tercapai.",
        "Wali Kota",
        "SK Wali Kota",
        Decimal("5"),
        15,
    ),
)


class DemoExists(Exception):
    """There is a demo world, or part of one, already."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    agencies: int
    employees: int
    assessments: int
    partners: int
    slots: int
    mentors: int
    applications: int
    past: int
    finished: int
    awards: int


ROOM_FOR_RESERVE = 6  # seats of a slot that can keep two of them and still take all who are on their way
WAITING_MOTIVATION = "Saya ingin menerapkan cara kerja yang dipelajari di sini pada layanan unit kami, lalu membaginya."


def build(world: World, *, say: Callable[[str], None] = lambda _: None) -> Summary:
    """Write the world. Raises DemoExists when an agency of it is there."""
    codes = [city.code for city in world.cities]
    if Agency.objects.filter(code__in=codes).exists():
        raise DemoExists
    with transaction.atomic():
        return _Builder(world, say).run()


class _Builder:
    def __init__(self, world: World, say: Callable[[str], None]) -> None:
        self.world = world
        self.say = say
        self.agencies: dict[str, Agency] = {}
        self.users: dict[str, User] = {}
        self.employees = {e.key: e for e in world.employees}
        self.slots = {s.key: s for s in world.slots}
        self.mentors = {m.key: m for m in world.mentors}
        self.cities = {c.code: c for c in world.cities}
        self.officers: dict[str, User] = {}
        # Every second slot at rest is one that nobody has confirmed; its partner has paused the others.
        self.forgotten = {s.key for s in [s for s in world.slots if s.status == "paused"][::2]}
        self.letters: Counter[str] = Counter()
        self.awards = 0

    def pk(self, key: str) -> uuid.UUID:
        """The same id for the same thing of the same world."""
        return uuid.uuid5(NAMESPACE, f"{self.world.seed}:{self.world.size}:{key}")

    def run(self) -> Summary:
        asn.load_reference()
        placements.load_hour_rules()
        self.open_accounts()
        for city in self.world.cities:
            self.say(f"Building {city.city} …")
            self.staff(city.code)
        self.say("Partners, agreements, slots and mentors …")
        self.hosts()
        _analyse()
        self.say("Applications, placements and awards …")
        self.rules()
        finished = self.finished()
        self.reward(finished)
        for application in self.world.applications:
            if application.stage != "finished":
                self.walk(application)
        for city in self.world.cities:
            self.fill_and_wait(city.code)
        self.close_running()
        for code, agency in self.agencies.items():
            build_service(agency, self.officers[code])
        self.history()
        for agency in self.agencies.values():
            matching.request_full_match(actor=None, agency_id=agency.pk)
        world = self.world
        return Summary(
            len(self.agencies),
            len(world.employees),
            len(world.assessments),
            len(world.partners),
            len(world.slots),
            len(world.mentors),
            len(world.applications),
            len(world.past),
            len(finished),
            self.awards,
        )

    # Accounts and agencies -----------------------------------------------------------------------

    def open_accounts(self) -> None:
        """One account for everybody; a password only for the demo accounts."""
        named: dict[str, str] = {}
        for (city, role), key in self.world.accounts.items():
            if city in DEMO_CITIES:
                named[key] = demo.username_of(role, city)
        rows: list[accounts.UserRow] = []
        keys: list[str] = []
        taken: Counter[str] = Counter()
        for key, name, host in self.everybody():
            username = named.get(key)
            password = demo.password_of(username) if username else None
            if username is None:
                base = ".".join("".join(c for c in name.lower() if c.isalpha() or c == " ").split()[:3])
                taken[base] += 1
                username = base if taken[base] == 1 else f"{base}.{taken[base]}"
            email = f"{username}@{host}.example"
            rows.append(accounts.UserRow(username=username, name=name, email=email, password=password))
            keys.append(key)
        rows.append(
            accounts.UserRow(
                username=demo.OPERATOR,
                name="Operator Padan",
                email="operator@padan.example",
                password=demo.password_of(demo.OPERATOR),
                is_operator=True,
            )
        )
        self.users = dict(zip(keys, accounts.import_users(rows=rows), strict=False))

    def everybody(self) -> Iterator[tuple[str, str, str]]:
        """(key, name, host of the mail address)."""
        hosts = {p.key: p.slug for p in self.world.partners}
        for employee in self.world.employees:
            yield employee.key, employee.person.name, employee.city
        for member in self.world.members:
            yield member.key, member.name, hosts[member.partner]
        for mentor in self.world.mentors:
            yield mentor.key, mentor.name, hosts[mentor.partner]

    def staff(self, code: str) -> None:
        """A city's agency with its units, positions, people and what is known of them."""
        city, world = self.cities[code], self.world
        agency = asn.create_agency(
            actor=None,
            code=code,
            name=city.name,
            city=city.city,
            region_code=city.region_code,
            hr_office=city.hr_office,
            hr_office_short=city.hr_office_short,
            time_zone=city.time_zone,
            is_demo=True,
        )
        self.agencies[code] = agency
        for role in ("hr", "auditor", "leadership"):
            user = self.users[world.accounts[(code, role)]]
            asn.add_agency_member(actor=None, agency_id=agency.pk, user_id=user.pk, role=role)
        self.officers[code] = self.users[world.accounts[(code, "hr")]]
        asn.import_units(
            actor=None,
            agency_id=agency.pk,
            rows=[
                asn.UnitRow(id=self.pk(u.key), code=u.key.rsplit(":", 1)[1], name=u.name, place=u.place)
                for u in world.units
                if u.city == code
            ],
        )
        asn.import_positions(
            actor=None,
            agency_id=agency.pk,
            rows=[
                asn.PositionRow(
                    id=self.pk(p.key),
                    code=p.key.rsplit(":", 1)[1],
                    title=p.title,
                    position_class=p.position_class,
                    duties=p.duties,
                    standards=p.standards,
                    source=STANDARD_SOURCE,
                    is_example=True,
                )
                for p in world.positions
                if p.city == code
            ],
        )
        people = [e for e in world.employees if e.city == code]
        asn.import_employees(actor=None, agency_id=agency.pk, rows=[self.employee_row(e) for e in people])
        asn.import_assessments(
            actor=None,
            agency_id=agency.pk,
            rows=[
                asn.AssessmentRow(
                    id=self.pk(f"{a.employee}:{a.competency}"),
                    employee_id=self.pk(a.employee),
                    competency_code=a.competency,
                    level=a.level,
                    source=a.source,
                    assessed_on=a.assessed_on,
                )
                for a in world.assessments
                if self.employees[a.employee].city == code
            ],
        )
        asn.import_priorities(
            actor=None,
            agency_id=agency.pk,
            rows=[
                asn.PriorityRow(competency_code=competency, weight=Decimal("1.5"), basis=PRIORITY_BASIS)
                for competency in corpus.competency_names()
                if competency in city.focus or any(competency == f"{f}-01" for f in city.focus)
            ],
        )

    def employee_row(self, employee: Employee) -> asn.EmployeeRow:
        person, service = employee.person, employee.service
        boss = self.employees.get(employee.supervisor or "")
        user = self.users[employee.key]
        return asn.EmployeeRow(
            id=self.pk(employee.key),
            nip=service.nip,
            kind=service.kind,
            name=person.name,
            unit_code=employee.unit.rsplit(":", 1)[1],
            position_code=employee.position.rsplit(":", 1)[1],
            supervisor_nip=boss.service.nip if boss else "",
            title_front=person.front,
            title_back=person.back,
            email=user.email,
            grade=service.grade,
            interests=employee.interests,
            contract_starts_on=service.contract_starts_on,
            contract_ends_on=service.contract_ends_on,
            retires_on=service.retires_on,
            user_id=user.pk,
        )

    # Partners, agreements, slots, mentors --------------------------------------------------------

    def hosts(self) -> None:
        world = self.world
        members: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for member in world.members:
            members[member.partner][member.role].append(self.users[member.key].pk)
        partners.import_partners(
            actor=None,
            rows=[
                partners.PartnerRow(
                    id=self.pk(p.key),
                    data=partners.PartnerData(
                        kind=p.template.kind,
                        name=p.template.name,
                        city=p.template.city,
                        about=p.template.about,
                        sector=p.template.sector,
                        address=f"{p.template.address}, {p.template.city}",
                        website=f"https://{p.slug}.example",
                        email=f"kerjasama@{p.slug}.example",
                        phone=p.phone,
                        nib=p.nib,
                        npwp=p.npwp,
                        university_code=p.university_code,
                    ),
                    verified_for=[(self.agencies[code].pk, self.officers[code].pk) for code in p.cities],
                    owner_ids=members[p.key]["owner"],
                    member_ids=members[p.key]["member"],
                )
                for p in world.partners
            ],
        )
        self.ask_further_cities()
        for code, agency in self.agencies.items():
            mine = [a for a in world.agreements if a.city == code]
            for batch in ([a for a in mine if a.kind != "pks"], [a for a in mine if a.kind == "pks"]):
                partners.import_agreements(
                    actor=None,
                    agency_id=agency.pk,
                    rows=[
                        partners.AgreementRow(
                            id=self.pk(a.key),
                            partner_id=self.pk(a.partner),
                            data=partners.AgreementData(
                                kind=a.kind,
                                number_agency=a.number_agency,
                                number_partner=a.number_partner,
                                subject=a.subject,
                                signer_agency=a.signer_agency,
                                signer_partner=a.signer_partner,
                                starts_on=a.starts_on,
                                ends_on=a.ends_on,
                                parent_id=self.pk(a.parent) if a.parent and a.parent.endswith(":kb") else None,
                            ),
                        )
                        for a in batch
                    ],
                )
            rows = [self.slot_row(s) for s in world.slots if s.city == code]
            partners.import_slots(actor=None, agency_id=agency.pk, rows=rows)
        self.newcomers()
        self.guides()
        self.steer_slots()

    def ask_further_cities(self) -> None:
        """Two partners wait for the word of a city they do not serve yet, so that HR has something to verify."""
        for code, agency in self.agencies.items():
            waiting = [p for p in self.world.partners if p.template.scope == "nasional" and code not in p.cities]
            for partner in waiting[:2]:
                partners.ask_verification(actor=None, partner_id=self.pk(partner.key), agency_id=agency.pk)

    def newcomers(self) -> None:
        """In each demo city a company that has just registered, and that another city has refused; and an invitation."""
        for code in DEMO_CITIES:
            if code not in self.agencies:
                continue
            agency = self.agencies[code]
            elsewhere = next((other for key, other in self.agencies.items() if key != code), None)
            username = demo.username_of("newcomer", code)
            owner = accounts.create_user(
                username=username,
                email=f"{username}@rintisan.example",
                name="Pemilik Usaha Rintisan",
                password=demo.password_of(username),
            )
            newcomer = partners.register_partner(
                actor=owner,
                data=partners.PartnerData(
                    kind="company",
                    name=f"PT Rintisan Digital {agency.city}",
                    city=agency.city,
                    about="Usaha rintisan yang membuat aplikasi antrean dan pengaduan untuk layanan publik.",
                    sector="Teknologi informasi",
                    email=owner.email,
                ),
                agency_ids=[row.pk for row in (agency, elsewhere) if row is not None],
            )
            if elsewhere is not None:
                partners.refuse_partner(
                    actor=self.officers[elsewhere.code],
                    agency_id=elsewhere.pk,
                    partner_id=newcomer.pk,
                    reason="NIB belum diisi sehingga tidak dapat dicocokkan dengan OSS.",
                )
            member = self.users[self.world.accounts[code, "partner"]].partner_memberships.get()
            partners.invite_member(
                actor=None, partner_id=member.partner_id, email=f"rekan.{code}@mitra.example", role="member"
            )
        partners.remind_of_agreements()

    def slot_row(self, slot: PlannedSlot) -> partners.SlotRow:
        published = slot.status in ("published", "paused", "running", "finished")
        posted, confirmed = slot.posted_on, slot.confirmed_on
        if slot.key in self.forgotten:
            posted = confirmed = self.world.today - timedelta(days=46)
        return partners.SlotRow(
            id=self.pk(slot.key),
            partner_id=self.pk(slot.partner),
            data=partners.SlotData(
                agreement_id=self.pk(slot.agreement),
                kind=slot.kind,
                title=slot.title,
                description=slot.description,
                mode=slot.mode,
                place=slot.place,
                starts_on=slot.starts_on,
                ends_on=slot.ends_on,
                hours_per_week=slot.hours_per_week,
                apply_by=slot.apply_by,
                seats=slot.seats,
                outcomes=slot.outcomes,
                prerequisites=slot.prerequisites,
                benefits=slot.benefits,
                minimum_cohort=slot.minimum_cohort,
                meetings=[(day, time(9), time(15), "") for day in slot.meeting_days],
                answers=dict(slot.answers),
                milestones=slot.milestones,
                **self.reserve_of(slot),
            ),
            published_by_id=self.officers[slot.city].pk if published else None,
            published_at=self.at(slot.city, posted, 10) if published else None,
            confirmed_at=self.at(slot.city, confirmed, 10) if published else None,
            closed=slot.status == "finished",
        )

    def reserve_of(self, slot: PlannedSlot) -> dict[str, Any]:
        """In each city the largest slot on offer keeps two seats for one unit until two days before its deadline."""
        offered = [s for s in self.world.slots if s.city == slot.city and s.status == "published"]
        largest = max(offered, key=lambda s: (s.seats, s.key), default=None)
        if largest is not slot or slot.seats < ROOM_FOR_RESERVE:
            return {}
        unit = next(u for u in self.world.units if u.city == slot.city)
        return {
            "reserved_seats": 2,
            "reserve_unit_id": self.pk(unit.key),
            "reserve_until": slot.apply_by - timedelta(days=2),
        }

    def guides(self) -> None:
        tied: dict[str, list[uuid.UUID]] = defaultdict(list)
        for slot in self.world.slots:
            for mentor in slot.mentors:
                tied[mentor].append(self.pk(slot.key))
        mentors.import_mentors(
            actor=None,
            rows=[
                mentors.MentorRow(
                    id=self.pk(m.key),
                    partner_id=self.pk(m.partner),
                    name=m.name,
                    email=self.users[m.key].email,
                    occupation=m.occupation,
                    bio=m.bio,
                    capacity=m.capacity,
                    user_id=self.users[m.key].pk,
                    expertise=m.expertise,
                    availability=[(day, time(hour), time(hour + 2)) for day, hour in m.weekdays],
                    slot_ids=tied[m.key],
                )
                for m in self.world.mentors
            ],
        )

    def steer_slots(self) -> None:
        """Slots that are with HR, came back, or rest."""
        for slot in self.world.slots:
            pk, host, officer = self.pk(slot.key), self.host(slot), self.officers[slot.city]
            if slot.status in ("submitted", "returned"):
                partners.submit_slot(actor=host, slot_id=pk)
            if slot.status == "returned":
                partners.return_slot(
                    actor=officer,
                    slot_id=pk,
                    reason=ReturnReason.OUTCOMES_UNCLEAR,
                    note="Mohon sesuaikan tingkat capaian dengan lamanya kegiatan.",
                )
            if slot.status == "paused" and slot.key not in self.forgotten:
                partners.pause_slot(actor=host, slot_id=pk)
        partners.tend_freshness(now=timezone.now() - timedelta(days=15))
        partners.tend_freshness()

    def close_running(self) -> None:
        """Slots whose people have begun take no more applications."""
        for slot in self.world.slots:
            if slot.status == "running" and Slot.objects.filter(pk=self.pk(slot.key), status="published").exists():
                partners.close_slot(actor=self.host(slot), slot_id=self.pk(slot.key))

    # Roads ---------------------------------------------------------------------------------------

    def at(self, city: str, day: date, hour: int, minute: int = 0) -> datetime:
        """An hour of a day there."""
        return datetime.combine(day, time(hour, minute), tzinfo=self.agencies[city].zone)

    def host(self, slot: PlannedSlot) -> User:
        """The owner of the partner's membership."""
        return self.users[f"{slot.partner}:member:1"]

    def history(self) -> None:
        """What became of earlier applications, so that points can be held against endings."""
        rows: dict[str, list[matching.ExampleOutcome]] = defaultdict(list)
        for past in self.world.past:
            row = matching.ExampleOutcome(
                employee_id=self.pk(past.employee), slot_id=self.pk(past.slot), ending=past.ending
            )
            rows[self.employees[past.employee].city].append(row)
        for code, mine in rows.items():
            matching.import_example_outcomes(agency_id=self.agencies[code].pk, rows=mine)

    def boss(self, employee: Employee) -> User:
        return self.users[employee.supervisor or ""]

    def rules(self) -> None:
        for agency in self.agencies.values():
            for code, name, description, by, document, rating, points in AWARD_RULES:
                incentives.create_award_rule(
                    actor=None,
                    agency_id=agency.pk,
                    code=code,
                    name=name,
                    description=description,
                    decided_by=by,
                    document=document,
                    minimum_mentor_rating=rating,
                    points=points,
                )

    def letter_number(self, city: str, day: date) -> str:
        """The next number of a surat tugas, with the archive class of such letters."""
        self.letters[city] += 1
        office = self.agencies[city].hr_office_short
        return f"800.1.4.1/{self.letters[city]:03d}/{office}/{day.year}"

    def letter_lines(self, number: str, employee: Employee, slot: PlannedSlot) -> list[str]:
        return [
            self.agencies[employee.city].name,
            f"SURAT TUGAS nomor {number}",
            f"Nama: {employee.person.name}",
            f"Kegiatan: {slot.title}",
            f"Waktu: {slot.starts_on:%d-%m-%Y} sampai {slot.ends_on:%d-%m-%Y}",
        ]

    def finished(self) -> list[Placement]:
        """Placements that are over, brought along in one batch a city."""
        diary = _grouped(self.world.logbook)
        meetings = _grouped(self.world.sessions)
        opinions = _grouped(self.world.evaluations)
        found: list[Placement] = []
        for code, agency in self.agencies.items():
            rows = []
            for a in self.world.applications:
                employee, slot = self.employees[a.employee], self.slots[a.slot]
                if a.stage != "finished" or employee.city != code:
                    continue
                handed_in = self.at(code, a.submitted_on, 9)
                letter_on = slot.starts_on - timedelta(days=2)
                number = self.letter_number(code, letter_on)
                rows.append(
                    placements.FinishedRow(
                        id=self.pk(f"{a.key}:placement"),
                        employee_id=self.pk(employee.key),
                        slot_id=self.pk(slot.key),
                        mentor_id=self.pk(slot.mentors[0]),
                        officer_id=self.officers[code].pk,
                        host_id=self.host(slot).pk,
                        motivation=a.motivation,
                        submitted_at=handed_in,
                        cleared_at=handed_in + timedelta(hours=5),
                        approved_at=handed_in + timedelta(days=1),
                        accepted_at=handed_in + timedelta(days=1, hours=6),
                        letter_number=number,
                        letter_date=letter_on,
                        letter_signer=f"Kepala {agency.hr_office_short}",
                        letter_file=assignment_letter(self.letter_lines(number, employee, slot)),
                        plan_agreed_at=self.at(code, slot.starts_on - timedelta(days=1), 11),
                        started_at=self.at(code, slot.starts_on, 8),
                        completed_at=self.at(code, slot.ends_on + timedelta(days=3), 14),
                        logbook=[(d.day, Decimal(str(d.hours)), d.activity, d.output, d.lesson) for d in diary[a.key]],
                        sessions=[(s.day, 90, s.agenda, s.notes) for s in meetings[a.key]],
                        evaluations=[
                            placements.OpinionRow(
                                role=EvaluatorRole(e.role),
                                overall=e.overall,
                                strengths=e.strengths,
                                improvements=e.improvements,
                                applied=e.applied,
                                ratings=e.ratings,
                            )
                            for e in opinions[a.key]
                        ],
                    )
                )
            found.extend(placements.import_finished_placements(actor=None, agency_id=agency.pk, rows=rows))
        return found

    def reward(self, finished: Iterable[Placement]) -> None:
        """Points and proposals as the workers make them; officers have decided on the older ones."""
        for number, placement in enumerate(finished):
            incentives.credit_points(placement_id=placement.pk)
            city = placement.agency.code
            officer = self.officers[city]
            for proposal in incentives.propose_awards(placement_id=placement.pk):
                if placement.completed_at is None or number % 4 == 0:
                    continue
                checked = placement.completed_at + timedelta(days=2)
                incentives.verify_proposal(actor=officer, proposal_id=proposal.pk, now=checked)
                decree_on = placement.agency.today(checked) + timedelta(days=5)
                if number % 4 == 1 or decree_on >= placement.agency.today():
                    continue
                self.awards += 1
                incentives.grant_award(
                    actor=officer,
                    proposal_id=proposal.pk,
                    decree_number=f"800.1.11/{self.awards:03d}/{placement.agency.hr_office_short}/{decree_on.year}",
                    decree_date=decree_on,
                    signer=self.cities[city].mayor,
                    now=self.at(city, decree_on, 15),
                )

    def walk(self, a: Application) -> None:
        """One application through the ordinary services, as far as its stage says."""
        employee, slot = self.employees[a.employee], self.slots[a.slot]
        me, code, officer = self.users[employee.key], employee.city, self.officers[employee.city]
        start = self.at(code, a.submitted_on, 9)
        row = placements.apply_to_slot(
            actor=me, slot_id=self.pk(slot.key), motivation=a.motivation, consent=True, now=start
        )
        if a.stage == "awaiting_clearance":
            return
        if a.stage == "withdrawn":
            placements.withdraw_application(actor=me, application_id=row.pk, now=start + timedelta(hours=4))
            return
        placements.clear_application(actor=self.boss(employee), application_id=row.pk, now=start + timedelta(hours=5))
        if a.stage == "submitted":
            return
        later = min(start + timedelta(days=1), self.at(code, self.world.today, 0))
        if a.stage == "returned":
            placements.return_application(
                actor=officer,
                application_id=row.pk,
                reason=DecisionReason.INCOMPLETE,
                note="Mohon jelaskan pekerjaan yang akan diperbaiki setelah kegiatan selesai.",
                now=later,
            )
            return
        if a.stage == "rejected":
            placements.reject_application(
                actor=officer, application_id=row.pk, reason=DecisionReason.OTHER_CANDIDATES, now=later
            )
            return
        placements.shortlist_application(actor=officer, application_id=row.pk)
        if a.stage == "shortlisted":
            return
        placements.approve_application(actor=officer, application_id=row.pk, now=later)
        if a.stage == "approved":
            return
        placement = placements.accept_application(
            actor=self.host(slot),
            application_id=row.pk,
            mentor_id=self.pk(slot.mentors[0]),
            now=later + timedelta(hours=6),
        )
        if a.stage == "running":
            self.run_on(placement, employee, slot, a)

    def fill_and_wait(self, city: str) -> None:
        """A small slot whose seats are all taken, three who wait, and one seat given back: held for the first."""
        taken = Counter(a.slot for a in self.world.applications)
        offered = [s for s in self.world.slots if s.city == city and s.status == "published" and not taken[s.key]]
        soon = self.world.today + timedelta(days=8)
        small = sorted((s.seats, s.key) for s in offered if s.starts_on > soon and s.mentors)
        if not small:
            return
        slot = self.slots[small[0][1]]
        people = [e for e in self.employees.values() if e.city == city and e.key in self.users and e.supervisor]
        rows: list[StoredApplication] = []
        start = self.at(city, self.world.today - timedelta(days=1), 8)
        for employee in people[::-1]:
            if len(rows) == slot.seats + 3:
                break
            with suppress(Conflict):
                row = placements.apply_to_slot(
                    actor=self.users[employee.key],
                    slot_id=self.pk(slot.key),
                    motivation=WAITING_MOTIVATION,
                    consent=True,
                    now=start,
                )
                placements.clear_application(actor=self.boss(employee), application_id=row.pk, now=start)
                rows.append(row)
        if len(rows) <= slot.seats:
            return  # in a town so small nobody has to wait
        officer, seated = self.officers[city], rows[: slot.seats]
        kept = []
        for row in seated:
            placements.approve_application(actor=officer, application_id=row.pk, now=start)
            kept.append(placements.accept_application(actor=self.host(slot), application_id=row.pk, now=start))
        for row in rows[slot.seats :]:
            placements.waitlist_application(actor=officer, application_id=row.pk, now=start)
        placements.end_placement_early(
            actor=officer, placement_id=kept[0].pk, reason=EndReason.DUTY_CALL, note="Dipanggil tugas mendesak."
        )

    def run_on(self, placement: Placement, employee: Employee, slot: PlannedSlot, a: Application) -> None:
        """Start a placement and keep its logbook or sessions up to yesterday."""
        me, code, officer = self.users[employee.key], employee.city, self.officers[employee.city]
        mentor = self.users[slot.mentors[0]]
        day = slot.starts_on - timedelta(days=2)
        number = self.letter_number(code, day)
        placements.record_letter(
            actor=officer,
            placement_id=placement.pk,
            number=number,
            letter_date=day,
            signer=f"Kepala {self.agencies[code].hr_office_short}",
            file=assignment_letter(self.letter_lines(number, employee, slot)),
        )
        names = corpus.competency_names()
        placements.set_learning_plan(
            actor=me,
            placement_id=placement.pk,
            objectives=[
                (competency, low, high, f"Mengerjakan tugas {names[competency]} bersama mentor", "Hasil kerja tertulis")
                for competency, low, high in slot.outcomes
            ],
        )
        placements.agree_learning_plan(actor=mentor, placement_id=placement.pk, now=self.at(code, day, 13))
        placements.start_placement(actor=officer, placement_id=placement.pk, now=self.at(code, slot.starts_on, 8))
        for d in (d for d in self.world.logbook if d.application == a.key):
            entry = placements.record_logbook_entry(
                actor=me,
                placement_id=placement.pk,
                entry_date=d.day,
                hours=Decimal(str(d.hours)),
                activity=d.activity,
                output=d.output,
                lesson=d.lesson,
                now=self.at(code, d.day, 17),
            )
            if d.verified:
                placements.verify_logbook_entry(actor=mentor, entry_id=entry.pk, now=self.at(code, d.day, 19))
        for s in (s for s in self.world.sessions if s.application == a.key):
            session = placements.record_session(
                actor=me,
                placement_id=placement.pk,
                held_on=s.day,
                minutes=90,
                agenda=s.agenda,
                notes=s.notes,
                now=self.at(code, s.day, 17),
            )
            if s.confirmed:
                placements.confirm_session(actor=mentor, session_id=session.pk, now=self.at(code, s.day, 19))


def _analyse() -> None:
    """Tell the planner how many rows there are now; nobody else can see them before we commit."""
    # our tables only: the catalogues are shared with other databases, whose builders would wait for us
    tables = ", ".join(map(connection.ops.quote_name, connection.introspection.django_table_names(only_existing=True)))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")


class _OfApplication(Protocol):
    @property
    def application(self) -> str: ...


T = TypeVar("T", bound=_OfApplication)


def _grouped(rows: Iterable[T]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = defaultdict(list)
    for row in rows:
        found[row.application].append(row)
    return found
