from __future__ import annotations

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn.nip import mask_nip, nip_warnings, parse_nip
from core.errors import Invalid

GOOD = "198506152010011003"


@pytest.mark.parametrize(
    ("text", "digits", "kind"),
    [
        (GOOD, GOOD, "pns"),
        (f"'{GOOD}", GOOD, "pns"),
        (" 19850615 201001 1 003 ", GOOD, "pns"),
        ("199203042022212007", "199203042022212007", "pppk"),
    ],
)
def test_good_numbers(text: str, digits: str, kind: str) -> None:
    parsed = parse_nip(text)
    assert (parsed.digits, parsed.kind) == (digits, kind)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "nip_format"),
        ("19850615201001100", "nip_format"),
        ("1985061520100110033", "nip_format"),
        ("1,98501E+17", "nip_format"),
        ("١٩٨٥٠٦١٥٢٠١٠٠١١٠٠٣", "nip_format"),
        (GOOD + " " * 60 + "x", "nip_format"),
        ("198502302010011003", "nip_birth_date"),
        ("198513152010011003", "nip_birth_date"),
        ("190006152010011003", "nip_birth_date"),
        (f"{date.today().year - 5}0615{date.today().year}011003", "nip_birth_date"),
        ("198506152010131003", "nip_appointment"),
        ("198506152010001003", "nip_appointment"),
        ("198506152003051003", "nip_appointment"),
        ("198506151999011003", "nip_appointment"),
        ("198506152099011003", "nip_appointment"),
        ("198506152010013003", "nip_sex"),
        ("198506152010010003", "nip_sex"),
        ("198506152010011000", "nip_serial"),
    ],
)
def test_bad_numbers_are_refused_without_being_repeated(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_nip(text)
    assert (refusal.value.code, refusal.value.field) == (code, "nip")
    assert not text or text not in str(refusal.value.params)


def test_appointed_in_the_month_of_turning_eighteen() -> None:
    assert parse_nip("198506152003061003").appointed_year == 2003


@given(
    born=st.dates(date(1950, 1, 1), date(2000, 12, 31)),
    years=st.integers(19, 24),
    month=st.integers(1, 12),
    sex=st.sampled_from("12"),
    serial=st.integers(1, 999),
)
def test_every_number_built_by_the_rules_is_read_back(
    born: date, years: int, month: int, sex: str, serial: int
) -> None:
    text = f"{born:%Y%m%d}{born.year + years}{month:02d}{sex}{serial:03d}"
    parsed = parse_nip(text)
    assert (parsed.digits, parsed.born_on, parsed.kind) == (text, born, "pns")
    assert parsed.masked == f"···{serial:03d}"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    parsed = None
    with contextlib.suppress(Invalid):
        parsed = parse_nip(text)
    assert parsed is None or len(parsed.digits) == 18


@pytest.mark.timeout(30)  # a pattern that tries every way would never end
@pytest.mark.parametrize("text", ["1" * 50_000, " " * 50_000, "'" * 50_000, "1 " * 25_000])
def test_hostile_lengths_are_refused_at_once(text: str) -> None:
    with pytest.raises(Invalid):
        parse_nip(text)


def test_differences_with_the_record_are_warnings() -> None:
    nip = parse_nip(GOOD)
    assert nip_warnings(nip, kind="pns", born_on=date(1985, 6, 15)) == []
    assert nip_warnings(nip, kind="pppk", born_on=date(1985, 6, 16)) == ["nip_kind_differs", "nip_birth_date_differs"]


def test_mask() -> None:
    assert (mask_nip(GOOD), mask_nip("")) == ("···003", "")
