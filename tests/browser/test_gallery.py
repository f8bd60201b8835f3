"""The components in a real browser: readable for everyone, and whole without script."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from accounts.models import User

TOUCH = ".btn, .form-control, .form-select, .tab, .menu-item, .page-link, .choice, summary, .tool, .pick label"


@pytest.fixture
def operator(transactional_db: None) -> User:
    return User.objects.create_superuser("operator", "operator@example.id", "rahasia", name="Ratna Sari")


def problems(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in found.response["violations"]
        for node in item["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_everyone_can_read_the_components(
    visitor: Callable[..., Page], operator: User, scheme: Any, phone: bool
) -> None:
    page = visitor(operator, phone=phone)
    page.emulate_media(color_scheme=scheme)
    page.goto("/gallery/")
    for fold in page.locator("details:not(.menu)").all():
        fold.evaluate("fold => { fold.open = true }")

    assert problems(page) == []


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/", "/tidak-ada/"])
def test_everyone_can_read_the_doors(phone: Page, address: str, console: list[str]) -> None:
    phone.goto(address)

    assert problems(phone) == []
    console.clear()  # Chromium reports the 404 itself


@pytest.mark.parametrize("javascript", [True, False])
def test_nothing_is_wider_than_a_phone(visitor: Callable[..., Page], operator: User, javascript: bool) -> None:
    page = visitor(operator, phone=True, javascript=javascript)
    page.goto("/gallery/")

    assert page.locator("html").evaluate("page => page.scrollWidth - page.clientWidth") == 0


def test_a_finger_hits_everything(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator, phone=True)
    page.goto("/gallery/")

    small = page.locator(TOUCH).evaluate_all(
        "all => all.filter(one => one.offsetParent && one.getBoundingClientRect().height < 43.9).map(one => one.outerHTML)"
    )
    assert small == []


def test_menus_open_without_script(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator, phone=True, javascript=False)
    page.goto("/gallery/")

    expect(page.get_by_role("link", name="Ganti kata sandi")).to_be_hidden()
    page.locator(".site-tools summary").click()
    page.get_by_role("link", name="Ganti kata sandi").click()

    expect(page.get_by_role("heading", name="Ganti kata sandi")).to_be_visible()


def test_menus_close_on_escape(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator)
    page.goto("/gallery/")
    page.locator(".site-tools summary").click()
    expect(page.get_by_role("button", name="Keluar")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("button", name="Keluar")).to_be_hidden()
    expect(page.locator(".site-tools summary")).to_be_focused()


def test_a_refused_form_starts_at_the_list_of_errors(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator)
    page.goto("/gallery/")

    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_role("link", name="Judul: Bidang ini").click()
    expect(page.locator("#id_salah-title")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_question_is_asked_with_and_without_script(
    visitor: Callable[..., Page], operator: User, javascript: bool
) -> None:
    page = visitor(operator, phone=True, javascript=javascript)
    page.goto("/gallery/")

    page.get_by_role("link", name="Batalkan pengajuan").click()
    if javascript:
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page).to_have_url(re.compile("/gallery/$"))
    else:
        expect(page).to_have_url(re.compile("/gallery/confirm/$"))
    page.get_by_role("button", name="Batalkan pengajuan").click()

    expect(page.locator("#toasts")).to_contain_text("Pengajuan dibatalkan.")
    expect(page.locator("#toasts").get_by_role("button", name="Urungkan")).to_be_visible()


def test_filters_and_sorting_change_the_list_and_the_address(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator)
    page.goto("/gallery/")
    rows = page.locator("#results tbody tr")
    expect(rows).to_have_count(3)

    page.get_by_label("Cari").press_sequentially("arsip")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=arsip"))

    page.get_by_label("Cari").fill("")
    expect(rows).to_have_count(3)
    page.get_by_role("link", name="Menutup").click()
    expect(rows.first).to_contain_text("Yohanes")
    expect(page).to_have_url(re.compile("sort=gaps"))
    expect(page.locator("#results")).to_have_count(1)


def test_filters_work_without_script(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator, javascript=False)
    page.goto("/gallery/")
    page.get_by_label("Cari").fill("arsip")
    page.get_by_role("button", name="Terapkan").click()

    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.get_by_label("Cari")).to_have_value("arsip")
    expect(page.get_by_role("link", name="Hapus saringan")).to_be_visible()


def test_rows_are_chosen_and_counted(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator)
    page.goto("/gallery/")

    page.get_by_label("Pilih semua baris").check()
    expect(page.locator("[data-select-count]")).to_have_text("3")
    page.get_by_label("Pilih Ratna Sari").uncheck()
    expect(page.locator("[data-select-count]")).to_have_text("2")
    assert page.get_by_label("Pilih semua baris").evaluate("box => box.indeterminate")


def test_a_job_is_followed_to_its_end(visitor: Callable[..., Page], operator: User) -> None:
    page = visitor(operator)
    page.goto("/gallery/")

    expect(page.locator("#contoh-tugas")).to_contain_text("Sedang dikerjakan")
    expect(page.locator("#contoh-tugas")).to_contain_text("Selesai", timeout=15_000)


def test_whoever_was_signed_out_meanwhile_gets_the_whole_sign_in_page(
    visitor: Callable[..., Page], operator: User
) -> None:
    page = visitor(operator)
    page.goto("/gallery/")
    page.context.clear_cookies()

    page.get_by_label("Jenis").first.select_option("internship")

    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/gallery/"))
    expect(page.get_by_role("heading", name="Masuk")).to_be_visible()


def test_a_lost_connection_is_said(visitor: Callable[..., Page], operator: User, console: list[str]) -> None:
    page = visitor(operator)
    page.goto("/gallery/")
    page.context.set_offline(True)

    # what is typed is sent after a pause and again when the field is left: both fail before the message is closed
    page.get_by_label("Cari").fill("arsip")
    page.get_by_label("Cari").blur()
    page.wait_for_timeout(1500)

    expect(page.locator("#toasts")).to_contain_text("Kiriman belum sampai.")
    page.locator("#toasts").get_by_role("button", name="Tutup pesan ini").click()
    expect(page.locator("#toasts")).not_to_contain_text("Kiriman belum sampai.")
    assert console, "the browser itself complains"
    console.clear()
