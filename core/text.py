"""Text as it comes in from people: one normal form, no control characters, a length cap."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import Invalid

_KEPT = "\n\t"


def clean_text(value: str, *, field: str, limit: int, required: bool = True) -> str:
    """NFC, trimmed, line ends as ``\\n``; raises Invalid(``text_missing`` | ``text_too_long`` | ``text_control``)."""
    if len(value) > 4 * limit:  # normalising hostile lengths would cost more than it is worth
        raise Invalid("text_too_long", field=field, limit=limit)
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in _KEPT for c in text):
        raise Invalid("text_control", field=field)
    if len(text) > limit:
        raise Invalid("text_too_long", field=field, limit=limit)
    if required and not text:
        raise Invalid("text_missing", field=field)
    return text


def clean_email(value: str, *, field: str = "email") -> str:
    """An address or nothing; raises Invalid(``email_invalid``)."""
    email = clean_text(value, field=field, limit=254, required=False)
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise Invalid("email_invalid", field=field) from None
    return email
