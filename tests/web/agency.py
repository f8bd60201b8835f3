"""What tests of the HR office's pages share."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from tests.factories.placements import Road, make_road

MOST_QUERIES = 20


def signed_in(user: User) -> Client:
    """A browser in which somebody has signed in."""
    client = Client()
    client.force_login(user)
    return client


def queries_of(client: Client, url: str) -> int:
    """How many queries a page takes; never more than the limit."""
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    assert len(caught) <= MOST_QUERIES, "\n".join(q["sql"][:160] for q in caught)
    return len(caught)


def another(road: Road, **slot: Any) -> Road:
    """One more story in the same city, before the same HR officer."""
    more = make_road(agency=road.agency, **slot)
    more.hr = road.hr
    return more
