"""Logs that never tell a NIP, nor the token of a link."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request"}

# A NIP is 18 digits, often written in groups: 19900101 201501 1 001.
_NIP = re.compile(r"(?<!\d)\d{8}[ .-]?\d{6}[ .-]?\d[ .-]?\d{3}(?!\d)")
# The token of a link (core.links), as it stands in addresses.
_TOKEN = re.compile(r"tautan-[A-Za-z0-9_-]+")


def mask(text: str) -> str:
    """Hide each NIP in ``text`` but for its last three digits, and each token of a link."""
    return _TOKEN.sub("tautan-···", _NIP.sub(lambda found: "···" + found.group()[-3:], text))


class MaskedFormatter(logging.Formatter):
    """One JSON object a line; the whole line is masked, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line without any NIP or token."""
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: str(value) for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return mask(json.dumps(entry, ensure_ascii=False))
