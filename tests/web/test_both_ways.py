"""With and without script: what htmx asks, a browser without it can ask as well, and neither is a sending."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from placements.models import Placement
from tests.factories.placements import Road, make_road
from tests.placements.meetings import book, running
from tests.web.agency import signed_in
from tests.web.elements import Element, tree_of
from tests.web.forms import Form, forms_of
from web.sending import FIELD

TEMPLATES = Path(settings.BASE_DIR) / "web" / "templates"
HTMX = {"HX-Request": "true"}


def templates_with(pattern: str) -> dict[str, str]:
    """Templates in which the pattern stands, by their name."""
    texts = {str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}
    return {name: text for name, text in texts.items() if re.search(pattern, text)}


# Pages that ask something on the way to their form: who opens them, their address.


def _slot_form() -> tuple[Client, str]:
    road = make_road(draft=True)
    return signed_in(road.member), reverse("partner_slot_edit", args=[road.slot.pk])


def _copy() -> tuple[Client, str]:
    road = make_road()
    return signed_in(road.member), reverse("partner_slot_clone", args=[road.slot.pk])


def _mentoring() -> Road:
    road = running()
    Placement.objects.filter(pk=road.placement.pk).update(starts_on=road.agency.today())
    return road


def _booking() -> tuple[Client, str]:
    road = _mentoring()
    return signed_in(road.applicant), reverse("session_book", args=[road.placement.pk])


def _moving() -> tuple[Client, str]:
    road = _mentoring()
    return signed_in(road.applicant), reverse("session_move", args=[book(road).pk])


ASKING = {"slot": _slot_form, "copy": _copy, "booking": _booking, "moving": _moving}


def questions(page: Element) -> list[Element]:
    return [one for one in page.all() if one["hx-post"]]


def sent_by_htmx(form: Form, asking: Element) -> dict[str, Any]:
    """What htmx sends for an element inside a form: the form, the element, its hx-vals, less what hx-params leaves out."""
    data = dict(form.fields)
    if asking["name"]:
        data[asking["name"]] = asking["value"] or data.get(asking["name"], "")
    data |= json.loads(asking["hx-vals"] or "{}")
    left_out = re.fullmatch(r"not (.+)", asking.inherited("hx-params"))
    for name in left_out[1].split(",") if left_out else ():
        data.pop(name.strip(), None)
    return data


def opened(name: str) -> tuple[Client, str, Form, list[Element], set[str]]:
    client, address = ASKING[name]()
    answer = client.get(address)
    html = answer.content.decode()
    (form,) = [form for form in forms_of(html, address) if form.action == address]
    return client, address, form, questions(tree_of(html)), {one.name for one in answer.templates}


@pytest.mark.django_db
def test_every_template_that_asks_is_tried_here() -> None:
    tried = set().union(*(opened(name)[-1] for name in ASKING))
    missing = {name for name in templates_with("hx-post") if name not in tried}
    assert not missing, f"{sorted(missing)} ask with hx-post: add a page that shows them to ASKING"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ASKING)
def test_a_question_that_comes_after_its_form_was_taken_is_answered(name: str) -> None:
    client, address, form, asking, _ = opened(name)
    assert asking
    taken = client.post(reverse("notifications_read_all"), {FIELD: form.fields[FIELD]})
    assert taken.status_code == 302
    for one in asking:
        data = sent_by_htmx(form, one)
        late = client.post(address, data, headers=HTMX)
        assert late.status_code == 200, f"{one.attributes} sends the name of the form: {FIELD in data}"
        assert "<html" not in late.content.decode()
        # The twin: with the name of the form it would be refused as sent before.
        assert client.post(address, data | {FIELD: form.fields[FIELD]}, headers=HTMX).status_code == 409


@pytest.mark.django_db
@pytest.mark.parametrize("name", ASKING)
def test_a_question_is_answered_with_the_part_it_replaces_and_without_script_with_the_page(name: str) -> None:
    client, address, form, asking, _ = opened(name)
    for one in asking:
        data = sent_by_htmx(form, one)
        part, whole = client.post(address, data, headers=HTMX), client.post(address, data)
        assert (part.status_code, whole.status_code) == (200, 200)
        assert "HX-Request" in part["Vary"]
        assert "HX-Request" in whole["Vary"]
        target = (one["hx-select"] or one["hx-target"]).removeprefix("#")
        in_part, in_page = tree_of(part.content.decode()).by_id(target), tree_of(whole.content.decode()).by_id(target)
        assert None not in (in_part, in_page), f"{one.attributes}: no #{target} in the answer"
        assert in_part.text.split() == in_page.text.split()


def test_htmx_sends_no_form_of_ours() -> None:
    """Forms are sent by the browser itself, once; htmx only asks on their way."""
    for name, text in templates_with(r"<form\b").items():
        for form in re.findall(r"<form\b[^>]*>", text):
            assert not re.search(r'hx-post|hx-boost="true"', form), f"{name}: {form}"
    assert set(templates_with(r'hx-params="not sending"')) == {"base.html"}, "one place leaves the name out for all"
    assert not templates_with(r"hx-(disinherit|inherit|put|patch|delete)=")


def _tags(pattern: str) -> Iterator[tuple[str, str]]:
    for name, text in templates_with(pattern).items():
        for tag in re.findall(rf"<\w[^>]*?{pattern}[^>]*>", text):
            yield name, tag


def test_what_asks_with_script_asks_without() -> None:
    for name, tag in _tags(r"hx-post="):
        plain = 'type="submit"' in tag and "formnovalidate" in tag
        # A choice that asks at once stands beside a button that asks the same (book.html).
        beside = tag.startswith("<select") and 'name="step" value="times"' in templates_with("hx-post=")[name]
        assert plain or beside, f"{name}: without script nothing asks what {tag} asks"
    for name, tag in _tags(r"hx-get="):
        is_form = tag.startswith("<form") and 'method="get"' in tag
        is_poll = "every" in tag  # without script the page is loaded again by hand: progress_job.html says so
        assert is_form or is_poll, f"{name}: without script {tag} does nothing"
    for name, tag in _tags(r'hx-boost="true"'):  # links, or a nav of links
        assert "href=" in tag or tag.startswith("<nav"), f"{name}: {tag} leads nowhere without script"
