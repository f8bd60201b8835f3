"""Composite foreign keys: a tenant row can only point at rows of its own agency.

Django has no composite foreign keys, so the migration operation writes them in SQL beside
Django's own single-column keys. ``tests/house/test_tenancy.py`` reads the catalogue and finds
every one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory


def is_tenant(model: type[models.Model]) -> bool:
    """Whether the model carries ``agency`` NOT NULL (the registry's own and a migration's historical models alike)."""
    return any(f.name == "agency" and f.many_to_one and not f.null for f in model._meta.local_fields)


def tenant_foreign_keys(
    model: type[models.Model],
) -> Iterator[models.ForeignKey[Any, Any]]:
    """Foreign keys of a tenant model that lead to tenant models."""
    for field in model._meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.name != "agency" and is_tenant(field.related_model):
            yield field


def key_name(table: str) -> str:
    """Name of the unique (id, agency_id) constraint of a table."""
    return f"{table}_tenant_key"[-63:]


def foreign_key_name(table: str, column: str) -> str:
    """Name of the composite foreign key of a column."""
    return f"{table}_{column}_same_agency"[-63:]


class EnforceTenancy(Operation):
    """Add ``UNIQUE (id, agency_id)`` and the composite keys of one app; safe to repeat in later migrations."""

    reduces_to_sql = True
    reversible = True
    category = OperationCategory.SQL

    def __init__(self, app_label: str) -> None:
        self.app = app_label

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.app], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in Django's picture of the models."""

    def _tables(self, apps: Apps) -> list[type[models.Model]]:
        return [m for m in apps.get_app_config(self.app).get_models() if is_tenant(m)]

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in self._tables(to_state.apps):
            table = model._meta.db_table
            self._add(schema_editor, table, key_name(table), "UNIQUE (id, agency_id)")
        for model in self._tables(to_state.apps):
            table = model._meta.db_table
            for field in tenant_foreign_keys(model):
                target = field.related_model._meta.db_table
                self._add(
                    schema_editor,
                    table,
                    foreign_key_name(table, field.column),
                    f'FOREIGN KEY ("{field.column}", agency_id) REFERENCES "{target}" (id, agency_id)'
                    " DEFERRABLE INITIALLY DEFERRED",
                )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: Any,
        to_state: Any,
    ) -> None:
        """The constraints go with their tables."""

    @staticmethod
    def _add(schema_editor: BaseDatabaseSchemaEditor, table: str, name: str, body: str) -> None:
        schema_editor.execute(
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint"  # noqa: S608 - names of ours
            f" WHERE conname = '{name}' AND conrelid = '{table}'::regclass)"
            f' THEN ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {body}; END IF; END $$',
            params=None,
        )

    def describe(self) -> str:
        return f"Composite tenant keys of {self.app}"
