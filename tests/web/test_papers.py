"""Letters, plans and certificates as PDF: what they say, that text stays text, who gets them, that they never change."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.db import InternalError, transaction
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import User
from asn.models import Letterhead
from asn.services import set_letterhead
from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.models import StoredFile
from placements import services
from placements.models import Certificate, Paper
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, letter_file, make_road
from tests.web.agency import signed_in
from web.documents import typeset
from web.documents.papers import letterhead_pdf
from web.services import make_certificate, make_paper

pytestmark = pytest.mark.django_db

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001040100"
    "5fe5c34b0000000049454e44ae426082"
)
HOSTILE = [
    '#eval("1") #panic("x") $ x $ *b* _i_ @ref <label> = judul',
    '\\ // /* komentar */ `kode` [kurung] ~ https://x.invalid #import "/etc/passwd"',
    "x" * 10_000,
    "مرحبا بالعالم " * 20,
    "עברית",
    "😀 emoji 🇮🇩",
    "nul \x00 dan \u202e terbalik",
    "你好，世界",
]


def issue(road: Road, **changed: object) -> Paper:
    values = {"letter_date": date.today(), "signer_post": "Kepala BKPSDM", "signer_name": "Dr. Andi, M.Si."}
    issued = services.issue_letter(actor=road.hr, placement_id=road.placement.pk, **{**values, **changed})  # type: ignore[arg-type]
    return make_paper(paper_id=issued.pk)


def read(stored: StoredFile | None) -> PdfReader:
    assert stored is not None
    with stored.content.open("rb") as file:
        return PdfReader(io.BytesIO(file.read()))


def status_of(reader: User, address: str) -> int:
    """The status of a download, read to its end."""
    answer = signed_in(reader).get(address)
    if answer.status_code == 200:
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content).startswith(b"%PDF")
    return answer.status_code


def words(pdf: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def assert_accessible(pdf: PdfReader, title: str) -> None:
    root = pdf.root_object
    assert pdf.metadata is not None
    assert pdf.metadata.title == title
    assert root["/Lang"] == "id"
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a value of the library
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()


def test_the_letter_says_who_goes_where_and_is_accessible() -> None:
    road = make_road()
    road.accept()
    set_letterhead(
        actor=road.hr,
        agency_id=road.agency.pk,
        address="Jalan Balai Kota 1",
        signer_post="Kepala BKPSDM",
        signer_name="Dr. Andi, M.Si.",
        signer_rank="Pembina Utama Muda",
        signer_nip="197001011995031001",
        logo=PNG,
    )
    paper = issue(road)
    pdf = read(paper.file)
    said = words(pdf)
    assert_accessible(pdf, f"Surat tugas {paper.number}")
    assert paper.number == f"800.1.4.1/0001/{road.agency.hr_office_short}/{date.today().year}"
    for expected in (
        road.employee.full_name,
        road.employee.nip,
        road.employee.position.title,
        road.slot.title,
        road.slot.partner.name,
        road.slot.agreement.number_agency,
        "Jalan Balai Kota 1",
        "NIP 197001011995031001",
        "Klasifikasi arsip 800.1.4.1",
    ):
        assert expected in said, expected
    assert paper.file is not None
    # A NIP is in the letter alone: not in its title, its stored name or its address.
    for place in (paper.file.title, paper.file.content.name, reverse("paper", args=[paper.pk])):
        assert road.employee.nip not in place
    placement = road.reload()
    assert (placement.letter_number, placement.letter_file) == (paper.number, paper.file)
    assert placement.letter_signer == "Kepala BKPSDM, Dr. Andi, M.Si."


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(text: str) -> None:
    pdf = PdfReader(
        io.BytesIO(
            typeset(
                "plan.typ",
                {
                    **dict.fromkeys(
                        ("agency", "office", "address", "contact", "name", "position", "unit", "form", "partner"), text
                    ),
                    **dict.fromkeys(("title", "number", "activity", "period", "mentor", "agreed", "footer"), text),
                    "logo": None,
                    "logo_format": "png",
                    "dated": [2026, 1, 2],
                    "objectives": [dict.fromkeys(("competency", "levels", "activity", "evidence"), text)],
                },
            )
        )
    )
    if text.isascii() and "x" * 100 not in text:
        said = "".join(words(pdf).split())
        assert "".join(text.split()).replace('"', "") in said.replace('"', "").replace("“", "").replace("”", "")
    assert len(pdf.pages) >= 1


def test_a_replaced_letter_is_kept_and_the_new_one_has_the_next_number() -> None:
    road = make_road()
    road.accept()
    first = issue(road)
    second = issue(road, signer_name="Plt. Budi")
    first.refresh_from_db()
    assert first.superseded_at is not None
    assert second.number.split("/")[1] == "0002"
    services.record_letter(
        actor=road.hr,
        placement_id=road.placement.pk,
        number=second.number,
        letter_date=date.today(),
        signer="Plt. Budi",
        file=letter_file(),
    )
    second.refresh_from_db()
    scan = Paper.objects.get(superseded_at=None, kind="letter")
    assert second.superseded_at is not None
    assert scan.is_uploaded
    assert road.reload().letter_file == scan.file
    assert Paper.objects.filter(kind="letter").count() == 3
    page = signed_in(road.hr).get(reverse("agency_placement", args=[road.placement.pk])).content.decode()
    assert page.count("digantikan") == 2


def test_numbers_go_on_above_those_entered_by_hand() -> None:
    road = make_road()
    road.accept()
    office, year = road.agency.hr_office_short, date.today().year
    services.record_letter(
        actor=road.hr,
        placement_id=road.placement.pk,
        number=f"800.1.4.1/0041/{office}/{year}",
        letter_date=date.today(),
        signer="Sekda",
        file=letter_file(),
    )
    assert issue(road).number == f"800.1.4.1/0042/{office}/{year}"


def test_an_issued_file_never_changes() -> None:
    road = make_road()
    road.accept()
    paper = issue(road)
    before = paper.file_id
    assert make_paper(paper_id=paper.pk).file_id == before
    assert services.keep_paper_file(paper_id=paper.pk, content=b"%PDF-1.7 other %%EOF").file_id == before
    other = StoredFile.objects.exclude(pk=before).first() or StoredFile.objects.create(
        content="x", title="x", media_type="application/pdf", size=1, sha256="0" * 64
    )
    with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
        Paper.objects.filter(pk=paper.pk).update(file=other)
    with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
        paper.delete()


def test_the_worker_makes_what_nobody_waited_for_once() -> None:
    road = make_road()
    road.prepare()
    assert Paper.objects.get(kind="plan").file is None
    outbox.drain()
    plan = Paper.objects.get(kind="plan")
    pdf = read(plan.file)
    assert_accessible(pdf, f"Rencana pembelajaran {plan.number}")
    assert "Menyusun dasbor layanan" in words(pdf)
    assert road.employee.nip not in words(pdf)
    files = StoredFile.objects.count()
    assert make_paper(paper_id=plan.pk).file_id == plan.file_id
    assert StoredFile.objects.count() == files


def test_who_gets_which_paper() -> None:
    road = make_road()
    road.prepare()
    issued = issue(road)
    plan = Paper.objects.get(kind="plan", superseded_at=None)
    letter = reverse("paper", args=[issued.pk])
    stranger = make_road()
    assert road.mentor.user is not None
    for reader in (road.hr, road.applicant, road.boss):
        assert status_of(reader, letter) == 200
    # The partner guides by the plan; the letter holds a NIP and stays inside the agency.
    for reader in (road.member, road.mentor.user, stranger.hr, stranger.applicant, stranger.member):
        assert status_of(reader, letter) == 404
        assert status_of(reader, reverse("file", args=[issued.file_id])) == 404
    for reader in (road.hr, road.applicant, road.boss, road.member, road.mentor.user):
        assert status_of(reader, reverse("paper", args=[plan.pk])) == 200
    for reader in (stranger.hr, stranger.applicant, stranger.member):
        assert status_of(reader, reverse("paper", args=[plan.pk])) == 404


def test_only_hr_makes_letters_and_only_before_the_start() -> None:
    road = make_road()
    road.accept()
    with pytest.raises(NotAllowed):
        services.issue_letter(
            actor=road.member,
            placement_id=road.placement.pk,
            letter_date=date.today(),
            signer_post="x",
            signer_name="y",
        )
    with pytest.raises(Invalid) as caught:
        issue(road, letter_date=road.slot.ends_on + timedelta(days=1))
    assert (caught.value.code, caught.value.field) == ("letter_after_end", "letter_date")
    with pytest.raises(Invalid) as caught:
        issue(road, signer_name=" ")
    assert caught.value.field == "signer_name"
    started = make_road()
    started.start()
    with pytest.raises(Conflict):
        issue(started)


def test_the_page_makes_the_letter_and_keeps_what_was_typed() -> None:
    road = make_road()
    road.accept()
    client = signed_in(road.hr)
    page = reverse("agency_letter", args=[road.placement.pk])
    assert client.get(page).context["make_form"].initial["signer_post"] == f"Kepala {road.agency.hr_office_short}"
    make = reverse("agency_letter_make", args=[road.placement.pk])
    refused = client.post(make, {"letter_date": "2999-01-01", "signer_post": "Kepala", "signer_name": "Rini"})
    assert refused.status_code == 422
    assert refused.context["make_form"].errors["letter_date"]
    assert 'value="Rini"' in refused.content.decode()
    answers = {"letter_date": date.today().isoformat(), "signer_post": "Kepala", "signer_name": "Rini"}
    assert client.post(make, answers).status_code == 302
    assert road.reload().letter_file is not None
    assert signed_in(road.member).post(make, answers).status_code == 403
    other = AgencyMembershipFactory().user
    assert signed_in(other).post(make, answers).status_code == 404


def test_the_letterhead_is_kept_shown_and_checked() -> None:
    road = make_road()
    client = signed_in(road.hr)
    address = reverse("agency_letterhead")
    answers = {"address": "Jalan Raya 5", "signer_name": "Rini", "signer_nip": "197001011995031001"}
    assert client.post(address, {**answers, "logo": letter_file("logo.png", PNG)}).status_code == 302
    head = Letterhead.objects.get(agency=road.agency)
    assert bytes(head.logo) == PNG
    shown = client.get(address).content.decode()
    assert "197001011995031001" not in shown
    # The number is kept by a tick, as it is not sent to the browser.
    assert client.post(address, {"address": "Jalan Raya 6", "keep_nip": "on"}).status_code == 302
    head.refresh_from_db()
    assert (head.address, head.signer_nip, bytes(head.logo)) == ("Jalan Raya 6", "197001011995031001", PNG)
    for bad in (b"GIF89a", b"<svg/>", PNG[:20], PNG[:16] + b"\xff" * 8 + PNG[24:], PNG + b"x" * 300_000):
        refused = client.post(address, {**answers, "logo": letter_file("logo.png", bad)})
        assert refused.status_code == 422, bad[:20]
        assert refused.context["form"].errors["logo"]
    assert client.post(address, {"drop_logo": "on"}).status_code == 302
    example = client.get(reverse("agency_letterhead_preview"))
    assert example["Content-Type"] == "application/pdf"
    assert "Nama Pegawai" in words(PdfReader(io.BytesIO(example.content)))
    assert signed_in(road.applicant).get(address).status_code == 403


def test_a_logo_that_cannot_be_drawn_stops_no_letter() -> None:
    road = make_road()
    road.accept()
    broken = PNG[:40] + b"\x00" * 30
    set_letterhead(actor=road.hr, agency_id=road.agency.pk, logo=broken)
    assert letterhead_pdf(road.agency).startswith(b"%PDF")
    assert issue(road).file is not None


def test_a_certificate_is_a_paper_too_and_says_what_was_signed() -> None:
    road = make_road()
    road.complete()
    certificate = make_certificate(certificate_id=Certificate.objects.get().pk)
    pdf = read(certificate.file)
    assert_accessible(pdf, f"Sertifikat penyelesaian {certificate.number}")
    said = words(pdf)
    assert road.employee.full_name in said
    assert certificate.code in "".join(said.split())
    assert road.employee.nip not in said
    for reader in (road.applicant, road.member, road.hr):
        assert status_of(reader, reverse("certificate", args=[certificate.pk])) == 200
    assert status_of(make_road().hr, reverse("certificate", args=[certificate.pk])) == 404
