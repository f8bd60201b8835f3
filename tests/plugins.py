"""Start the servers that tests use, before Django reads its settings.

Loaded with ``-p tests.plugins`` (see pyproject.toml): pytest-django reads the
settings before any conftest.py. Addresses given by the environment win; those
in ``.env`` do not, for they may name a database somebody cares about.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
PLACES = ["test", "test-2", "test-3", "test-4", "test-5", "test-6"]


def _claim() -> embedded.Servers | None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return None  # the process that started us has them
    needed = {"DATABASE_URL", "REDIS_URL"} - {k for k, v in os.environ.items() if v}
    if not needed:
        return None
    for name in PLACES:
        if servers := embedded.claim(BASE_DIR, name, disposable=True):
            if "DATABASE_URL" in needed:
                os.environ["DATABASE_URL"] = embedded.database_url(BASE_DIR, name)
            if "REDIS_URL" in needed:
                os.environ["REDIS_URL"] = embedded.redis_url(BASE_DIR, name)
            return servers
    raise pytest.UsageError(f"{len(PLACES)} test runs are under way in this folder: wait for one to end.")


_given = dict(os.environ)
_servers = _claim()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, unless only asked for help or a list of tests."""
    if _servers is None or config.option.collectonly or config.option.help:
        return
    try:
        _servers.start(postgres=not _given.get("DATABASE_URL"), valkey=not _given.get("REDIS_URL"))
    except embedded.EmbeddedError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_unconfigure() -> None:
    """Stop them, last of all."""
    if _servers is not None:
        _servers.stop()
