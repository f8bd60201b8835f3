"""What holds for each operation of the API, whatever room it is in."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Lt, MaxLen
from django.apps import apps
from django.conf import settings
from django.test import Client, override_settings
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from accounts.services import issue_token
from config.api import api
from config.problems import MAX_BODY
from core.api import PROBLEM_RESPONSES, Filters, Input, input_models
from core.errors import Busy
from tests.api import JSON, UNSAFE, Door, Multipart, ask, doors, told
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.house.worlds import everybody

ALL = list(doors())
WRITING = [door for door in ALL if door.method in UNSAFE]


def ids(door: Door) -> dict[str, Any]:
    return {name: "X" if name == "code" else uuid.uuid4() for name in door.parameters}


@pytest.mark.django_db
def test_a_login_cookie_without_the_csrf_token_writes_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(everybody())
    for door in WRITING:
        for content_type in (
            JSON,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ):
            path = f"/api/{door.path(ids(door))}"
            answer = client.generic(door.method, path, b"{}", content_type=content_type)
            assert told(answer, 403)["code"] == "csrf_failed", (door.name, content_type)


@pytest.mark.django_db
def test_the_csrf_token_opens_the_door() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    token = client.get("/api/docs").cookies[settings.CSRF_COOKIE_NAME].value
    answer = client.post("/api/tokens", {"label": "laporan"}, content_type=JSON, headers={"X-CSRFToken": token})
    assert told(answer, 201)["label"] == "laporan"


@pytest.mark.django_db
def test_unknown_fields_are_refused_by_every_operation_that_takes_a_body() -> None:
    user = everybody()
    fields = {field.name for model in apps.get_models() for field in model._meta.get_fields()}
    for door in WRITING:
        body = door.body({})
        if body is None:
            continue
        known = {*body.fields, "file"} if isinstance(body, Multipart) else set(_body_model(door).model_fields)
        strange = sorted(fields - known)
        if isinstance(body, Multipart):
            body.fields |= dict.fromkeys(strange, "1")
        else:
            body |= dict.fromkeys(strange, 1)
        answer = told(ask(user, door.method, door.path(ids(door)), body), 422)
        assert answer["code"] == "invalid_input", door.name
        assert {e["field"] for e in answer["errors"] if e["code"] == "field_unknown"} == set(strange), door.name


@pytest.mark.django_db
def test_unknown_query_parameters_are_refused_by_every_list() -> None:
    user = everybody()
    for door in ALL:
        if door.method == "GET":
            answer = told(ask(user, "GET", door.path(ids(door)), query={"statuss": "open"}), 422)
            assert [(e["field"], e["code"]) for e in answer["errors"]] == [("statuss", "field_unknown")], door.name


def _body_model(door: Door) -> type[BaseModel]:
    for model in door.operation.models:
        if model.__ninja_param_source__ in ("body", "form"):
            (field,) = model.model_fields.values()
            return field.annotation  # type: ignore[return-value]
    raise AssertionError(door.name)


def _takes_a_file_only(door: Door) -> bool:
    return {model.__ninja_param_source__ for model in door.operation.models} <= {"path", "query", "file"}


def test_bodies_are_strict_schemas() -> None:
    for door in WRITING:
        if door.body({}) is not None and not _takes_a_file_only(door):
            assert issubclass(_body_model(door), Input), door.name


def _bounds(field: FieldInfo) -> Iterator[tuple[type, list[Any]]]:
    """Each plain type inside a field's annotation, with what limits it."""
    todo: list[tuple[Any, list[Any]]] = [(field.annotation, list(field.metadata))]
    while todo:
        kind, limits = todo.pop()
        origin = get_origin(kind)
        if hasattr(kind, "__metadata__"):
            metadata = [m for item in kind.__metadata__ for m in getattr(item, "metadata", [item])]
            todo.append((kind.__origin__, limits + metadata))
        elif origin in (Union, UnionType):
            todo += [(part, limits) for part in get_args(kind)]
        elif origin is list:
            yield list, limits
            todo += [(part, []) for part in get_args(kind)]
        elif isinstance(kind, type):
            yield kind, limits


@pytest.mark.parametrize("model", [*input_models(Input), *input_models(Filters)], ids=lambda m: m.__name__)
def test_every_input_is_bounded(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        for kind, limits in _bounds(field):
            found = {type(limit) for limit in limits}
            if kind in (str, list):
                assert MaxLen in found, f"{model.__name__}.{name} has no longest length"
            if kind in (int, Decimal, float, date):
                assert found & {Ge, Gt}, f"{model.__name__}.{name} has no least value"
                assert found & {Le, Lt}, f"{model.__name__}.{name} has no greatest value"


def test_the_document_is_honest_and_complete() -> None:
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    assert document["openapi"].startswith("3.1")
    seen = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["operationId"] not in seen, operation["operationId"]
            seen.add(operation["operationId"])
            assert {str(s) for s in PROBLEM_RESPONSES} < set(operation["responses"]), path
            assert operation["description"], (method, path)
            assert operation["tags"], (method, path)
            assert operation["security"] == [{"BearerToken": []}, {"SessionCookie": []}] or path == "/api/tokens"
            for parameter in operation["parameters"]:
                if parameter["name"] in ("limit", "offset"):
                    assert {"minimum", "maximum"} <= set(parameter["schema"])
    assert len(seen) == len(ALL)
    assert {tag["name"] for tag in document["tags"]} == {
        tag for methods in document["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }


def test_no_schema_of_an_answer_has_a_nip() -> None:
    schemas = api.get_openapi_schema()["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema.get("properties", {})}
    # Whoever signs letters has the NIP printed below: it goes in, and only three digits come out.
    assert {field for field in fields if "nip" in field} == {"nip_last3", "signer_nip"}
    assert "signer_nip" not in schemas["LetterheadOut"]["properties"]
    assert not fields & {"password", "digest", "is_superuser", "user_id", "user"}


@pytest.mark.django_db
def test_the_document_and_its_page_need_nothing_from_outside(client: Client) -> None:
    assert told(client.get("/api/openapi.json"))["info"]["title"] == "Padan"
    page = client.get("/api/docs").content.decode()
    assert "//" not in page.replace("<!DOCTYPE", "").replace("http://www.w3.org", "")


# One form for every error


def problem(answer: Any) -> dict[str, Any]:
    body = json.loads(answer.content)
    assert set(body) == {"code", "field", "message", "remedy", "errors"}, body
    assert all(body[part] for part in ("code", "message", "remedy")), body
    assert all(set(part) == {"field", "code", "message", "remedy"} for part in body["errors"])
    return body


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "nowhere", None, 404, "not_found"),
        ("GET", "slots/not-an-id", None, 404, "not_found"),
        ("PATCH", "slots", None, 405, "method_not_allowed"),
        ("POST", "tokens", b"{", 400, "unreadable_body"),
        ("POST", "tokens", b'{"label": "\\u0000"}', 422, "invalid_input"),
        ("POST", "tokens", b'{"label": "\\ud800"}', 422, "invalid_input"),
        ("POST", "tokens", b'{"label": "x", "days": 1e400}', 422, "invalid_input"),
        ("POST", "tokens", b'["label"]', 422, "invalid_input"),
        ("POST", "tokens", b"[" * 100_000, 400, "unreadable_body"),
        ("POST", "tokens", b"\xff", 400, "unreadable_body"),
        ("GET", "slots?limit=0", None, 422, "invalid_input"),
        ("GET", "slots?limit=101", None, 422, "invalid_input"),
        ("GET", "slots?offset=99999999999999999999", None, 422, "invalid_input"),
        ("GET", "slots?q=%00", None, 422, "invalid_input"),
        ("GET", "competencies/%00", None, 404, "not_found"),
        ("GET", f"competencies/{'x' * 3000}", None, 404, "not_found"),
    ],
)
def test_bad_requests_are_the_senders_error(method: str, path: str, body: bytes | None, status: int, code: str) -> None:
    client = Client()
    client.force_login(everybody())
    answer = client.generic(method, f"/api/{path}", body or b"", content_type=JSON)
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


@pytest.mark.django_db
def test_a_body_over_the_limit_is_not_read(client: Client) -> None:
    answer = client.generic("POST", "/api/tokens", b" " * (MAX_BODY + 1), content_type=JSON)
    assert (answer.status_code, problem(answer)["code"]) == (413, "body_too_large")


@pytest.mark.django_db
def test_each_field_at_fault_is_named_with_its_remedy() -> None:
    answer = ask(everybody(), "POST", "tokens", {"days": 4000, "colour": "red"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    found = {error["field"]: (error["code"], error["remedy"]) for error in problem(answer)["errors"]}
    assert found == {
        "label": ("field_missing", "Send it."),
        "days": ("too_large", "Send at most 365."),
        "colour": ("field_unknown", "Leave it out, or check its spelling."),
    }


@pytest.mark.django_db
def test_errors_speak_the_language_of_the_reader() -> None:
    user = UserFactory(language="en")
    assert problem(ask(user, "GET", "employees"))["message"] == "Your account does not have the role this needs."
    indonesian = problem(ask(user, "GET", "employees", headers={"Accept-Language": "id"}))
    assert indonesian["message"] != "Your account does not have the role this needs."


@pytest.mark.django_db
def test_a_busy_database_asks_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(user: Any) -> Any:
        raise Busy("busy")

    monkeypatch.setattr("accounts.api.visible_tokens", busy)
    answer = ask(UserFactory(), "GET", "tokens")
    assert (answer.status_code, problem(answer)["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.django_db
def test_an_error_of_ours_tells_nothing_and_has_the_same_form(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(user: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("accounts.api.visible_tokens", broken)
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory())
    answer = client.get("/api/tokens")
    assert (answer.status_code, problem(answer)["code"]) == (500, "server_error")
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_answers_about_people_are_not_kept_by_caches() -> None:
    assert ask(UserFactory(), "GET", "me").headers["Cache-Control"] == "no-store"


# Tokens at the door


@pytest.mark.django_db
def test_a_token_opens_the_door_without_a_cookie(client: Client) -> None:
    user = UserFactory()
    token, plain = issue_token(actor=user, label="laporan")
    headers = {"Authorization": f"Bearer {plain}"}
    assert told(client.get("/api/me", headers=headers))["username"] == user.username
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert told(client.post(f"/api/tokens/{token.pk}/revoke", headers=headers))["revoked_at"] is not None


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer padan_wrong", "Bearer ", "Bearer", "Bearer \u00e9"])
def test_a_bad_token_is_refused_even_beside_a_good_cookie(header: str) -> None:
    ApiTokenFactory()
    answer = ask(UserFactory(), "GET", "me", headers={"Authorization": header})
    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.django_db
def test_a_token_cannot_issue_another(client: Client) -> None:
    _, plain = issue_token(actor=UserFactory(), label="laporan")
    answer = client.post(
        "/api/tokens", json.dumps({"label": "lagi"}), content_type=JSON, headers={"Authorization": f"Bearer {plain}"}
    )
    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")


@pytest.mark.django_db
@override_settings(API_RATE="2/m")
def test_programs_are_held_to_a_pace() -> None:
    user, other = UserFactory(), UserFactory()
    _, plain = issue_token(actor=user, label="laporan")
    headers = {"Authorization": f"Bearer {plain}"}
    answers = [Client().get("/api/me", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2])["code"] == "too_many_requests"
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    told(ask(user, "GET", "me"))  # a person who reads is not held up
    told(ask(user, "POST", f"tokens/{uuid.uuid4()}/revoke"), 429)
    told(ask(other, "POST", f"tokens/{uuid.uuid4()}/revoke"), 404)
