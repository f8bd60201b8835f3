"""A real browser for tests that walk through pages as a person would."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = "No Chromium for the browser tests: run `apt-get install chromium` as root, or name one with CHROMIUM=/path."
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that ``-m "not browser"`` can leave it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def find_chromium(playwright: Playwright) -> str | None:
    """The browser that the environment names, or the system's, or Playwright's own."""
    if named := os.environ.get("CHROMIUM"):
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or shutil.which(playwright.chromium.executable_path)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests. None to be had: a loud skip, under CI a failure."""
    # Playwright's loop stays in this thread, and Django would take us for asynchronous code
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(REMEDY)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def console() -> list[str]:
    """Errors that pages told the console; must be empty at the end, so clear what you expected."""
    return []


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, console: list[str]) -> Iterator[Callable[..., Page]]:
    """A function that seats one more person at a browser of their own: ``visitor(user, phone=True)``."""
    contexts: list[BrowserContext] = []

    def seat(user: User | None = None, *, phone: bool = False, javascript: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            locale="id-ID",
            timezone_id="Asia/Jakarta",
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if user is not None:
            client = Client()
            client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: console.append(f"{page.url}: {error}"))
        page.on("console", lambda message: console.append(_told(message)) if message.type == "error" else None)
        return page

    yield seat
    for context in contexts:
        context.close()
    assert console == [], "pages told errors to the console"


def _told(message: ConsoleMessage) -> str:
    return f"{message.location['url']}: {message.text}"


@pytest.fixture
def page(visitor: Callable[..., Page]) -> Page:
    """A stranger at a desk."""
    return visitor()


@pytest.fixture
def phone(visitor: Callable[..., Page]) -> Page:
    """A stranger with a phone of 360 pixels."""
    return visitor(phone=True)
