"""Whether a certificate is genuine: what anybody may ask, and the little they are told."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.signing import Signature, is_genuine
from placements.models import Certificate
from placements.services.certificates import file_facts
from placements.states import CertificateState

_CODE = re.compile(r"[0-9a-f]{32}")
_FILLING = str.maketrans("", "", " -\t\r\n")
_LONGEST_INPUT = 80  # room for blanks between the groups of a code

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CertificateCheck:
    """The answer: only the state, where the certificate is not known."""

    state: CertificateState
    code: str = ""
    kind: str = ""
    number: str = ""
    name: str = ""
    activity: str = ""
    form: str = ""
    partner: str = ""
    agency: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    issued_on: date | None = None


UNKNOWN = CertificateCheck(CertificateState.UNKNOWN)


def clean_code(text: str) -> str:
    """The code in its one form; empty for what can be none."""
    code = text.translate(_FILLING).lower() if len(text) <= _LONGEST_INPUT else ""
    return code if _CODE.fullmatch(code) else ""


def check_certificate(text: str) -> CertificateCheck:
    """What the public may know of the certificate with this code. Malformed, missing and forged ones are all unknown."""
    row = _genuine(clean_code(text))
    if row is None:
        return UNKNOWN
    facts = row.facts
    return CertificateCheck(
        state=CertificateState.REVOKED if row.revoked_at else CertificateState.VALID,
        code=facts["code"],
        kind=facts["kind"],
        number=facts["number"],
        name=short_name(facts["name"]),
        activity=facts["activity"],
        form=facts["form"],
        partner=facts["partner"],
        agency=facts["agency"],
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=date.fromisoformat(facts["ends_on"]),
        issued_on=date.fromisoformat(facts["issued_on"]),
    )


def is_same_file(text: str, chunks: Iterable[bytes]) -> bool:
    """Whether these bytes are the PDF that was issued under the code; nothing of them is kept."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    row = _genuine(clean_code(text))
    if row is None or row.file is None or digest.hexdigest() != row.file.sha256:
        return False
    return is_genuine(file_facts(row.code, row.file.sha256), Signature(row.file_key_id, row.file_signature))


def _genuine(code: str) -> Certificate | None:
    row = Certificate.objects.select_related("file").filter(code=code).first() if code else None
    if row is None:
        return None
    if not is_untouched(row.code, row.facts, Signature(row.key_id, row.signature)):
        logger.error("certificate %s does not carry our signature", row.pk)
        return None
    return row


def is_untouched(code: str, facts: Mapping[str, Any], signature: Signature) -> bool:
    """Whether we signed these facts for this code."""
    return facts.get("code") == code and is_genuine(facts, signature)


def short_name(name: str) -> str:
    """The first name and initials, without titles: enough to compare, too little to collect."""
    words = [word for word in re.split(r"[\s,]+", name.split(",")[0]) if word and not word.endswith(".")]
    first, *others = words or [""]
    return " ".join([first, *(f"{word[0]}." for word in others)])
