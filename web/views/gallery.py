"""All components of the pages on one page, for whoever builds pages. The samples are Indonesian, as the pages are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_cotton import render_component

from accounts.roles import Role
from core.policy import policy
from web.components import Chance, Column, Crumb, Fact, ReasonLine, Step, TimelineStep
from web.pages import page
from web.templatetags.padan import STATUS_LOOK

_door = policy(Role.PUBLIC if settings.DEBUG else Role.OPERATOR)


class SampleForm(forms.Form):
    """One field of each sort."""

    title = forms.CharField(label="Judul", max_length=60, help_text="Satu baris, kata kerja di depan.")
    description = forms.CharField(label="Uraian", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    kind = forms.ChoiceField(
        label="Jenis", choices=[("", "Pilih"), ("internship", "Magang"), ("mentoring", "Mentoring")]
    )
    seats = forms.IntegerField(label="Kursi", min_value=1, max_value=50)
    starts_on = forms.DateField(label="Mulai", widget=forms.DateInput(attrs={"type": "date"}))
    mode = forms.ChoiceField(
        label="Cara",
        choices=[("onsite", "Di tempat"), ("online", "Daring")],
        widget=forms.RadioSelect,
        help_text="Daring dapat diikuti dari kota mana pun.",
    )
    days = forms.MultipleChoiceField(
        label="Hari", choices=[("1", "Senin"), ("2", "Selasa")], widget=forms.CheckboxSelectMultiple, required=False
    )
    consent = forms.BooleanField(label="Saya setuju mitra melihat nama dan jabatan saya.")


class SampleDecision(forms.Form):
    """What a decision panel asks for."""

    reason = forms.ChoiceField(
        label="Alasan", choices=[("", "Pilih"), ("timing", "Waktu tidak sesuai dengan pekerjaan unit")]
    )
    note = forms.CharField(label="Catatan", widget=forms.Textarea(attrs={"rows": 2}), required=False)


class SampleFilter(forms.Form):
    """Filters of a list."""

    q = forms.CharField(label="Cari", required=False, widget=forms.TextInput(attrs={"type": "search"}))
    kind = forms.ChoiceField(label="Jenis", required=False, choices=[("", "Semua"), ("internship", "Magang")])


def _timeline(now: dt.datetime) -> list[TimelineStep]:
    return [
        TimelineStep("Diajukan", "done", who="Ratna Sari", at=now - dt.timedelta(days=3)),
        TimelineStep(
            "Izin atasan", "done", who="Bagus Pranowo", at=now - dt.timedelta(days=2), note="Unit tetap terisi."
        ),
        TimelineStep("Persetujuan BKPSDM", "now", who="BKPSDM Kota Palu", deadline=(now + dt.timedelta(days=2)).date()),
        TimelineStep("Jawaban mitra", "next", who="PT Nusa Data"),
        TimelineStep("Mulai magang", "next", deadline=(now + dt.timedelta(days=20)).date()),
    ]


def _rows(now: dt.datetime, *, search: str, sort: str) -> list[tuple[str, str, int, dt.datetime]]:
    rows = [
        ("Ratna Sari", "Analisis data layanan", 2, now + dt.timedelta(days=2)),
        ("Siti Rahmawati", "Layanan perizinan daring", 3, now - dt.timedelta(days=1)),
        ("Yohanes Tandi", "Arsip digital", 1, now + dt.timedelta(days=9)),
    ]
    column = {"name": 0, "gaps": 2, "due": 3}.get(sort.lstrip("-"), 0)
    found = [row for row in rows if search.lower() in f"{row[0]} {row[1]}".lower()]
    return sorted(found, key=lambda row: row[column], reverse=sort.startswith("-"))


def _samples(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    today = timezone.localdate()
    sort = request.GET.get("sort", "name")
    bound = SampleForm({"title": "", "seats": "0", "mode": ""}, prefix="salah")
    return {
        "crumbs": [Crumb("Beranda", "/"), Crumb("Slot", "/"), Crumb("Analisis data layanan")],
        "statuses": sorted(STATUS_LOOK),
        "timeline": _timeline(now),
        "soon": now + dt.timedelta(days=2),
        "later": today + dt.timedelta(days=21),
        "lost": now - dt.timedelta(days=3),
        "starts": today + dt.timedelta(days=30),
        "ends": today + dt.timedelta(days=58),
        "reasons": [
            ReasonLine("Menutup 2 dari 3 kesenjangan terpenting Anda", points=3900),
            ReasonLine("Syarat terpenuhi 2 dari 2", points=1600),
            ReasonLine("Topik dekat dengan tugas Anda", points=800),
            ReasonLine("Pelayanan Publik tidak diajarkan di sini", tone="neutral"),
        ],
        "chance": Chance(63, of=26, similar=41, is_example=True),
        "no_chance": Chance(),
        "bins": [
            {"predicted": 0.2, "observed": 0.15, "low": 0.08, "high": 0.27, "count": 60},
            {"predicted": 0.6, "observed": 0.66, "low": 0.52, "high": 0.78, "count": 50},
        ],
        "facts": [
            Fact("Slot", "Analisis data layanan, PT Nusa Data"),
            Fact("Menutup", "2 kesenjangan"),
            Fact("Bentrok jadwal", "Tidak ada"),
        ],
        "answers": [Fact("Judul", "Analisis data layanan", "#form"), Fact("Kursi", 5, "#form")],
        "steps": [
            Step("Apa yang dikerjakan", "done", "#form"),
            Step("Siapa yang siap", "done", "#form"),
            Step("Kapan dan di mana", "now"),
            Step("Pembimbing", "next"),
            Step("Periksa jawaban", "next"),
        ],
        "form": SampleForm(),
        "bound": bound,
        "decision": SampleDecision(),
        "filter": SampleFilter(request.GET),
        "columns": [
            Column("Nama", "name"),
            Column("Slot"),
            Column("Menutup", "gaps", numeric=True),
            Column("Batas", "due"),
        ],
        "sort": sort,
        "keep": ["sort"],
        "active": sum(bool(request.GET.get(name)) for name in SampleFilter.base_fields),
        "rows": _rows(now, search=request.GET.get("q", ""), sort=sort),
        "page": Paginator(range(95), 10).get_page(request.GET.get("page")),
    }


@_door
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Every component with sample content; htmx gets the table alone."""
    return page(request, "gallery.html", _samples(request), partial="results")


@_door
def confirm(request: HttpRequest) -> HttpResponse:
    """The page behind a confirmation; its POST leaves a message that can be undone."""
    if request.method == "POST":
        messages.success(request, "Pengajuan dibatalkan.", extra_tags=f"undo:{reverse('gallery_confirm')}")
        return redirect("gallery")
    return render(request, "gallery_confirm.html")


@_door
@require_safe
def job(request: HttpRequest) -> HttpResponse:
    """A task that is a quarter further each time it is asked."""
    asked = request.GET.get("done", "")
    done = min((int(asked) if asked.isdecimal() and len(asked) < 4 else 0) + 25, 100)
    running = done < 100
    return HttpResponse(
        render_component(
            request,
            "progress-job",
            {
                "id": "contoh-tugas",
                "title": "Mencocokkan 2.500 ASN dengan 300 slot",
                "state": "running" if running else "done",
                "value": done,
                "max": 100,
                "poll_url": f"{reverse('gallery_job')}?done={done}" if running else "",
            },
        )
    )
