from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.text import clean_email, clean_text


def test_one_normal_form() -> None:
    assert clean_text("  Cafe\u0301 \r\n b\rc ", field="x", limit=20) == "Caf\u00e9 \n b\nc"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "text_missing"),
        ("  \n", "text_missing"),
        ("x" * 11, "text_too_long"),
        ("x" * 50_000, "text_too_long"),
        ("a\x00b", "text_control"),
        ("a\x1bb", "text_control"),
        ("a\ud800b", "text_control"),
    ],
)
def test_refused(value: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        clean_text(value, field="title", limit=10)
    assert (refusal.value.code, refusal.value.field) == (code, "title")


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(value: str) -> None:
    try:
        once = clean_text(value, field="x", limit=60, required=False)
    except Invalid:
        return
    assert clean_text(once, field="x", limit=60, required=False) == once
    assert "\x00" not in once


def test_email() -> None:
    assert clean_email("") == ""
    assert clean_email(" a@b.id ") == "a@b.id"
    for value in ("a", "a@", "a@b", "a b@c.id"):
        with pytest.raises(Invalid, match="email_invalid"):
            clean_email(value)
