"""A tenant row cannot point across agencies: every composite key is in the catalogue."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from core.models import TenantModel
from core.tenancy import foreign_key_name, is_tenant, key_name, tenant_foreign_keys

TENANT_MODELS = [m for m in apps.get_models() if issubclass(m, TenantModel)]


@pytest.fixture
def catalogue(db: None) -> dict[str, tuple[str, str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        )
        return {name: (table, body, valid) for table, name, body, valid in cursor.fetchall()}


def test_every_room_has_tenant_rows() -> None:
    assert {m._meta.app_label for m in TENANT_MODELS} == {
        "asn",
        "partners",
        "mentors",
        "matching",
        "placements",
        "incentives",
    }
    assert all(is_tenant(m) for m in TENANT_MODELS)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label)
def test_id_and_agency_are_a_key(model: type[TenantModel], catalogue: dict[str, tuple[str, str, bool]]) -> None:
    table, body, valid = catalogue[key_name(model._meta.db_table)]
    assert (table, body, valid) == (model._meta.db_table, "UNIQUE (id, agency_id)", True)


FOREIGN_KEYS = [(m, f) for m in TENANT_MODELS for f in tenant_foreign_keys(m)]


@pytest.mark.parametrize(("model", "field"), FOREIGN_KEYS, ids=lambda v: getattr(v, "name", None) or v._meta.label)
def test_foreign_key_includes_the_agency(model, field, catalogue) -> None:
    table, body, valid = catalogue[foreign_key_name(model._meta.db_table, field.column)]
    target = field.related_model._meta.db_table
    assert table == model._meta.db_table
    assert body.startswith(f"FOREIGN KEY ({field.column}, agency_id) REFERENCES {target}(id, agency_id)")
    assert valid
