"""What each paper says: rows of the rooms below as words for the templates."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from asn.models import Agency, Letterhead
from asn.states import ACTING, Capacity, Level
from placements.models import Certificate, Decision, Paper, Placement
from placements.selectors import in_capacity
from placements.services.papers import ARCHIVE_CLASS
from placements.states import CertificateKind, DecisionStep, PaperKind
from web.documents import typeset
from web.templatetags.padan import date_range, long_date

# What is missing is said, never left open in a paper that is signed.
_NONE = "–"


def paper_pdf(paper: Paper) -> bytes:
    """The PDF of a surat tugas or a learning plan, from what the rows say now."""
    with translation.override("id"):
        if paper.kind == PaperKind.LETTER:
            return typeset("letter.typ", letter_data(paper))
        return typeset("plan.typ", plan_data(paper))


def certificate_pdf(certificate: Certificate) -> bytes:
    """The PDF of a certificate, from the facts that were signed."""
    with translation.override("id"):
        return typeset("certificate.typ", certificate_data(certificate))


def letterhead_pdf(agency: Agency) -> bytes:
    """A letter about nobody, to look at head and foot."""
    head = letterhead_of(agency)
    today = agency.today()
    with translation.override("id"):
        return typeset(
            "letter.typ",
            {
                **_head(agency, head),
                **_dated(agency, head, today),
                **_signer(head, head.signer_post, head.signer_name),
                "title": "Contoh surat tugas",
                "number": f"{ARCHIVE_CLASS}/0000/{agency.hr_office_short}/{today.year}",
                "basis": "Perjanjian kerja sama nomor 0/CONTOH",
                "name": "Nama Pegawai",
                "nip": "0" * 18,
                "grade": _NONE,
                "position": "Jabatan",
                "unit": "Unit kerja",
                "form": "Magang",
                "activity": "Nama kegiatan",
                "partner": "Nama mitra",
                "location": "Tempat kegiatan",
                "period": date_range(today, today + timedelta(days=30)),
                "load": "8 jam seminggu",
                "mentor": "Nama pembimbing",
            },
        )


def letterhead_of(agency: Agency) -> Letterhead:
    """The letterhead of an agency; an empty one where HR has not written it yet."""
    return Letterhead.objects.filter(agency=agency).first() or Letterhead(agency=agency)


def letter_data(paper: Paper) -> dict[str, Any]:
    """A surat tugas: on what it rests, who goes, where and for how long."""
    placement, agency = paper.placement, paper.placement.agency
    head, person, slot = letterhead_of(agency), placement.employee, placement.slot
    return {
        **_head(agency, head),
        **_dated(agency, head, paper.issued_on),
        **_signer(head, paper.signer_post, paper.signer_name),
        **_activity(placement),
        "title": f"Surat tugas {paper.number}",
        "number": paper.number,
        "basis": _basis(placement),
        "name": person.full_name,
        "nip": person.nip,
        "grade": person.grade or _NONE,
        "position": person.position.title,
        "unit": person.unit.name,
        "location": slot.place or str(slot.get_mode_display()),
        "load": f"{slot.hours_per_week} jam seminggu",
    }


def plan_data(paper: Paper) -> dict[str, Any]:
    """A learning plan: each objective with what is done and how it is shown."""
    placement, agency = paper.placement, paper.placement.agency
    head, person = letterhead_of(agency), placement.employee
    agreed = placement.plan_agreed_by.name if placement.plan_agreed_by else _NONE
    return {
        **_head(agency, head),
        **_dated(agency, head, paper.issued_on),
        **_activity(placement),
        "title": f"Rencana pembelajaran {paper.number}",
        "number": paper.number,
        "name": person.full_name,
        "position": person.position.title,
        "unit": person.unit.name,
        "objectives": [
            {
                "competency": row.competency.name_id,
                "levels": f"{_level(row.from_level)} → {_level(row.to_level)}",
                "activity": row.activity,
                "evidence": row.evidence or _NONE,
            }
            for row in placement.objectives.select_related("competency")
        ],
        "agreed": f"Disusun oleh peserta dan disepakati oleh {agreed} untuk penyelenggara"
        f" pada {long_date(paper.issued_on)}.",
    }


def certificate_data(certificate: Certificate) -> dict[str, Any]:
    """A certificate or statement: only what was signed, and where to check it."""
    facts, agency = certificate.facts, certificate.agency
    head = letterhead_of(agency)
    complete = certificate.kind == CertificateKind.COMPLETION
    address = settings.SITE_URL + reverse("verify_code", args=[certificate.code])
    code = certificate.code
    return {
        **_head(agency, head),
        **_dated(agency, head, certificate.issued_on),
        **_signer(head, head.signer_post or f"Kepala {agency.hr_office_short}", head.signer_name, with_nip=False),
        "agency": facts["agency"],
        "office": facts["office"],
        "title": f"{CertificateKind(certificate.kind).label} {facts['number']}",
        "heading": str(CertificateKind(certificate.kind).label),
        "number": facts["number"],
        "opening": "Diberikan kepada" if complete else "Dengan ini diterangkan bahwa",
        "name": facts["name"],
        "sentence": "yang telah menyelesaikan kegiatan pengembangan kompetensi"
        if complete
        else "telah mengikuti sebagian kegiatan pengembangan kompetensi",
        "activity": facts["activity"],
        "form": facts["form"],
        "partner": facts["partner"],
        "period": date_range(date.fromisoformat(facts["starts_on"]), date.fromisoformat(facts["ends_on"])),
        "code": " ".join(code[i : i + 4] for i in range(0, len(code), 4)),
        "check_page": settings.SITE_URL + reverse("verify"),
        "address_of_check": address,
        "qr": _qr(address),
    }


def _head(agency: Agency, head: Letterhead) -> dict[str, Any]:
    logo = bytes(head.logo)
    return {
        "agency": agency.name,
        "office": agency.hr_office,
        "address": head.address,
        "contact": head.contact,
        "logo": list(logo) if logo else None,
        "logo_format": "png" if logo.startswith(b"\x89PNG") else "jpg",
        "footer": f"Klasifikasi arsip {ARCHIVE_CLASS}",
    }


def _dated(agency: Agency, head: Letterhead, day: date) -> dict[str, Any]:
    return {
        "place": head.place or agency.city,
        "date": long_date(day).split(", ", 1)[-1],
        "dated": [day.year, day.month, day.day],
    }


def _signer(head: Letterhead, post: str, name: str, *, with_nip: bool = True) -> dict[str, Any]:
    """Rank and NIP are those of the letterhead; another signer goes without."""
    usual = bool(name) and name == head.signer_name
    lines = [head.signer_rank] if usual and head.signer_rank else []
    if usual and with_nip and head.signer_nip:
        lines.append(f"NIP {head.signer_nip}")
    return {"signer_post": post or _NONE, "signer_name": name or _NONE, "signer_lines": lines}


def _activity(placement: Placement) -> dict[str, Any]:
    slot = placement.slot
    return {
        "form": str(placement.policy.label),
        "activity": slot.title,
        "partner": slot.partner.name,
        "period": date_range(placement.starts_on, placement.ends_on),
        "mentor": placement.mentor.name if placement.mentor else _NONE,
    }


def _basis(placement: Placement) -> str:
    """The agreement it stands under, and the two decisions that let the person go."""
    agreement, zone = placement.slot.agreement, placement.agency.zone
    said = [f"perjanjian kerja sama nomor {agreement.number_agency} dengan {placement.slot.partner.name}"]
    people = "decided_by", "acting_period__holder", "acting_period__unit"
    taken = {
        decision.step: (decision, long_date(decision.decided_at.astimezone(zone).date()))
        for decision in placement.application.decisions.select_related(*people)
        if decision.attempt == placement.application.attempt
    }
    if DecisionStep.SUPERVISOR in taken:
        decision, day = taken[DecisionStep.SUPERVISOR]
        said.append(f"izin {_superior(decision)} pada {day}")
    if DecisionStep.HR in taken:
        said.append(f"persetujuan {placement.agency.hr_office_short} pada {taken[DecisionStep.HR][1]}")
    return "; ".join(said) + "."


def _superior(decision: Decision) -> str:
    """As what somebody let the person go: by name where another's place was taken."""
    if decision.capacity in ACTING:
        return in_capacity(decision.decided_by.get_full_name(), decision.capacity, decision.acting_period)
    return "kepala unit kerja" if decision.capacity == Capacity.HEAD else "atasan langsung"


def _level(level: int) -> str:
    return str(Level(level).label) if level else "belum ada"


def _qr(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, xmldecl=False)
    return out.getvalue().decode()
