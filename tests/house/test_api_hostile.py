"""Hostile values in every field of every operation: the sender's error, never ours, and always in the one form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from core.api import PROBLEM_RESPONSES
from tests.api import JSON, UNSAFE, Door, Multipart, doors
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.house.worlds import World, finished_world

HOSTILE: list[Any] = [
    *(None, True, -1, 0, 2**31, 2**63, 2**70, 1e308, 0.5, [], {}, [None], [{}]),
    *("", " ", "x" * 7000, "\x00", "a\u202eb\u200b", "😀" * 20, "e\u0301" * 30, "٣", "NaN", "Infinity", "-1", "1e5"),
    *("9999-12-31", "1950-01-01", "2099-12-31", "2026-02-30", "24:00", "09:00+07:00"),
    *("00000000-0000-0000-0000-000000000000", "'; drop table", "{{7*7}}", "%s%(x)s", "=1+1"),
]
EACH = 3  # values tried per field; they take turns, so that all are tried many times


def attempts(door: Door, ids: dict[str, Any], turn: Iterator[int]) -> Iterator[tuple[str, Any]]:
    """Bodies that are right but for one field."""
    right = door.body(ids)
    if right is None:
        return
    fields: dict[str, Any] = right.fields if isinstance(right, Multipart) else right
    for name in _fields(door):
        for _ in range(EACH):
            value = HOSTILE[next(turn) % len(HOSTILE)]
            if isinstance(right, Multipart):
                right.file.seek(0)
                yield name, {**fields, name: str(value), "file": right.file}
            else:
                yield name, {**fields, name: value}


def _fields(door: Door) -> list[str]:
    for model in door.operation.models:
        if model.__ninja_param_source__ in ("body", "form"):
            (field,) = model.model_fields.values()
            return list(field.annotation.model_fields)  # type: ignore[union-attr]
    return []


def _queries(door: Door) -> list[str]:
    return [
        name
        for model in door.operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__  # type: ignore[attr-defined]
    ]


@pytest.fixture
def client_of_everything(client: Client) -> tuple[Client, World]:
    """Somebody with every role at the very things that the ids name, so that values reach the services."""
    world = finished_world()
    user = world.road.applicant
    for role in ("hr", "auditor", "leadership"):
        AgencyMembershipFactory(agency=world.road.agency, user=user, role=role)
    PartnerMembershipFactory(partner=world.road.slot.partner, user=user)
    client.force_login(user)
    return client, world


@pytest.mark.django_db
@override_settings(API_RATE="")
def test_no_value_in_any_field_is_our_error(client_of_everything: tuple[Client, World]) -> None:
    client, world = client_of_everything
    ids = world.ids | {"code": "X"}
    turn = count()
    answers = []
    for door in doors():
        path = f"/api/{door.path(ids)}"
        if door.method in UNSAFE:
            for name, body in attempts(door, ids, turn):
                with transaction.atomic():
                    if "file" in body:
                        answer = client.post(path, body)
                    else:
                        answer = client.generic(door.method, path, json.dumps(body).encode(), content_type=JSON)
                    transaction.set_rollback(True)
                answers.append((f"{door.name} {name}", answer))
        for name in _queries(door):
            for _ in range(EACH):
                value = str(HOSTILE[next(turn) % len(HOSTILE)])
                answers.append((f"{door.name} ?{name}", client.get(path, {name: value})))
    assert len(answers) > 500
    for asked, answer in answers:
        if answer.status_code >= 300:
            assert answer.status_code in PROBLEM_RESPONSES, (asked, answer.status_code)
            assert set(json.loads(answer.content)) == {"code", "field", "message", "remedy", "errors"}, asked
