"""The road walked once, today and for real: a one-session mentoring slot from its first draft to an award."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accounts.models import User
from asn.models import Employee
from asn.selectors import GapLine, gap_profiles
from asn.states import CompetencyKind, GapStatus
from incentives import services as incentives
from incentives.models import Award, AwardProposal, PointEntry
from matching.selectors import stored_points
from mentors import services as mentors
from mentors.models import Mentor
from partners import services as partners
from partners.models import Agreement, Partner
from partners.states import AgreementKind
from placements import services as placements
from placements.models import Certificate, LearningHourEntry
from web.demo.accounts import username_of
from web.services import make_paper

PATIENCE = 60.0

DESCRIPTION = (
    "Langkah kecil pertama bagi pegawai yang belum sempat mengikuti magang panjang. Dalam satu sesi, peserta membawa "
    "satu pekerjaan dari kantornya dan mengerjakannya bersama mentor {mentor}. Yang dibahas hanya satu hal, yaitu "
    "{competency}, sampai peserta dapat mengulanginya sendiri. Peserta pulang dengan hasil kerja yang sudah diperiksa "
    "dan rencana penerapan selama tiga puluh hari."
)
MOTIVATION = (
    "Besok saya harus menyelesaikan pekerjaan yang memerlukan {competency}. Satu sesi bersama praktisi akan sangat "
    "membantu, dan hasilnya saya bagikan kepada rekan seruangan."
)


class NoRoad(Exception):
    """Nobody is left to walk it, or the workers do not answer."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the story."""

    actor: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who walks it."""

    member: User
    mentor: Mentor
    guide: User
    officer: User
    employee: Employee
    me: User
    boss: User
    gap: GapLine
    agreement: Agreement


def wait_until(condition: Callable[[], bool], *, what: str, tick: Callable[[], object]) -> None:
    """Wait for an effect of the workers; ``tick`` is called between two looks."""
    give_up = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > give_up:
            raise NoRoad(f"The workers did not finish in {PATIENCE:.0f} s: {what}.")
        tick()


def walk(*, city: str, tick: Callable[[], object]) -> Iterator[Step]:
    """Walk from slot to award in a city, one step after the other. Raises NoRoad."""
    cast = _cast(city)
    agency, today = cast.employee.agency, cast.employee.agency.today()
    name, low = cast.gap.competency.name_id, cast.gap.assessed or 0
    slot = partners.create_slot(
        actor=cast.member,
        partner_id=cast.agreement.partner_id,
        data=partners.SlotData(
            agreement_id=cast.agreement.pk,
            kind="mentoring",
            title=f"Bimbingan satu sesi: {name}",
            description=DESCRIPTION.format(mentor=cast.mentor.name, competency=name),
            mode="online",
            starts_on=today,
            ends_on=today,
            apply_by=today,
            hours_per_week=2,
            seats=1,
            outcomes=((cast.gap.competency.pk, low, low + 1),),
        ),
    )
    mentors.assign_mentor(actor=cast.member, slot_id=slot.pk, mentor_id=cast.mentor.pk)
    partners.submit_slot(actor=cast.member, slot_id=slot.pk)
    yield Step("Mitra", cast.member.name, f"menyusun slot “{slot.title}” dan mengajukannya")

    partners.publish_slot(actor=cast.officer, slot_id=slot.pk)
    yield Step("Pengelola SDM", cast.officer.name, "memeriksa dan menerbitkan slot")

    def points_of_pair() -> int | None:
        return stored_points(employee_id=cast.employee.pk, slot_id=slot.pk)

    wait_until(lambda: points_of_pair() is not None, what="recommendations of the new slot", tick=tick)
    points = points_of_pair()
    yield Step("Pekerja antrean", "sistem", f"mencocokkan slot baru; {cast.me.name} mendapat {points} poin kecocokan")

    application = placements.apply_to_slot(
        actor=cast.me, slot_id=slot.pk, motivation=MOTIVATION.format(competency=name), consent=True
    )
    yield Step("ASN", cast.me.name, "mengajukan diri dan menyetujui data yang dilihat mitra")
    placements.clear_application(actor=cast.boss, application_id=application.pk)
    yield Step("Atasan langsung", cast.boss.name, "memberi izin")
    placements.shortlist_application(actor=cast.officer, application_id=application.pk)
    placements.approve_application(actor=cast.officer, application_id=application.pk)
    yield Step("Pengelola SDM", cast.officer.name, "menyetujui pengajuan")
    placement = placements.accept_application(actor=cast.member, application_id=application.pk)
    yield Step("Mitra", cast.member.name, "menerima peserta; kursi terisi dan penempatan dibuat")

    letter = placements.issue_letter(
        actor=cast.officer,
        placement_id=placement.pk,
        letter_date=today,
        signer_post=f"Kepala {agency.hr_office_short}",
        signer_name=cast.officer.name,
    )
    make_paper(paper_id=letter.pk)
    placements.set_learning_plan(
        actor=cast.me,
        placement_id=placement.pk,
        objectives=[(cast.gap.competency.pk, low, low + 1, "Mengerjakan satu kasus bersama mentor", "Hasil kerja")],
    )
    placements.agree_learning_plan(actor=cast.guide, placement_id=placement.pk)
    placements.start_placement(actor=cast.officer, placement_id=placement.pk)
    yield Step("Pengelola SDM", cast.officer.name, f"membuat surat tugas {letter.number} dan memulai penempatan")

    session = placements.record_session(
        actor=cast.me,
        placement_id=placement.pk,
        held_on=today,
        minutes=90,
        agenda=f"Mengerjakan satu kasus {name}",
        notes="Kasus selesai dan dapat diulang sendiri.",
    )
    placements.confirm_session(actor=cast.guide, session_id=session.pk)
    yield Step("ASN dan mentor", f"{cast.me.name}, {cast.guide.name}", "menjalani satu sesi dan mengonfirmasinya")
    placements.evaluate_placement(
        actor=cast.me, placement_id=placement.pk, overall=5, applied="Dipakai besok pagi di unit kerja."
    )
    placements.evaluate_placement(
        actor=cast.guide,
        placement_id=placement.pk,
        overall=5,
        strengths="Datang dengan pertanyaan yang jelas dan langsung mencobanya.",
        ratings=[(cast.gap.competency.pk, low + 1)],
    )
    placements.complete_placement(actor=cast.guide, placement_id=placement.pk)
    certificate = Certificate.objects.get(placement=placement)
    yield Step("Mentor", cast.guide.name, f"menilai dan menyelesaikan; sertifikat {certificate.number} terbit")

    certificates = Certificate.objects.filter(pk=certificate.pk, file__isnull=False)
    hours = LearningHourEntry.objects.filter(placement=placement)
    earned = PointEntry.objects.filter(placement=placement)
    proposals = AwardProposal.objects.filter(placement=placement).order_by("rule__points")
    wait_until(
        lambda: hours.exists() and earned.exists() and proposals.exists() and certificates.exists(),
        what="learning hours, points, award proposals and the certificate as PDF",
        tick=tick,
    )
    credited = sum(hours.values_list("counted_hours", flat=True))
    yield Step(
        "Pekerja antrean",
        "sistem",
        f"mencatat {credited} JP dan poin, lalu mengusulkan {proposals.count()} penghargaan",
    )
    proposal = proposals.select_related("rule")[0]
    incentives.verify_proposal(actor=cast.officer, proposal_id=proposal.pk)
    decrees = Award.objects.filter(agency=agency).count()
    award = incentives.grant_award(
        actor=cast.officer,
        proposal_id=proposal.pk,
        decree_number=f"800.1.11/{decrees + 1:03d}/{agency.hr_office_short}/{today.year}",
        decree_date=today,
        signer=proposal.rule.decided_by,
    )
    yield Step("Pengelola SDM", cast.officer.name, f"menetapkan “{proposal.rule.name}” dengan SK {award.decree_number}")


def _cast(city: str) -> _Cast:
    """The demo accounts, and a colleague of the demo ASN who has a gap and no application yet."""
    users = {
        role: User.objects.get(username=username_of(role, city))
        for role in ("employee", "supervisor", "hr", "partner", "mentor")
    }
    mentor = Mentor.objects.get(user=users["mentor"])
    demo = Employee.objects.select_related("agency").get(user=users["employee"])
    today = demo.agency.today()
    partner = Partner.objects.get(memberships__user=users["partner"])
    agreement = Agreement.objects.covering(today, today).get(
        agency=demo.agency, partner=partner, kind=AgreementKind.PKS
    )
    colleagues = (
        Employee.objects.active()
        .filter(agency=demo.agency, applications=None, supervisor__user__isnull=False, user__isnull=False)
        .exclude(pk=demo.pk)
        .exclude(user__in=users.values())
        .exclude(retires_on__lte=today)
        .exclude(contract_ends_on__lte=today)
        .exclude(supervisor__user=users["hr"])
        .select_related("agency", "user", "supervisor__user", "position")
    )
    boss = Employee.objects.get(user=users["supervisor"])
    known = {row.competency_id for row in mentor.expertise.all()}
    nearest = sorted(colleagues, key=lambda e: (e.supervisor_id != boss.pk, e.unit_id != boss.unit_id, e.pk))[:40]
    profiles = gap_profiles(nearest)
    pairs = [
        (employee, line)
        for employee in nearest
        for line in profiles[employee.pk]
        if line.status == GapStatus.GAP and line.assessed
    ]

    def rank(pair: tuple[Employee, GapLine]) -> tuple[bool, bool, float]:
        """What the mentor masters first, then what is learnt at a task, then the largest gap."""
        line = pair[1]
        technical = line.competency.kind == CompetencyKind.TECHNICAL
        return line.competency.pk not in known, not technical, -line.weighted

    for employee, line in sorted(pairs, key=rank):
        if employee.user and employee.supervisor and employee.supervisor.user:
            return _Cast(
                member=users["partner"],
                mentor=mentor,
                guide=users["mentor"],
                officer=users["hr"],
                employee=employee,
                me=employee.user,
                boss=employee.supervisor.user,
                gap=line,
                agreement=agreement,
            )
    raise NoRoad("Everybody of the demo city has applied somewhere; build a new demo world.")
