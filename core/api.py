"""What every API door shares: strict input, honest error answers, bounded pages."""

from __future__ import annotations

import http
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, FilterSchema, Schema
from ninja.pagination import LimitOffsetPagination
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

_KEPT = "\n\r\t"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def clean(value: Any) -> Any:
    """Text in one normal form (NFC) and without control characters; other values as they are."""
    if isinstance(value, list):
        return [clean(item) for item in value]
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in _KEPT for char in value):
        raise PydanticCustomError("text_control", "control characters")
    return unicodedata.normalize("NFC", value)


class Input(BaseModel):
    """Base of everything a caller sends: unknown fields refused, text cleaned."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return clean(value)


class Filters(FilterSchema):
    """Base of the filters of a list: each is optional, and all that are given must hold."""

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return clean(value)


def _only_iso(value: Any) -> Any:
    # pydantic would also take a number for seconds since 1970, and a date far outside any calendar of ours.
    if isinstance(value, str) and not _DAY.fullmatch(value.strip()):
        raise PydanticCustomError("date_format", "not a date")
    if isinstance(value, int | float):
        raise PydanticCustomError("date_format", "not a date")
    return value


Day = Annotated[
    date,
    BeforeValidator(_only_iso),
    Field(ge=date(1950, 1, 1), le=date(2099, 12, 31)),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2027-03-01"]}),
]


def _only_iso_moment(value: Any) -> Any:
    if not isinstance(value, str) or "T" not in value.upper().replace(" ", "T"):
        raise PydanticCustomError("datetime_format", "not a moment")
    return value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_iso_moment),
    Field(ge=datetime(1950, 1, 1, tzinfo=UTC), le=datetime(2099, 12, 31, tzinfo=UTC)),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-03-01T09:00:00+08:00"]}),
]
Level = Annotated[int, Field(ge=1, le=5, examples=[3])]
LevelOrNone = Annotated[int, Field(ge=0, le=5, examples=[2], description="0 asks for nothing.")]


class FieldProblem(Schema):
    """What is wrong with one field, and what to do."""

    field: str = Field(examples=["outcomes.0.to_level"], description="Path of the field; empty when none is at fault.")
    code: str = Field(examples=["out_of_range"], description="Stable; programs look at this.")
    message: str = Field(examples=["The value is outside what is allowed."])
    remedy: str = Field(examples=["Send a value between 1 and 5."])


class Problem(FieldProblem):
    """The one form of every error. ``errors`` lists each field when the input itself is invalid."""

    errors: list[FieldProblem]


PROBLEM_RESPONSES = {
    status: {
        "description": http.HTTPStatus(status).phrase,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 503)
}


IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your name for this request, such as a random UUID. Sent again within 48 hours it does nothing "
    "again and answers what the first was answered, with the header Idempotency-Replayed; with another body it is "
    "refused. Refusals are not kept: after one the same key may be tried again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


class Pages(LimitOffsetPagination):
    """``limit`` and ``offset``, both bounded; the answer has ``items`` and the ``count`` of all."""

    class Input(Schema):
        limit: int = Field(20, ge=1, le=100, description="Rows in one answer.")
        offset: int = Field(0, ge=0, le=100_000, description="Rows to leap over.")

    def paginate_queryset(self, queryset: Any, pagination: Any, request: HttpRequest, **params: Any) -> Any:
        """Cut the page, in an order that does not change between pages."""
        if isinstance(queryset, QuerySet) and "pk" not in (order := _order(queryset)) and "id" not in order:
            queryset = queryset.order_by(*order, "pk")
        return super().paginate_queryset(queryset, pagination, request, **params)


def _order(queryset: QuerySet[Any]) -> tuple[Any, ...]:
    return tuple(queryset.query.order_by or queryset.model._meta.ordering)


def input_models(model: type[BaseModel] = Input) -> Iterator[type[BaseModel]]:
    """Every input schema there is (for the tests that enumerate them)."""
    for sub in model.__subclasses__():
        yield sub
        yield from input_models(sub)
