"""Uploaded documents: PDF by content, kept under a random name, inert until a view serves them as attachment."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import uuid
import zipfile
from typing import Any

from django.core.files.base import ContentFile, File

from core import audit
from core.errors import Invalid
from core.models import StoredFile
from core.services import service

MAX_BYTES = 10 * 1024 * 1024
PDF = "application/pdf"
_START = re.compile(rb"%PDF-[12]\.[0-9]")
_END = re.compile(rb"%%EOF\s*\Z")
_UNSAFE = re.compile(r"[\\/:*?\"<>|]+")
_TITLE_LIMIT = 160


@service
def store_pdf(
    *, actor: Any, upload: File[bytes], title: str, agency_id: uuid.UUID | None = None, field: str = "file"
) -> StoredFile:
    """Keep a PDF; raises Invalid(``file_empty`` | ``file_too_large`` | ``file_not_pdf``) on ``field``.

    What the browser says about type and name is not believed: bytes decide, and the stored name is random.
    """
    upload.seek(0)
    content = upload.read(MAX_BYTES + 1)
    if not content:
        raise Invalid("file_empty", field=field)
    if len(content) > MAX_BYTES:
        raise Invalid("file_too_large", field=field, limit=MAX_BYTES // 1024 // 1024)
    # A PDF that is an archive as well would be opened by whatever sniffs the archive first.
    if not _START.match(content) or not _END.search(content[-1024:]) or zipfile.is_zipfile(io.BytesIO(content)):
        raise Invalid("file_not_pdf", field=field)
    stored = StoredFile.objects.create(
        agency_id=agency_id,
        content=ContentFile(content, name=f"{uuid.uuid4().hex}.pdf"),
        title=clean_title(title),
        media_type=PDF,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=actor,
    )
    audit.record(
        actor=actor,
        action="core.store_file",
        obj=stored,
        agency_id=agency_id,
        after={"sha256": stored.sha256, "size": stored.size},
    )
    return stored


def clean_title(title: str) -> str:
    """A name fit for a download: no folders, no control or direction characters, ending in ``.pdf``."""
    text = unicodedata.normalize("NFC", title[: 4 * _TITLE_LIMIT]).rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C")
    stem = _UNSAFE.sub(" ", text).removesuffix(".pdf").removesuffix(".PDF").strip(" .")
    return f"{stem[: _TITLE_LIMIT - 4].strip(' .') or 'dokumen'}.pdf"
