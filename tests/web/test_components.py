"""Each component alone: what it says, to eyes and ears, and that hostile text stays text."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.forms import formset_factory
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation
from django_cotton import render_component

from web.components import Chance, Column, Crumb, Fact, ReasonLine, Step, TimelineStep

HOSTILE = "<script>alert(1)</script>\" onclick='x' {{ 7|add:7 }}"
NOW = dt.datetime(2026, 5, 4, 6, 0, tzinfo=dt.UTC)  # Monday 14.00 in Palu


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/slots/?q=data&page=2&sort=name")
    request.user = AnonymousUser()
    return request


@pytest.fixture
def show(request_: HttpRequest) -> Any:
    """Render a component at a fixed moment, in Bahasa Indonesia; blanks are folded."""

    def render(name: str, /, **parameters: Any) -> str:
        with translation.override("id"), time_machine.travel(NOW, tick=False):
            return re.sub(r"\s+", " ", render_component(request_, name, parameters))

    return render


class SlotForm(forms.Form):
    title = forms.CharField(label="Judul", help_text="Satu baris.", widget=forms.TextInput(attrs={"placeholder": "x"}))
    seats = forms.IntegerField(label="Kursi?", required=False, min_value=1)
    mode = forms.ChoiceField(label="Cara", choices=[("a", "Di tempat"), ("b", "Daring")], widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Jenis", choices=[("", "Pilih")])
    consent = forms.BooleanField(label="Setuju.")
    token = forms.CharField(widget=forms.HiddenInput)
    moment = forms.SplitDateTimeField(label="Waktu", required=False)


class SlotFilter(forms.Form):
    q = forms.CharField(label="Cari", required=False)


# Whatever a person typed may reach any of these.
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (
            "page-head",
            {"title": HOSTILE, "lead": HOSTILE, "eyebrow": HOSTILE, "crumbs": [Crumb(HOSTILE, "/"), Crumb("x")]},
        ),
        ("status-pill", {"status": HOSTILE, "label": HOSTILE}),
        ("timeline", {"steps": [TimelineStep(HOSTILE, "now", who=HOSTILE, note=HOSTILE)], "label": HOSTILE}),
        ("gap-bar", {"label": HOSTILE, "required": 3, "assessed": 1, "compact": True}),
        ("gap-bar", {"label": HOSTILE, "required": 3, "status": "unknown"}),
        ("meter", {"label": HOSTILE, "value": 1, "max": 2, "unit": HOSTILE, "note": HOSTILE}),
        ("slot-card", {"title": HOSTILE, "kind": HOSTILE, "partner": HOSTILE, "place": HOSTILE, "reason": HOSTILE}),
        ("reason-list", {"reasons": [ReasonLine(HOSTILE, points=1)], "parts": True}),
        ("decision-panel", {"title": HOSTILE, "approve": HOSTILE, "reject": HOSTILE, "consequence": HOSTILE}),
        ("facts", {"items": [Fact(HOSTILE, HOSTILE, "/x/")]}),
        ("person-chip", {"name": HOSTILE, "nip": HOSTILE, "meta": HOSTILE}),
        ("empty-state", {"title": HOSTILE, "text": HOSTILE}),
        ("error-summary", {"problem": {"field": "seats", "message": HOSTILE, "remedy": HOSTILE}}),
        ("data-table", {"caption": HOSTILE, "columns": [Column(HOSTILE, "name")], "select": "row"}),
        ("pick-cell", {"name": "row", "value": HOSTILE, "label": HOSTILE}),
        ("progress-job", {"title": HOSTILE, "message": HOSTILE}),
        ("notice", {"title": HOSTILE}),
        ("stat", {"label": HOSTILE, "value": HOSTILE, "definition": HOSTILE, "trend": HOSTILE}),
        ("confirm", {"label": HOSTILE, "question": HOSTILE, "consequence": HOSTILE, "yes": HOSTILE}),
        ("confirm-page", {"question": HOSTILE, "consequence": HOSTILE, "yes": HOSTILE}),
        ("steps", {"items": [Step(HOSTILE, "done", "/x/")]}),
        ("panel", {"title": HOSTILE}),
        ("menu", {"label": HOSTILE}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_text_stays_text(show: Any, name: str, parameters: dict[str, Any]) -> None:
    page = show(name, **parameters)

    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "{{ 7|add:7 }}" in page, "text must not be read as a template"
    inside_tags = "".join(re.findall(r"<[^>]*>", re.sub(r'"[^"]*"', '""', page)))
    assert "onclick" not in inside_tags
    assert "style=" not in inside_tags


def test_hostile_labels_and_values_of_a_form_stay_text(show: Any) -> None:
    form = SlotForm({"title": HOSTILE})
    form.fields["title"].label = HOSTILE
    form.fields["title"].help_text = HOSTILE

    assert "<script" not in show("field", field=form["title"]) + show("error-summary", form=form)


def test_page_head_has_one_heading_and_its_way(show: Any) -> None:
    page = show("page-head", title="Slot", crumbs=[Crumb("Beranda", "/"), Crumb("Slot", "/slots/")])

    assert page.count("<h1>") == 1
    assert '<a href="/">Beranda</a>' in page
    assert 'aria-current="page"' in page
    assert "/slots/" not in page, "the last crumb is this page"


@pytest.mark.parametrize(
    ("status", "tone", "icon"),
    [
        ("approved", "good", "check-circle-fill"),
        ("expired", "bad", "clock-history"),
        ("rejected", "neutral", "x-circle-fill"),
        ("never heard of", "neutral", "circle"),
    ],
)
def test_a_status_is_icon_word_and_tone(show: Any, status: str, tone: str, icon: str) -> None:
    pill = show("status-pill", status=status, label="Kata")

    assert f"tone-{tone}" in pill
    assert f"#{icon}" in pill
    assert "Kata" in pill


def test_timeline_says_who_and_until_when_without_colour(show: Any) -> None:
    page = show(
        "timeline",
        zone="Asia/Makassar",
        steps=[
            TimelineStep("Diajukan", "done", who="Ratna", at=NOW),
            TimelineStep("Persetujuan", "now", who="BKPSDM", deadline=dt.date(2026, 5, 8)),
            TimelineStep("Jawaban mitra", "next"),
        ],
    )

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Selesai: Diajukan Ratna · Senin, 4 Mei 2026, 14.00 WITA" in words
    assert "Sekarang: Persetujuan BKPSDM 4 hari lagi · Jumat, 8 Mei 2026, 23.59 WITA" in words
    assert "Berikutnya: Jawaban mitra" in words
    assert page.count('aria-current="step"') == 1


@pytest.mark.parametrize(
    ("at", "tone", "words"),
    [
        (NOW + dt.timedelta(days=20), "neutral", "20 hari lagi · Minggu, 24 Mei 2026, 14.00 WITA"),
        (NOW + dt.timedelta(days=2), "warn", "2 hari lagi"),
        (NOW - dt.timedelta(hours=3), "bad", "lewat 3 jam"),
        (dt.date(2026, 5, 4), "warn", "hari ini · Senin, 4 Mei 2026, 23.59 WITA"),
        (dt.date(2026, 5, 1), "bad", "lewat 3 hari"),
    ],
)
def test_deadline(show: Any, at: dt.date, tone: str, words: str) -> None:
    page = show("deadline", at=at, zone="Asia/Makassar")

    assert f"tone-{tone}" in page
    assert words in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_gap_bar_draws_and_says_the_same(show: Any) -> None:
    page = show("gap-bar", label="Analisis Data", required=3, assessed=2)

    assert page.count('class="gap-bar-own"') == 2
    assert page.count('class="gap-bar-missing"') == 3, "two of the outlines lie under the filled steps"
    assert page.count('class="gap-bar-beyond"') == 2
    assert 'd="M79.5 -2.5V18.5"' in page, "the mark stands after the third step"
    assert "Dasar → Menengah, kurang 1" in page
    assert 'aria-hidden="true"' in page


def test_gap_bar_of_an_unknown_level_is_hatched_and_never_missing(show: Any) -> None:
    page = show("gap-bar", label="Arsip Digital", required=3, assessed=0, status="unknown")

    assert page.count('class="gap-bar-hatch"') == 5
    assert "gap-bar-missing" not in page
    assert "belum dinilai; perlu Menengah" in page


def test_a_small_gap_bar_keeps_its_text_alternative(show: Any) -> None:
    page = show("gap-bar", label="Komunikasi", required=4, assessed=4, status="met", compact=True)

    assert 'role="img" aria-label="Komunikasi: Mumpuni, terpenuhi"' in page


def test_numbers_in_drawings_have_points_in_any_language(show: Any) -> None:
    page = show("gap-bar", required=2.5, assessed=1.5, status="expired")

    assert 'width="12"' in page
    assert not re.search(r'(?:x|width|d)="[^"]*\d,\d', page)
    assert "penilaian kedaluwarsa" in page


@pytest.mark.parametrize(("value", "top", "width"), [(12, 20, "60"), (30, 20, "100"), (0, 20, "0"), (5, 0, "0")])
def test_meter_is_never_longer_than_its_track(show: Any, value: int, top: int, width: str) -> None:
    page = show("meter", label="JP 2026", value=value, max=top, unit="JP")

    assert re.search(rf'class="meter-fill" x="0" y="0" width="{width}"', page)
    assert f"{value} / {top} JP" in page


def test_slot_card_says_what_a_reader_decides_by(show: Any) -> None:
    page = show(
        "slot-card",
        title="Analisis data layanan",
        url="/slots/1/",
        kind="Magang",
        partner="PT Nusa Data",
        place="Surakarta",
        starts=dt.date(2026, 6, 1),
        ends=dt.date(2026, 6, 26),
        hours=20,
        seats=5,
        seats_left=2,
        chance=Chance(63),
        reason="Menutup 2 kesenjangan",
    )

    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    for part in (
        "Magang",
        "PT Nusa Data · Surakarta",
        "1–26 Jun 2026",
        "20 jam seminggu",
        "Sisa 2 dari 5 kursi",
        "Peluang 63%",
    ):
        assert part in words
    assert page.index("Menutup 2 kesenjangan") < page.index("63%"), "reasons come before scores"


def test_slot_card_without_percentage_says_so_only_when_asked(show: Any) -> None:
    assert "belum cukup data" in show("slot-card", title="x", chance=Chance())
    assert "belum cukup data" not in show("slot-card", title="x")
    assert "belum cukup data" not in show("slot-card", title="x", chance=None)


def test_parts_of_a_score_add_up(show: Any) -> None:
    reasons = [ReasonLine("a", points=3900), ReasonLine("b", points=1651), ReasonLine("c", tone="neutral")]

    page = show("reason-list", reasons=reasons, parts=True)

    assert re.findall(r"<td>(.*?)</td>", page) == ["3.900", "1.651", "5.551"]
    assert "<table" not in show("reason-list", reasons=reasons)


def test_decision_panel_names_consequences_and_sends_one_decision(show: Any) -> None:
    class Form(forms.Form):
        conflict = forms.ChoiceField(label="Konflik", choices=[("no", "Tidak")])
        reason = forms.ChoiceField(label="Alasan", choices=[("timing", "Waktu")])
        note = forms.CharField(label="Catatan", required=False)

    panel = show(
        "decision-panel",
        action="/decide/",
        form=Form(),
        approve="Setujui",
        return_label="Kembalikan",
        reject="Tolak",
        consequence="Menerbitkan tawaran.",
    )

    assert re.findall(r'name="decision" value="(\w+)"', panel) == ["approve", "return", "reject"]
    assert panel.index("Konflik") < panel.index("Menerbitkan tawaran.") < panel.index("<details")
    assert panel.index("<details") < panel.index("Alasan")
    assert "csrfmiddlewaretoken" in panel
    assert panel.count("btn-primary") == 1


def test_decision_panel_unfolds_when_a_reason_is_missing(show: Any) -> None:
    class Form(forms.Form):
        reason = forms.CharField()
        note = forms.CharField(required=False)

    closed = show("decision-panel", form=Form(), approve="Setujui", reject="Tolak")
    opened = show("decision-panel", form=Form({"reason": ""}), approve="Setujui", reject="Tolak")

    assert not re.search(r"<details[^>]*\bopen\b", closed)
    assert re.search(r"<details[^>]*\bopen\b", opened)


def test_person_chip_never_writes_more_than_three_digits(show: Any) -> None:
    page = show("person-chip", name="Dr. Ratna Sari, S.Sos.", nip="198501012010012123")

    assert "···123" in page
    assert "19850101" not in page
    assert ">RS<" in page


def test_field_ties_label_hint_and_error_to_the_input(show: Any) -> None:
    form = SlotForm({"title": ""})

    page = show("field", field=form["title"])

    assert '<label class="form-label" for="id_title">' in page
    assert 'id="id_title_helptext">Satu baris.' in page
    assert 'aria-describedby="id_title_helptext id_title_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_title_error"' in page
    assert "placeholder" not in page
    assert "form-control" in page
    assert "opsional" not in page
    assert "opsional" in show("field", field=form["seats"])


def test_field_of_choices_is_a_group_with_a_legend(show: Any) -> None:
    form = SlotForm({"mode": ""})

    page = show("field", field=form["mode"], hint="Pilih satu.")

    assert "<legend>" in page
    assert 'aria-describedby="id_mode_helptext id_mode_error"' in page
    assert page.count('type="radio"') == page.count('class="form-check-input"') == 2
    assert 'for="id_mode_0"' in page


def test_fields_of_other_sorts(show: Any) -> None:
    form = SlotForm()

    assert re.search(
        r'<label class="choice" for="id_consent">\s*<input type="checkbox"', show("field", field=form["consent"])
    )
    assert "form-select" in show("field", field=form["kind"])
    assert show("field", field=form["token"]).strip().startswith('<input type="hidden"')
    assert show("field", field=form["moment"]).count("form-control") == 2


def test_error_summary_leads_to_each_field(show: Any) -> None:
    form = SlotForm({"seats": "0"})

    page = show("error-summary", form=form)

    targets = re.findall(r'href="#([\w-]+)"', page)
    assert targets == ["id_title", "id_seats", "id_mode_0", "id_kind", "id_consent", "id_token"]
    for target in set(targets) - {"id_token"}:
        assert f'id="{target}"' in "".join(show("field", field=field) for field in form)
    assert "Kursi: Pastikan" in page
    assert 'role="alert" tabindex="-1"' in page
    assert show("error-summary", form=SlotForm()).strip() == ""


def test_error_summary_of_a_refusal_and_of_rows(show: Any) -> None:
    refusal = show(
        "error-summary", problem={"field": "slot", "message": "Slot ini sudah penuh.", "remedy": "Lihat 3 lainnya."}
    )
    assert '<a href="#id_slot">Slot ini sudah penuh.</a> Lihat 3 lainnya.' in refusal

    rows = formset_factory(SlotFilterRow)(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-n": "1", "form-1-n": "x"}
    )
    page = show("error-summary", formset=rows)
    assert 'href="#id_form-1-n"' in page
    assert "Baris 2:" in page
    assert "Baris 1:" not in page


class SlotFilterRow(forms.Form):
    n = forms.IntegerField(label="Jumlah")


def test_filter_bar_works_as_a_plain_form_and_keeps_the_sort(show: Any) -> None:
    page = show("filter-bar", form=SlotFilter({"q": "data"}), keep=["sort"], active=1, target="#results")

    assert 'method="get" action="/slots/"' in page
    assert '<input type="hidden" name="sort" value="name">' in page
    assert 'hx-target="#results" hx-push-url="true"' in page
    assert 'href="/slots/"' in page, "clearing leads to the bare list"
    assert '<button type="submit"' in page


def test_data_table_sorts_by_links_that_keep_the_rest(show: Any) -> None:
    columns = [Column("Nama", "name"), Column("Menutup", "gaps", numeric=True), Column("Slot")]

    page = show("data-table", caption="Pengajuan", columns=columns, sort="name")

    assert 'aria-sort="ascending"' in page
    assert 'href="?q=data&amp;sort=-name"' in page
    assert 'href="?q=data&amp;sort=gaps"' in page
    assert page.count('class="sort"') == 2
    assert "<form" not in page
    assert 'aria-sort="descending"' in show("data-table", columns=columns, sort="-name")


def test_data_table_with_selection_is_one_form(show: Any) -> None:
    page = show("data-table", columns=[Column("Nama")], select="chosen", action="/bulk/")

    assert page.count("<form") == page.count("</form>") == 1
    assert "csrfmiddlewaretoken" in page
    assert re.search(r"<label data-select-all-cell hidden>", page), "useless without script, so not shown without it"


def test_pagination_keeps_the_address(show: Any) -> None:
    pages = Paginator(range(95), 10)

    page = show("pagination", page=pages.page(5))

    assert 'rel="prev" href="?q=data&amp;page=4&amp;sort=name"' in page
    assert 'rel="next" href="?q=data&amp;page=6&amp;sort=name"' in page
    assert "Halaman 5 dari 10" in page
    assert page.count("…") == 1
    assert show("pagination", page=Paginator([], 10).get_page(1)).strip() == ""


def test_progress_job_is_polled_only_while_it_runs(show: Any) -> None:
    running = show("progress-job", id="j", title="Impor", value=1200, max=2500, poll_url="/job/1/")
    done = show("progress-job", id="j", title="Impor", state="done", value=2500, max=2500)

    assert 'hx-get="/job/1/"' in running
    assert '<progress value="1200" max="2500"' in running
    assert "hx-get" not in done


def test_toasts_offer_to_take_back_only_on_this_site(request_: HttpRequest) -> None:
    class Storage(list[Message]):
        pass

    request_._messages = Storage(
        [
            Message(25, HOSTILE, "undo:/applications/7/restore/"),
            Message(40, "Gagal", "undo://evil.example/"),
            Message(20, "Info", "undo:https://evil.example/"),
        ]
    )

    page = render_component(request_, "toasts", {})

    assert 'action="/applications/7/restore/"' in page
    assert page.count("<form") == 1
    assert "evil" not in page
    assert "<script" not in page
    assert 'aria-live="polite"' in page
    assert re.findall(r"notice tone-(\w+)", page) == ["good", "bad", "info"]


def test_confirm_leads_to_a_page_and_opens_a_dialog_where_script_runs(show: Any) -> None:
    page = show(
        "confirm",
        id="q",
        label="Batalkan",
        href="/withdraw/",
        action="/withdraw/",
        question="Yakin?",
        yes="Ya",
        danger=True,
    )

    assert re.search(
        r'<a class="btn btn-secondary" href="/withdraw/" data-bs-toggle="modal" data-bs-target="#q">', page
    )
    assert 'method="post" action="/withdraw/"' in page
    assert "btn-danger" in page


def test_steps_and_facts(show: Any) -> None:
    steps = show("steps", items=[Step("Isi", "done", "/1/"), Step("Waktu", "now", "/2/"), Step("Periksa", "next")])
    assert 'href="/1/"' in steps
    assert 'href="/2/"' not in steps
    assert steps.count('aria-current="step"') == 1

    facts = show("facts", items=[Fact("Kursi", 0), Fact("Catatan", None), Fact("Judul", "Data", "/edit/")])
    assert re.findall(r"<dd>\s*(.*?)\s*</dd>", facts)[:2] == ["0", "–"]
    assert 'href="/edit/"' in facts


def test_a_component_does_not_see_the_page_around_it(request_: HttpRequest) -> None:
    from django.template import engines

    template = engines["django"].from_string("{% cotton notice %}{{ title }}{% endcotton %}")
    page = template.render({"title": "dari halaman", "tone": "bad"}, request_)

    assert "tone-info" in page, "the tone of the page is not the notice's"
    assert "notice-title" not in page
    assert "dari halaman" in page, "slot content does see the page"
