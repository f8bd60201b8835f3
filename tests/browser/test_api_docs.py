"""The API's page under our strict headers, from its own files only."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.factories.accounts import UserFactory


def test_the_page_lists_every_room_and_asks_the_api(visitor: Callable[..., Page], console: list[str]) -> None:
    user = UserFactory()
    page = visitor(user)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto("/api/docs")
    assert response is not None
    assert "unsafe" not in response.headers["content-security-policy"]
    for room in ("Tokens", "Slots", "Applications", "Placements", "Awards"):
        expect(page.locator(f"#operations-tag-{room}")).to_be_visible()

    # Trying an operation out sends the cookie and the CSRF token of the page.
    page.locator("#operations-Tokens-accounts_issue_token").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response .response-col_status").first).to_contain_text("201")
    assert user.api_tokens.get().label == "Laporan bulanan"

    host = re.match(r"https?://[^/]+", page.url)
    assert host is not None
    assert [url for url in asked if not url.startswith((host[0], "data:"))] == []
    assert console == []
