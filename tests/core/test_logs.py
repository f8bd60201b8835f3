"""No log line tells a NIP."""

import json
import logging

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from core.logs import MaskedFormatter, mask

NIP = "199001012015011901"


@pytest.mark.parametrize("written", [NIP, "19900101 201501 1 901", "19900101-201501-1-901", "19900101.201501.1.901"])
def test_a_nip_keeps_its_last_three_digits(written: str) -> None:
    assert mask(f"pegawai {written} masuk") == "pegawai ···901 masuk"


@pytest.mark.parametrize("other", ["20261121", "08123456789012", "1990010120150119012", "0000-0000-4000-8000"])
def test_other_numbers_stay(other: str) -> None:
    assert mask(f"no {other}.") == f"no {other}."


def test_the_whole_line_is_masked() -> None:
    formatter = MaskedFormatter()
    try:
        raise ValueError(f"bad {NIP}")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "no %s", (NIP,), (type(error), error, None))
    record.nip = NIP
    line = formatter.format(record)
    assert NIP not in line
    entry = json.loads(line)
    assert entry["message"] == "no ···901"
    assert entry["nip"] == "···901"
    assert entry["exception"].endswith("bad ···901")
    assert (entry["level"], entry["logger"]) == ("error", "x")


def test_every_handler_of_ours_masks() -> None:
    formatters = settings.LOGGING["formatters"]
    for handler in settings.LOGGING["handlers"].values():
        assert issubclass(import_string(formatters[handler["formatter"]]["()"]), MaskedFormatter)


def test_the_token_of_a_link_is_not_told() -> None:
    token = "tautan-" + "aB3_-" * 8 + "xyz"
    assert mask(f"Gone: /join/{token}/?next=1") == "Gone: /join/tautan-···/?next=1"
