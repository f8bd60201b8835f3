"""Asking the API in tests: requests as a program sends them, and an example for any input schema."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from ninja.operation import Operation

from accounts.models import User
from config.api import api
from tests.factories.core import PDF

JSON = "application/json"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def ask(
    user: User | None, method: str, path: str, data: Any = None, *, query: Mapping[str, Any] | None = None, **extra: Any
) -> HttpResponse:
    """Send one request as ``user`` (or as a stranger)."""
    client = Client()
    if user is not None:
        client.force_login(user)
    if isinstance(data, Multipart):
        return client.post(f"/api/{path}", {**data.fields, "file": data.file}, **extra)
    body = b"" if data is None else json.dumps(data, default=str).encode()
    return client.generic(method, f"/api/{path}", body, content_type=JSON, query_params=query, **extra)


def told(response: HttpResponse, status: int = 200) -> Any:
    """The JSON of an answer that must have this status."""
    assert response.status_code == status, (response.status_code, response.content.decode()[:2000])
    return json.loads(response.content) if response.content else None


@dataclass
class Multipart:
    """A form with a file."""

    fields: dict[str, Any]
    file: Any


@dataclass(frozen=True)
class Door:
    """One operation of the API: a method at an address."""

    method: str
    route: str
    operation: Operation

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def policy(self) -> frozenset[str]:
        return self.operation.view_func.policy  # type: ignore[attr-defined]

    @property
    def plain_route(self) -> str:
        """The address without the words that say how its parts are read."""
        return re.sub(r"{\w+:", "{", self.route)

    @property
    def parameters(self) -> list[str]:
        return [part.strip("{}") for part in self.plain_route.split("/") if part.startswith("{")]

    def path(self, values: Mapping[str, Any]) -> str:
        """The address with these values in it."""
        return self.plain_route.format(**values)

    def body(self, values: Mapping[str, Any]) -> Any:
        """A body that the schemas take, with these values where a field has such a name."""
        schema = _body_schema(self.operation)
        body = example(schema, schema.get("$defs", {}), values) if schema is not None else None
        if any(model.__ninja_param_source__ == "file" for model in self.operation.models):
            from django.core.files.uploadedfile import SimpleUploadedFile

            return Multipart(body or {}, SimpleUploadedFile("surat.pdf", PDF, content_type="application/pdf"))
        return body


def doors() -> Iterator[Door]:
    """Every operation, as it is mounted."""
    for router in api._get_bound_routers():
        for route, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield Door(method, f"{router.prefix}{route}".lstrip("/"), operation)


def _body_schema(operation: Operation) -> dict[str, Any] | None:
    for model in operation.models:
        if model.__ninja_param_source__ in ("body", "form"):
            (field,) = model.model_fields.values()
            schema: dict[str, Any] = field.annotation.model_json_schema()  # type: ignore[union-attr]
            return schema
    return None


def example(schema: Mapping[str, Any], known: Mapping[str, Any], values: Mapping[str, Any], name: str = "") -> Any:
    """The smallest value that satisfies a JSON schema."""
    if "$ref" in schema:
        return example(known[schema["$ref"].rsplit("/", 1)[-1]], known, values, name)
    if "allOf" in schema:
        return example(schema["allOf"][0], known, values, name)
    if name in values and schema.get("type") != "array":
        return str(values[name])
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], known, values, name)
    kind = schema.get("type")
    if kind == "object":
        required = set(schema.get("required", ())) | (set(values) & set(schema.get("properties", {})))
        return {
            key: example(part, known, values, key)
            for key, part in schema.get("properties", {}).items()
            if key in required
        }
    if kind == "array":
        item = schema["items"]
        single = name.removesuffix("s")
        if schema.get("minItems", 0) or single in values:
            return [example(item, known, values, single)]
        return []
    if kind in ("integer", "number"):
        return max(1, int(schema.get("minimum", 1)))
    if kind == "boolean":
        return True
    return _text(schema)


def _text(schema: Mapping[str, Any]) -> str:
    form = schema.get("format")
    if form == "uuid":
        return str(uuid.uuid4())
    if form == "date":
        return (date.today() - timedelta(days=1)).isoformat()
    if form == "date-time":
        return (datetime.now(UTC) + timedelta(days=1)).isoformat()
    if form == "time":
        return "09:00:00"
    text = "contoh" * (schema.get("minLength", 1) // 6 + 1)
    limit: int = schema.get("maxLength", len(text))
    return text[:limit]
