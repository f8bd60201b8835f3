"""Dates, numbers and words as an Indonesian office writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django import forms
from django.template import engines
from django.utils import translation

from asn.models import Agency
from web.templatetags import padan

NOON_JAKARTA = dt.datetime(2026, 5, 4, 5, 0, tzinfo=dt.UTC)
PALU = Agency(time_zone="Asia/Makassar")
PONTIANAK = Agency(time_zone="Asia/Pontianak")


@pytest.fixture(autouse=True)
def indonesian() -> object:
    with translation.override("id"):
        yield


def write(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load padan %}" + source).render(context)


def test_dates_in_long_form() -> None:
    assert padan.long_date(dt.date(2026, 5, 4)) == "Senin, 4 Mei 2026"
    assert padan.short_date(dt.date(2026, 8, 17)) == "17 Agu 2026"
    assert padan.long_date(None) == ""
    with translation.override("en"):
        assert padan.long_date(dt.date(2026, 5, 4)) == "Monday, 4 May 2026"


@pytest.mark.parametrize(
    ("place", "clock", "day"),
    [
        ("", "23.30 WIB", "Senin, 4 Mei 2026"),
        (PONTIANAK, "23.30 WIB", "Senin, 4 Mei 2026"),
        (PALU, "00.30 WITA", "Selasa, 5 Mei 2026"),
        ("Asia/Jayapura", "01.30 WIT", "Selasa, 5 Mei 2026"),
        ("UTC", "16.30 UTC", "Senin, 4 Mei 2026"),
    ],
)
def test_a_moment_has_the_date_and_clock_of_its_place(place: object, clock: str, day: str) -> None:
    late = dt.datetime(2026, 5, 4, 16, 30, tzinfo=dt.UTC)

    assert padan.clock(late, place) == clock
    assert padan.long_datetime(late, place) == f"{day}, {clock}"


def test_filters_take_an_agency_in_templates() -> None:
    assert write("{{ at|clock:agency }}", at=NOON_JAKARTA, agency=PALU) == "13.00 WITA"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (dt.date(2026, 5, 4), dt.date(2026, 5, 29), "4–29 Mei 2026"),
        (dt.date(2026, 5, 4), dt.date(2026, 6, 3), "4 Mei–3 Jun 2026"),
        (dt.date(2026, 12, 28), dt.date(2027, 1, 8), "28 Des 2026–8 Jan 2027"),
        (dt.date(2026, 5, 4), dt.date(2027, 5, 4), "4 Mei 2026–4 Mei 2027"),
        (dt.date(2026, 5, 4), dt.date(2026, 5, 4), "4 Mei 2026"),
    ],
)
def test_a_period_says_nothing_twice(start: dt.date, end: dt.date, words: str) -> None:
    assert padan.date_range(start, end) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOON_JAKARTA + dt.timedelta(minutes=25), "25 menit lagi"),
        (NOON_JAKARTA + dt.timedelta(hours=3), "3 jam lagi"),
        (NOON_JAKARTA + dt.timedelta(hours=13), "besok"),
        (NOON_JAKARTA - dt.timedelta(hours=3), "lewat 3 jam"),
        (NOON_JAKARTA - dt.timedelta(minutes=5), "lewat 5 menit"),
        (dt.date(2026, 5, 4), "hari ini"),
        (dt.date(2026, 5, 5), "besok"),
        (dt.date(2026, 5, 6), "2 hari lagi"),
        (dt.date(2026, 5, 1), "lewat 3 hari"),
    ],
)
@time_machine.travel(NOON_JAKARTA, tick=False)
def test_relative(at: dt.date, words: str) -> None:
    assert padan.relative(at) == words


@time_machine.travel(dt.datetime(2026, 5, 5, 16, 30, tzinfo=dt.UTC), tick=False)
def test_today_is_the_day_of_the_place() -> None:
    """23.30 on the 5th in Jakarta is 00.30 on the 6th in Palu: there the deadline of the 5th is lost."""
    last_day = dt.date(2026, 5, 5)

    assert (padan.relative(last_day), padan.deadline_tone(last_day)) == ("hari ini", "warn")
    assert (padan.relative(last_day, PALU), padan.deadline_tone(last_day, PALU)) == ("lewat 1 hari", "bad")


@time_machine.travel(NOON_JAKARTA, tick=False)
def test_english_counts_in_the_plural() -> None:
    with translation.override("en"):
        assert padan.relative(dt.date(2026, 5, 7)) == "in 3 days"
        assert padan.relative(dt.date(2026, 5, 3)) == "1 day overdue"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ratna Sari", "RS"), ("Dr. Ir. Bagus Adi Pranowo, M.Si.", "BP"), ("Yohanes", "Y"), ("", "")],
)
def test_initials_leave_degrees_aside(name: str, letters: str) -> None:
    assert padan.initials(name) == letters


def test_a_nip_shows_three_digits() -> None:
    assert padan.nip("198501012010012123") == "···123"
    assert padan.nip("") == ""


def test_levels() -> None:
    assert [padan.level(number) for number in range(1, 6)] == ["Paham", "Dasar", "Menengah", "Mumpuni", "Ahli"]
    assert padan.numbered_level(3) == "3 Menengah"
    assert padan.level(0) == padan.numbered_level(None) == "di bawah Paham"


def test_numbers_have_a_comma() -> None:
    assert padan.decimal(Decimal("12.5")) == "12,5"
    assert padan.percent(0.634) == "63%"
    assert padan.percent(0.6345, 1) == "63,5%"
    assert padan.percent(None) == padan.decimal(None) == ""


def test_thousands_are_set_apart_in_words_and_never_in_fields() -> None:
    source = "{% load i18n %}{{ many }} · {% blocktranslate %}{{ many }} people{% endblocktranslate %}"
    assert write(source, many=2508).split(" ·")[0] == "2.508"
    assert padan.decimal(Decimal("1234567.5")) == "1.234.567,5"
    field = forms.IntegerField()
    assert 'value="2508"' in field.widget.render("x", 2508)
    assert field.clean("2508") == 2508
    with translation.override("en"):
        assert write(source, many=2508) == "2,508 · 2,508 people"
        assert padan.decimal(Decimal("1234567.5")) == "1,234,567.5"


@pytest.mark.parametrize(
    ("required", "assessed", "status", "words"),
    [
        (3, 2, "gap", "Dasar → Menengah, kurang 1"),
        (3, 0, "gap", "di bawah Paham → Menengah, kurang 3"),
        (3, 3, "met", "Menengah, terpenuhi"),
        (2, 4, "met", "Mumpuni, melebihi Dasar"),
        (3, None, "unknown", "belum dinilai; perlu Menengah"),
        (4, 3, "expired", "Menengah → Mumpuni, kurang 1 (penilaian kedaluwarsa)"),
    ],
)
def test_words_of_a_gap(required: int, assessed: int | None, status: str, words: str) -> None:
    assert padan.gap_bar(required, assessed, status)["text"] == words


def test_a_gap_bar_keeps_to_its_five_steps() -> None:
    bar = padan.gap_bar(9, -2)

    assert [step["filled"] for step in bar["steps"]] == ["0"] * 5
    assert float(bar["required_x"]) <= bar["width"] + 2


def test_icon_escapes_its_name() -> None:
    assert "<b" not in padan.icon('"><b>')
