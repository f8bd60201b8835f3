"""What stands at the head and the foot of an agency's letters."""

from __future__ import annotations

import struct
import uuid

from accounts.models import User
from asn.models import Letterhead
from asn.nip import parse_nip
from asn.services.agencies import managed_agency
from core import audit
from core.errors import Invalid
from core.services import service
from core.text import clean_text

LOGO_PIXELS = 2000
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"


@service
def set_letterhead(
    *,
    actor: User | None,
    agency_id: uuid.UUID,
    address: str = "",
    contact: str = "",
    place: str = "",
    signer_post: str = "",
    signer_name: str = "",
    signer_rank: str = "",
    signer_nip: str = "",
    logo: bytes | None = None,
) -> Letterhead:
    """Write the letterhead; ``logo`` None leaves the picture as it is, empty bytes take it away.

    Letters that were made keep the head they have. Raises Invalid(``logo_too_large`` | ``logo_not_a_picture`` on logo,
    the codes of ``parse_nip`` on signer_nip).
    """
    agency = managed_agency(actor, agency_id)
    row, _ = Letterhead.objects.get_or_create(agency=agency)
    row = Letterhead.objects.select_for_update(of=("self",), no_key=True).get(pk=row.pk)
    for field, value, limit in (
        ("address", address, 200),
        ("contact", contact, 200),
        ("place", place, 80),
        ("signer_post", signer_post, 120),
        ("signer_name", signer_name, 120),
        ("signer_rank", signer_rank, 80),
    ):
        # One line each: a letter's head has no room for paragraphs.
        setattr(row, field, " ".join(clean_text(value, field=field, limit=limit, required=False).split()))
    row.signer_nip = parse_nip(signer_nip, field="signer_nip").digits if signer_nip.strip() else ""
    if logo is not None:
        row.logo = _checked(logo) if logo else b""
    row.save()
    audit.record(
        actor=actor,
        action="asn.set_letterhead",
        obj=row,
        after={"signer_post": row.signer_post, "logo_bytes": len(row.logo)},
    )
    return row


def _checked(logo: bytes) -> bytes:
    """A PNG or JPEG by its bytes, of a size that can be drawn."""
    if len(logo) > Letterhead.LOGO_BYTES:
        raise Invalid("logo_too_large", field="logo", limit=Letterhead.LOGO_BYTES // 1024)
    size = _png_size(logo) if logo.startswith(_PNG) else _jpeg_size(logo) if logo.startswith(_JPEG) else None
    if size is None or not all(0 < side <= LOGO_PIXELS for side in size):
        raise Invalid("logo_not_a_picture", field="logo", limit=LOGO_PIXELS)
    return logo


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header; None where there is none."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
        at += 2 + length
    return None
