"""All doors of the house, read from the URLconf and from every operation of the API.

``python -m tests.house.routes`` writes the table anew after a door was added or its policy changed; look at the
difference before you commit it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).with_name("routes.csv")


class Row(NamedTuple):
    """One door: how it is entered, where it is, what it is called, who may enter."""

    method: str
    route: str
    name: str
    roles: str


def roles_text(roles: frozenset[str] | None) -> str:
    """Roles as the table spells them; ``NOBODY`` where nothing is declared."""
    return " ".join(sorted(str(role) for role in roles)) if roles else "NOBODY"


def pages() -> Iterator[Row]:
    """Every pattern of the URLconf that is no operation of the API."""
    from django.urls import get_resolver

    yield from _walk(get_resolver(), "", ())


def _walk(resolver: object, prefix: str, namespaces: tuple[str, ...]) -> Iterator[Row]:
    from django.urls import URLResolver

    from core.policy import declared_policy
    from tests.api import doors

    operations = {f"api/{door.route}" for door in doors()}
    for pattern in resolver.url_patterns:  # type: ignore[attr-defined]
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, route, inner)
        elif route.replace("<", "{").replace(">", "}") not in operations:
            name = ":".join((*namespaces, pattern.name or ""))
            yield Row("*", route, name, roles_text(declared_policy(pattern.callback, name)))


def operations() -> Iterator[Row]:
    """Every operation of the API."""
    from config.api import api
    from tests.api import doors

    for door in doors():
        name = api.get_openapi_operation_id(door.operation)
        yield Row(door.method, f"api/{door.route}", name, roles_text(door.policy))


def all_routes() -> list[Row]:
    """The whole table, in a fixed order."""
    return sorted([*pages(), *operations()], key=lambda row: (row.route, row.method))


def read() -> list[Row]:
    """The table as committed."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return [Row(**line) for line in csv.DictReader(lines)]


def write() -> None:
    """Write the table as the code has it."""
    with TABLE.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(all_routes())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    write()
