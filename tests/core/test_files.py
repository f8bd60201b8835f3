from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from core.errors import Invalid
from core.files import MAX_BYTES, clean_title, store_pdf
from core.models import AuditEvent, StoredFile
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory
from tests.factories.core import PDF


@pytest.fixture(autouse=True)
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr("x.html", "<script>alert(1)</script>")
    return file.getvalue()


@pytest.mark.django_db
def test_a_pdf_is_kept_under_a_random_name(media: Path) -> None:
    actor, agency = UserFactory(), AgencyFactory()
    upload = ContentFile(PDF, name="../../etc/passwd.pdf")
    stored = store_pdf(actor=actor, upload=upload, title="Surat Tugas.pdf", agency_id=agency.pk)
    assert (stored.title, stored.media_type, stored.size) == ("Surat Tugas.pdf", "application/pdf", len(PDF))
    assert stored.uploaded_by == actor
    assert re.fullmatch(r"stored/\d{4}/\d{2}/[0-9a-f]{32}\.pdf", stored.content.name)
    kept = media / stored.content.name
    assert kept.read_bytes() == PDF
    assert kept.stat().st_mode & 0o077 == 0
    assert AuditEvent.objects.get().chain == str(agency.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (PDF + b" " * MAX_BYTES, "file_too_large"),
        (b"<html><script>alert(1)</script></html>", "file_not_pdf"),
        (b"\x89PNG\r\n\x1a\n" + PDF, "file_not_pdf"),
        (b"<script>alert(1)</script>" + PDF, "file_not_pdf"),
        (b"%PDF-1.4\nno end", "file_not_pdf"),
        (PDF + b"<script>alert(1)</script>", "file_not_pdf"),
        (b"%PDF-x\n%%EOF", "file_not_pdf"),
        (b"PK\x03\x04" + PDF, "file_not_pdf"),
        (b"MZ" + PDF, "file_not_pdf"),
    ],
)
def test_anything_else_is_refused_and_not_kept(media: Path, content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        store_pdf(actor=None, upload=ContentFile(content, name="surat.pdf"), title="x", field="letter")
    assert (refusal.value.code, refusal.value.field) == (code, "letter")
    assert not StoredFile.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_pdf_that_is_an_archive_as_well_is_refused() -> None:
    bundle = archive()
    # a comment of the archive that looks like the end of a PDF
    polyglot = PDF + bundle[:-2] + (6).to_bytes(2, "little") + b"%%EOF\n"
    assert zipfile.is_zipfile(io.BytesIO(polyglot))
    with pytest.raises(Invalid, match="file_not_pdf"):
        store_pdf(actor=None, upload=ContentFile(polyglot), title="x")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ("Surat Tugas.pdf", "Surat Tugas.pdf"),
        ("Surat Tugas", "Surat Tugas.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\boot.ini", "boot.ini.pdf"),
        ("", "dokumen.pdf"),
        ("...", "dokumen.pdf"),
        ("a\x00b\r\nc", "abc.pdf"),
        ("surat\u202efdp.exe", "suratfdp.exe.pdf"),
        ('a"b<c>', "a b c.pdf"),
        ("x" * 500, "x" * 156 + ".pdf"),
    ],
)
def test_titles_are_fit_for_a_download(given: str, title: str) -> None:
    assert clean_title(given) == title
    assert clean_title(title) == title
