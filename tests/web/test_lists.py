"""Every list: its filters are in the address and go along to its pages and its workbook; with nothing to show it says so."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.core.paginator import Page
from django.test import Client
from django.urls import reverse

from tests.factories.placements import make_road
from tests.web.agency import signed_in
from tests.web.elements import Element, tree_of
from tests.web.test_sheets import LISTS

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
# Lists without a filter bar: few rows, all of one person or one partner.
PLAIN = {
    "agency_awards",
    "partner_applications",
    "partner_mentors",
    "partner_placements",
    "partner_agreements",
    "employee_applications",
    "employee_placements",
    "employee_hours",
    "supervisor_queue",
    "supervisor_team",
}
# Lists that this world fills however they are filtered, whose pages begin with rows of the past, or that have one page.
HAS_ROWS = {"partner_mentors", "partner_agreements", "supervisor_team"}
PAST_ONLY = {
    "agency_awards",
    "agency_changes",
    "agency_corrections",
    "agency_acting",
    "partner_placements",
    "employee_placements",
}
ONE_PAGE = {"partner_mentors", "partner_agreements", "employee_hours"}


def filters(page: Element) -> dict[str, str]:
    """Something for every field of the filter bar."""
    chosen: dict[str, str] = {}
    bar = next((one for one in page.all() if one.tag == "form" and one["role"] == "search"), None)
    for one in bar.all() if bar else ():
        if one.tag == "select":
            values = [option["value"] for option in one.all() if option.tag == "option" and option["value"]]
            if values:
                chosen[one["name"]] = values[-1]
        elif one.tag == "input" and one["name"] and one["type"] != "hidden":
            chosen[one["name"]] = {"checkbox": one["value"] or "on", "date": "2026-01-31", "number": "7"}.get(
                one["type"], "ratna"
            )
    return chosen


def links(page: Element) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(one["href"]).query)) for one in page.all() if one.tag == "a" and one["href"]]


def shown(client: Client, name: str, asked: dict[str, str], **headers: str) -> Element:
    answer = client.get(reverse(name), asked, headers=headers)
    assert answer.status_code == 200
    return tree_of(answer.content.decode())


@pytest.mark.parametrize("name", LISTS)
def test_filters_go_along_to_the_workbook_and_stay_on_the_page(name: str) -> None:
    road = make_road()
    road.accept()
    client = signed_in(getattr(road, LISTS[name]))
    chosen = filters(shown(client, name, {}))
    assert bool(chosen) == (name not in PLAIN)
    asked = {**chosen, "sort": "-name"}
    for headers in ({}, HTMX):
        page = shown(client, name, asked, **headers)
        (export,) = [query for query in links(page) if query.get("format") == "xlsx"]
        assert export.items() >= asked.items()
    page = shown(client, name, asked)
    kept = filters_set(page)
    assert kept.items() >= chosen.items()


def filters_set(page: Element) -> dict[str, str]:
    """What the filter bar says is chosen."""
    found = {}
    bar = next((one for one in page.all() if one.tag == "form" and one["role"] == "search"), None)
    for one in bar.all() if bar else ():
        if one.tag == "option" and "selected" in one.attributes:
            select = next(above for above in one.around() if above.tag == "select")
            found[select["name"]] = one["value"]
        elif one.tag == "input" and one["name"] and (one["type"] != "checkbox" or "checked" in one.attributes):
            found[one["name"]] = one["value"] or "on"
    return found


@pytest.mark.parametrize("name", LISTS)
def test_the_next_page_keeps_the_filters(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were more rows than one page holds."""
    road = make_road()
    road.accept()
    client = signed_in(getattr(road, LISTS[name]))
    monkeypatch.setattr(Page, "has_other_pages", lambda self: True)
    monkeypatch.setattr(Page, "has_next", lambda self: True)
    monkeypatch.setattr(Page, "next_page_number", lambda self: 2)
    paged = re.search(r"<c-pagination ", template_of(client, name))
    assert bool(paged) == (name not in ONE_PAGE)
    if paged is None:
        return
    options = {one["value"] for one in shown(client, name, {}).all() if one.tag == "option"}
    asked = {"sort": "-name", "kept": "yes"} | ({"status": "all"} if "all" in options else {})
    following = [
        dict(parse_qsl(urlsplit(one["href"]).query)) for one in shown(client, name, asked).all() if one["rel"] == "next"
    ]
    if name in PAST_ONLY:
        assert not following
    else:
        assert following == [asked | {"page": "2"}]


def template_of(client: Client, name: str) -> str:
    """The text of the page's own template."""
    folder = Path(settings.BASE_DIR) / "web" / "templates"
    answer = client.get(reverse(name))
    return (folder / str(answer.templates[0].name).split("#")[0]).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_with_nothing_to_show_says_why_and_what_now(name: str) -> None:
    road = make_road()
    client = signed_in(getattr(road, LISTS[name]))
    empty = [one for one in shown(client, name, filters(shown(client, name, {}))).all() if one["class"] == "empty"]
    if name in HAS_ROWS:
        assert not empty
        return
    (said,) = empty
    assert len(said.text.split()) > 5
    if name not in PLAIN:
        ways_out = {urlsplit(one["href"]).path for one in said.all() if one.tag == "a"}
        assert reverse(name) in ways_out
