"""The browser itself: it opens pages of the live server under our strict headers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import NAMES, find_chromium


def open_health(page: Page) -> Response:
    """A page without a picture of its own: the browser would ask for one and tell the console."""
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    response = page.goto("/health/")
    assert response is not None
    return response


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_open(width: int, visitor: Callable[..., Page]) -> None:
    page = visitor(phone=width == 360)
    response = open_health(page)
    assert response.status == 200
    assert "unsafe" not in response.headers["content-security-policy"]
    expect(page.get_by_text('"database": "up"')).to_be_visible()
    assert page.evaluate("window.innerWidth") == width


def test_errors_in_the_console_are_seen(page: Page, console: list[str]) -> None:
    open_health(page)
    page.evaluate("console.error('broken'); setTimeout(() => missing(), 0)")
    expect(page.locator("body")).to_be_visible()
    page.wait_for_timeout(200)
    assert [line.partition(": ")[2].split(" is")[0] for line in console] == ["broken", "missing"]
    console.clear()


def test_a_browser_is_found_where_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    own = SimpleNamespace(chromium=SimpleNamespace(executable_path="/none/chrome"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == NAMES[2] else None)
    assert find_chromium(own) == "/usr/bin/google-chrome"
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert find_chromium(own) is None
    monkeypatch.setenv("CHROMIUM", "/opt/chrome")
    monkeypatch.setattr(shutil, "which", lambda name: name)
    assert find_chromium(own) == "/opt/chrome"
