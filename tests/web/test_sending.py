"""Every form on every page: sent twice it counts once, and leads to the same page."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import User
from accounts.roles import roles_of
from core.errors import Conflict
from core.models import AuditEvent, KeptAnswer
from mentors.models import Mentor
from partners import services as partners
from partners.models import Slot
from placements import services
from placements.models import Decision, Placement
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.core import PDF
from tests.factories.placements import MOTIVATION, Road, make_road
from tests.house import routes
from tests.web.forms import Form, forms_of
from web.meanwhile import explained
from web.sending import FIELD


def signed_in(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


def day(n: int) -> str:
    return (date.today() + timedelta(days=n)).isoformat()


# Worlds in which pages offer something to do, and the ids in their addresses


def _slot(**state: Any) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        road = make_road(**state)
        return {"road": road, "slot_id": road.slot.pk, "mentor_id": road.mentor.pk}

    return build


def _application(step: str, **apply: Any) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        road = make_road()
        row = road.apply(**apply) if step == "apply" else getattr(road, step)()
        return {"road": road, "application_id": row.pk, "slot_id": road.slot.pk}

    return build


WORLDS: dict[str, Callable[[], dict[str, Any]]] = {
    "slot published": _slot(),
    "declared": _application("apply", has_conflict=True, conflict_note="Saudara bekerja di sana."),
}

# What a form needs that a page cannot know.
FILL = {
    "reason": "other_priority",
    "note": "Lihat rencana tahunan unit.",
    "motivation": MOTIVATION,
    "consent": "on",
    "has_conflict": "no",
    "number": "800.1.4.1/17/2026",
    "signer": "Sekretaris Daerah",
    "letter_date": day(0),
    "number_agency": "074/99/PKS",
    "subject": "Pengembangan kompetensi ASN",
    "starts_on": day(1),
    "ends_on": day(200),
    "decree_number": "100.3.3.3/8/2026",
    "code": "teladan-dua",
    "name": "Budi Santoso",
    "decided_by": "Wali Kota",
    "document": "Piagam",
    "basis": "SE Wali Kota 12/2026",
    "activity": "Mengolah data layanan",
    "agenda": "Membahas rencana dasbor",
    "hours": "6",
    "minutes": "60",
    "overall": "4",
    "outcome": "no_conflict",
}


def filled(form: Form, sent: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """The form as somebody would fill it in."""
    data = dict(sent)
    for name, kind in form.kinds.items():
        if kind == "file":
            data[name] = SimpleUploadedFile("surat.pdf", PDF, content_type="application/pdf")
        elif kind == "date" and not data.get(name):
            at = found.get("at")
            data[name] = FILL.get(name) or (at.date().isoformat() if at else day(0))
        elif kind != "select" and not data.get(name):
            data[name] = FILL.get(name, "Dasbor terpasang" if kind in ("text", "textarea") else "")
    return data


PAGES = [row for row in routes.read() if row.method == "*" and ":" not in row.name]


def pages(found: dict[str, Any], user: User, been: set[str]) -> Iterator[str]:
    """The address of every page that this user may enter and this world has the ids for; lists only once."""
    roles = {str(role) for role in roles_of(user)} - {"public", "signed_in"}
    for row in PAGES:
        names = set(re.findall(r"<uuid:(\w+)>", row.route))
        open_to = set(row.roles.split()) & roles or (row.roles == "signed_in" and names)
        if open_to and names <= set(found) and row.name not in been:
            if not names:
                been.add(row.name)
            yield reverse(row.name, kwargs={name: found[name] for name in names})


def people(road: Road) -> list[User]:
    mentor = road.mentor.user
    assert mentor is not None
    return [road.applicant, road.boss, road.hr, road.member, mentor]


# Forms that each world must get taken; the others it shows are refused there with a page that says why.
_LOOKED_AFTER = {f"partner_slot_{verb}" for verb in ("cancel", "clone", "close", "confirm", "mentor", "pause")}
TAKEN = {
    "slot published": _LOOKED_AFTER | {"employee_apply"},
    "declared": _LOOKED_AFTER
    | {"employee_withdraw", "supervisor_conflict"}
    | {f"supervisor_application {decision}" for decision in ("approve", "reject", "return")},
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", WORLDS)
def test_each_form_sent_twice_counts_once_and_leads_to_the_same_page(name: str) -> None:
    taken: set[str] = set()
    seen: dict[str, int] = {}
    been: set[str] = {row.name for row in PAGES if "<uuid:" not in row.route}
    found = WORLDS[name]()
    with ExitStack() as stack:
        if found.get("at"):
            stack.enter_context(time_machine.travel(found["at"]))
        for user in people(found["road"]):
            client = signed_in(user)
            for address in pages(found, user, been):
                answer = client.get(address)
                if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
                    continue
                for form in forms_of(answer.content.decode(), address):
                    _try(client, form, found, taken, seen)
    assert taken >= TAKEN[name]
    assert set(seen.values()) <= {200, 302, 403, 409, 422}, seen


def _try(client: Client, form: Form, found: dict[str, Any], taken: set[str], seen: dict[str, int]) -> None:
    where = resolve(form.action.split("?")[0]).view_name
    if where.startswith("account_") or where == "set_language":
        return
    assert form.fields.get(FIELD), f"{form.action} is not told apart from its next sending"
    for sent in form.sendings():
        name = f"{where} {sent.get('decision', '')}".strip()
        if name in taken:
            continue
        point = transaction.savepoint()
        data = filled(form, sent, found)
        first = client.post(form.action, data)
        seen[name] = first.status_code
        if first.status_code == 302:
            effect = _trace()
            for value in data.values():
                if isinstance(value, SimpleUploadedFile):
                    value.seek(0)
            second = client.post(form.action, data)
            assert (second.status_code, second["Location"]) == (302, first["Location"]), name
            assert _trace() == effect, name
            taken.add(name)
        transaction.savepoint_rollback(point)


def _trace() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (AuditEvent, Decision, Slot, Placement, KeptAnswer))


# The same moment, the back button, and somebody who was quicker


def form_at(client: Client, address: str, **has: str) -> Form:
    """The form of the page that has these fields."""
    (found,) = [f for f in forms_of(client.get(address).content.decode(), address) if set(has.values()) <= set(f.kinds)]
    return found


def at_once(client: Client, address: str, data: dict[str, Any], times: int = 20) -> list[HttpResponse]:
    gate = threading.Barrier(times)

    def send(_: int) -> HttpResponse:
        try:
            gate.wait(timeout=30)
            other = Client()
            other.cookies = client.cookies.copy()
            return other.post(address, data)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_clicks_at_once_make_one_mentor_and_lead_to_the_same_page() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    before = Mentor.objects.count()
    answers = at_once(client, form.action, form.fields | {"name": "Budi Santoso", "capacity": "3"})
    assert {(a.status_code, a.headers.get("Location")) for a in answers} == {(302, answers[0]["Location"])}
    assert Mentor.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_without_the_field_each_click_makes_a_mentor() -> None:
    """The twin: the same form without its hidden name."""
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi Santoso", "capacity": "3"}
    del data[FIELD]
    before = Mentor.objects.count()
    at_once(client, form.action, data)
    assert Mentor.objects.count() == before + 20


@pytest.mark.django_db
def test_after_the_back_button_a_changed_form_is_explained_and_can_be_sent_as_a_new_one() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi Santoso", "capacity": "3"}
    first = client.post(form.action, data)
    before = Mentor.objects.count()
    page = client.post(form.action, data | {"name": "Sri Lestari"})
    assert (page.status_code, page.context["to"], Mentor.objects.count()) == (409, first["Location"], before)
    (anew,) = [f for f in forms_of(page.content.decode(), form.action) if "name" in f.fields]
    assert (anew.fields["name"], anew.fields["capacity"]) == ("Sri Lestari", "3")
    assert anew.fields[FIELD] != data[FIELD]
    assert client.post(anew.action, anew.fields).status_code == 302
    assert Mentor.objects.filter(name="Sri Lestari").count() == 1


@pytest.mark.django_db
def test_a_form_with_errors_keeps_its_name_and_may_be_sent_again() -> None:
    client = signed_in(make_road().member)
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    assert client.post(form.action, form.fields | {"name": "", "capacity": "3"}).status_code == 422
    assert client.post(form.action, form.fields | {"name": "Budi", "capacity": "3"}).status_code == 302


@pytest.mark.django_db
def test_what_was_said_is_said_again_with_a_word_about_the_second_sending() -> None:
    client = signed_in(make_road().member, **{"Accept-Language": "en"})
    form = form_at(client, reverse("partner_mentor_create"), needed="name")
    data = form.fields | {"name": "Budi", "capacity": "3"}
    client.post(form.action, data)
    words = [str(m) for m in client.post(form.action, data, follow=True).context["messages"]]
    assert "This form arrived more than once; it counted once." in words
    assert len(words) == 3


def test_every_template_that_posts_names_its_form() -> None:
    for path in (Path(settings.BASE_DIR) / "web" / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        for start in re.finditer(r'<form[^>]*method="post"', text):
            body = text[start.start() : text.index("</form>", start.start())] if "</form>" in text else ""
            assert "{% csrf_token %}" in body, path


@pytest.mark.django_db
def test_a_decision_taken_meanwhile_is_told_with_who_when_and_what_now() -> None:
    road = make_road()
    pk = road.clear().pk
    colleague = AgencyMembershipFactory(agency=road.agency).user
    client = signed_in(road.hr, **{"Accept-Language": "en"})
    address = reverse("agency_application", args=[pk])
    form = form_at(client, address, needed="reason")
    services.approve_application(actor=colleague, application_id=pk)
    answer = client.post(form.action, form.fields | {"decision": "approve"})
    told = answer.context["problem"]
    assert answer.status_code == 409
    assert colleague.get_full_name() in told.message
    assert "the HR office" in told.message
    assert "Approved, waiting for the partner" in told.message
    assert told.remedy == "The partner has it now; nothing is left to do here."


@pytest.mark.django_db
def test_people_of_another_house_are_told_the_role_only() -> None:
    road = make_road()
    pk = road.clear().pk
    services.reject_application(actor=road.hr, application_id=pk, reason="other_candidates")
    with pytest.raises(Conflict) as refused:
        services.withdraw_application(actor=road.applicant, application_id=pk)
    assert road.hr.get_full_name() in explained(refused.value).message  # an employee of the same agency
    refused.value.asked_by = road.member
    told = explained(refused.value).message
    assert road.hr.get_full_name() not in told
    slot = road.slot.pk
    partners.pause_slot(actor=road.member, slot_id=slot)
    with pytest.raises(Conflict) as paused:
        partners.pause_slot(actor=road.hr, slot_id=slot)
    assert road.member.get_full_name() not in explained(paused.value).message


@pytest.mark.django_db
def test_a_button_without_a_form_around_it_gets_a_page_and_no_bare_refusal() -> None:
    road = make_road()
    client = signed_in(road.member, **{"Accept-Language": "en"})
    partners.pause_slot(actor=road.member, slot_id=road.slot.pk)
    answer = client.post(reverse("partner_slot_pause", args=[road.slot.pk]))
    assert answer.status_code == 409
    assert "You changed it last yourself" in answer.content.decode()
    assert "It takes no applications until it is opened again." in answer.content.decode()
