"""Sent again, done once: each operation that writes, sent twenty times in parallel with one Idempotency-Key."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.db.models import Max
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from pytest_django import Settings

from config.api import api
from core import once
from core.models import AuditEvent, KeptAnswer
from core.tasks import forget_answers
from partners.models import Slot
from placements.models import Placement
from tests.api import JSON, UNSAFE, Door, Multipart, ask, doors, told
from tests.factories.accounts import UserFactory
from tests.factories.placements import MOTIVATION, make_road
from tests.house.once_cases import CASES, Case

TIMES = 20
WRITING = {api.get_openapi_operation_id(door.operation): door for door in doors() if door.method in UNSAFE}
# They change nothing that anybody would ask about later.
UNAUDITED = {"matching_read_skills", "web_read_notification", "web_read_notifications"}
# What a request leaves behind that is no effect of it.
BESIDE = {"django_session", "core_keptanswer", "core_audithead"}


def test_every_operation_that_writes_has_a_case() -> None:
    assert set(CASES) == set(WRITING), "add a request that it takes to tests/house/once_cases.py"


def rows() -> Counter[str]:
    """How many rows each table has."""
    found = {model._meta.db_table: model._base_manager.count() for model in apps.get_models()}
    return Counter({table: count for table, count in found.items() if table not in BESIDE})


def sender(door: Door, case: Case, key: str | None) -> Callable[[], HttpResponse]:
    """A function that sends the request, from any thread."""
    signed_in = Client()
    signed_in.force_login(case.user)
    cookies = signed_in.cookies
    path = f"/api/{door.path(case.ids)}"
    if isinstance(case.body, Multipart):
        content_type, data = MULTIPART_CONTENT, encode_multipart(BOUNDARY, {**case.body.fields, "file": case.body.file})
    else:
        content_type = JSON
        data = b"" if case.body is None else json.dumps(case.body, default=str).encode()
    headers = {once.HEADER: key} if key else {}

    def send() -> HttpResponse:
        client = Client()
        client.cookies = cookies
        return client.generic(door.method, path, data, content_type=content_type, headers=headers)

    return send


def at_once(send: Callable[[], HttpResponse], times: int = TIMES) -> list[HttpResponse]:
    """Send it that many times, starting together."""
    gate = threading.Barrier(times)

    def run(_: int) -> HttpResponse:
        try:
            gate.wait(timeout=30)
            return send()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def meanwhile(case: Case) -> ExitStack:
    """The day, and the rule, under which the request is right."""
    stack = ExitStack()
    if case.at is not None:
        stack.enter_context(time_machine.travel(case.at))
    if case.policy is not None:
        stack.enter_context(mock.patch.object(Placement, "policy", case.policy))
    return stack


@pytest.fixture
def unpaced(settings: Settings) -> None:
    settings.API_RATE = ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("room", sorted({name.split("_")[0] for name in WRITING}))
def test_each_operation_sent_twenty_times_at_once_is_done_once(unpaced: None, room: str) -> None:
    wrong: dict[str, Any] = {}
    for name in [name for name in WRITING if name.startswith(f"{room}_")]:
        case = CASES[name]()
        last = AuditEvent.objects.aggregate(last=Max("pk"))["last"] or 0
        with meanwhile(case):
            answers = at_once(sender(WRITING[name], case, str(uuid.uuid4())))
        said = Counter((a.status_code, a.content) for a in answers)
        replayed = sum(once.REPLAYED in a.headers for a in answers)
        done = Counter(AuditEvent.objects.filter(pk__gt=last).values_list("action", flat=True))
        if len(said) != 1 or next(iter(said))[0] >= 300 or replayed != TIMES - 1 or set(done.values()) - {1}:
            wrong[name] = (said.most_common(2), replayed, done)
        if not done and name not in UNAUDITED:
            wrong[name] = "left no trace"
    assert wrong == {}


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_an_effect_comes_more_than_once(unpaced: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the same requests, and nobody looks at their key."""
    monkeypatch.setattr("core.policy.answer_once", lambda request, view: view())
    for name in ("partners_create_slot", "mentors_create_mentor", "accounts_issue_token", "partners_clone_slot"):
        case = CASES[name]()
        before = rows()
        answers = at_once(sender(WRITING[name], case, str(uuid.uuid4())))
        made = rows() - before
        assert max(made.values()) >= TIMES, name
        assert len({a.content for a in answers}) == TIMES, name
    case = CASES["placements_clear_application"]()  # the state machine stops a second effect, and answers otherwise
    answers = at_once(sender(WRITING["placements_clear_application"], case, str(uuid.uuid4())))
    assert Counter(a.status_code for a in answers) == {200: 1, 409: TIMES - 1}


def post(case: Case, name: str, key: str) -> HttpResponse:
    return sender(WRITING[name], case, key)()


@pytest.mark.django_db
def test_another_body_or_address_under_the_same_key_is_refused() -> None:
    user = UserFactory()
    first = post(Case(user, {}, {"label": "laporan"}), "accounts_issue_token", "k-1")
    other = post(Case(user, {}, {"label": "lain"}), "accounts_issue_token", "k-1")
    elsewhere = post(Case(user, {}), "web_read_notifications", "k-1")
    assert first.status_code == 201
    for answer in (other, elsewhere):
        body = told(answer, 422)
        assert (body["code"], body["field"]) == ("idempotency_key_reused", "Idempotency-Key")
        assert body["remedy"]
    assert KeptAnswer.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", " ", "x" * 129, "dua kata", "é"])
def test_a_key_that_cannot_be_kept_is_refused(key: str) -> None:
    body = told(ask(UserFactory(), "POST", "tokens", {"label": "x"}, headers={"Idempotency-Key": key}), 422)
    assert (body["code"], body["field"]) == ("idempotency_key_invalid", "Idempotency-Key")


@pytest.mark.django_db
def test_keys_of_two_people_do_not_meet() -> None:
    one, two = UserFactory(), UserFactory()
    first, second = (post(Case(user, {}, {"label": "x"}), "accounts_issue_token", "k") for user in (one, two))
    assert told(first, 201)["token"] != told(second, 201)["token"]


@pytest.mark.django_db
def test_a_refusal_is_not_kept_and_the_same_key_may_try_again() -> None:
    road = make_road(seats=1)
    pk = road.approve().pk
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=1, status="full")
    case = Case(road.member, {"application_id": pk}, {})
    assert told(post(case, "placements_accept_application", "k"), 409)["code"] == "slot_full"
    assert not KeptAnswer.objects.exists()
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=0, status="published")
    placement = told(post(case, "placements_accept_application", "k"), 201)
    assert told(post(case, "placements_accept_application", "k"), 201) == placement


@pytest.mark.django_db
def test_a_refusal_leaves_nothing_of_the_steps_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    road = make_road()
    case = Case(road.applicant, {}, {"slot_id": road.slot.pk, "motivation": MOTIVATION})
    monkeypatch.setattr("core.once.Answer", mock.Mock(side_effect=RuntimeError("died before the answer was kept")))
    before = rows()
    with pytest.raises(RuntimeError):
        post(case, "placements_save_draft", "k")
    assert (rows() - before, KeptAnswer.objects.count()) == (Counter(), 0)


@pytest.mark.django_db
def test_what_is_kept_cannot_be_read_from_the_table() -> None:
    user = UserFactory()
    secret = told(post(Case(user, {}, {"label": "laporan"}), "accounts_issue_token", "kunci-rahasia"), 201)["token"]
    row = KeptAnswer.objects.get()
    stored = f"{row.key} {row.request} {bytes(row.sealed or b'')!r}"
    assert [word for word in (secret, "laporan", "kunci-rahasia") if word in stored] == []


@pytest.mark.django_db
def test_answers_are_scrubbed_after_48_hours() -> None:
    user = UserFactory()
    for key in ("old", "new"):
        post(Case(user, {}, {"label": "x"}), "accounts_issue_token", key)
    oldest = KeptAnswer.objects.order_by("created_at").first()
    assert oldest is not None
    KeptAnswer.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - once.KEPT_FOR - timedelta(minutes=1))
    assert (forget_answers(), forget_answers()) == (1, 0)
    assert KeptAnswer.objects.exclude(pk=oldest.pk).count() == 1


def test_the_document_names_the_header_where_it_counts() -> None:
    for methods in api.get_openapi_schema()["paths"].values():
        for method, operation in methods.items():
            names = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"]
            assert names == ([] if method == "get" else ["Idempotency-Key"]), operation["operationId"]
