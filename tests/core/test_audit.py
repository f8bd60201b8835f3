from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import InternalError, connection, transaction

from core import audit
from core.audit import BrokenLink, broken_links
from core.models import AuditEvent, AuditHead
from core.services import service
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> str:
    """Five changes of one agency, with two of another between them."""
    here, elsewhere, actor = AgencyFactory(), AgencyFactory(), UserFactory()
    for agency in (here, here, elsewhere, here, here, elsewhere, here):
        audit.record(actor=actor, action="test.change", obj=agency, agency_id=agency.pk, after={"n": 1})
    return str(here.pk)


@contextmanager
def as_owner() -> Iterator[Callable[[str, object], None]]:
    """SQL of somebody who owns the table and switches its triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE core_auditevent DISABLE TRIGGER USER")
        yield lambda sql, chain: cursor.execute(sql, [chain])
        cursor.execute("ALTER TABLE core_auditevent ENABLE TRIGGER USER")


def test_an_untouched_trail_verifies(chain: str) -> None:
    assert AuditEvent.objects.filter(chain=chain).count() == 5
    assert list(broken_links()) == []


@pytest.mark.parametrize(
    "column",
    ["action = 'x'", "after = '{\"n\": 2}'", "actor_id = NULL", "at = now()", "object_id = 'x'", "actor_label = ''"],
)
def test_an_altered_row_is_named(chain: str, column: str) -> None:
    with as_owner() as run:
        run(f"UPDATE core_auditevent SET {column} WHERE chain = %s AND sequence = 3", chain)
    assert list(broken_links()) == [BrokenLink(chain, 3, "altered")]


def test_a_row_altered_with_its_own_hash_breaks_the_next(chain: str) -> None:
    row = AuditEvent.objects.get(chain=chain, sequence=3)
    row.action = "test.other"
    with as_owner() as run:
        run(
            f"UPDATE core_auditevent SET action='test.other', hash='{audit.digest(row)}' WHERE chain=%s AND sequence=3",
            chain,
        )
    assert list(broken_links()) == [BrokenLink(chain, 4, "unchained")]


@pytest.mark.parametrize("sequence", [1, 3])
def test_a_dropped_row_is_named(chain: str, sequence: int) -> None:
    with as_owner() as run:
        run(f"DELETE FROM core_auditevent WHERE chain = %s AND sequence = {sequence}", chain)
    assert list(broken_links()) == [BrokenLink(chain, sequence, "missing")]


def test_a_dropped_end_is_named(chain: str) -> None:
    with as_owner() as run:
        run("DELETE FROM core_auditevent WHERE chain = %s AND sequence > 3", chain)
    assert list(broken_links()) == [BrokenLink(chain, 4, "cut off")]


def test_a_dropped_head_is_named(chain: str) -> None:
    AuditHead.objects.filter(chain=chain).delete()
    assert list(broken_links()) == [BrokenLink(chain, 5, "headless")]


def test_swapped_rows_are_named(chain: str) -> None:
    with as_owner() as run:
        for old, new in ((2, 99), (4, 2), (99, 4)):
            run(f"UPDATE core_auditevent SET sequence = {new} WHERE chain = %s AND sequence = {old}", chain)
    assert list(broken_links()) == [BrokenLink(chain, 2, "unchained")]


@pytest.mark.parametrize("change", [{"action": "x"}, None])
def test_rows_are_insert_only(chain: str, change: dict[str, str] | None) -> None:
    rows = AuditEvent.objects.filter(chain=chain, sequence=2)
    with pytest.raises(InternalError, match="pgtrigger: Cannot"), transaction.atomic():
        rows.update(**change) if change else rows.delete()
    assert list(broken_links()) == []


def test_a_failed_service_leaves_no_row_and_no_gap() -> None:
    agency = AgencyFactory()

    @service
    def change(*, fail: bool) -> None:
        audit.record(actor=None, action="test.change", obj=agency, agency_id=agency.pk)
        if fail:
            raise ValueError

    change(fail=False)
    with pytest.raises(ValueError):  # noqa: PT011 - our own
        change(fail=True)
    change(fail=False)
    assert list(AuditEvent.objects.values_list("sequence", flat=True)) == [1, 2]
    assert list(broken_links()) == []


def test_services_within_a_service_write_their_rows_at_its_end_in_order() -> None:
    agency = AgencyFactory()

    @service
    def inner() -> None:
        audit.record(actor=None, action="test.inner", obj=agency, agency_id=agency.pk)
        assert not AuditEvent.objects.exists()

    @service
    def outer() -> None:
        audit.record(actor=None, action="test.before", obj=agency, agency_id=agency.pk)
        inner()
        audit.record(actor=None, action="test.after", obj=agency, agency_id=agency.pk)

    outer()
    assert list(AuditEvent.objects.values_list("action", flat=True)) == ["test.before", "test.inner", "test.after"]


def test_rows_without_agency_go_to_the_global_chain() -> None:
    audit.record(actor=None, action="test.change", obj=UserFactory())
    row = AuditEvent.objects.get()
    assert (row.chain, row.actor_label) == ("global", "system")


def verify(**options: bool) -> tuple[int, str]:
    out, status = StringIO(), 0
    try:
        call_command("verify_audit", stdout=out, **options)
    except SystemExit as end:
        status = int(str(end.code))
    return status, out.getvalue()


def test_the_command_says_it_to_people_and_programs(chain: str) -> None:
    assert verify() == (0, "7 audit rows, 0 broken chains.\n")
    assert verify(json=True)[0] == 0
    with as_owner() as run:
        run("UPDATE core_auditevent SET action = 'x' WHERE chain = %s AND sequence = 3", chain)
    assert verify() == (1, f"chain {chain}: row 3 is altered\n7 audit rows, 1 broken chains.\n")
    status, text = verify(json=True)
    assert (status, json.loads(text)) == (
        1,
        {"ok": False, "rows": 7, "broken": [{"chain": chain, "sequence": 3, "problem": "altered"}]},
    )
