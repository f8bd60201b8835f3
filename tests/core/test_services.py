from __future__ import annotations

import uuid

import psycopg2.errors
import pytest
from django.db import IntegrityError, OperationalError, connection

from accounts.models import User
from core import services
from core.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, at_row, require
from core.rows import find, lock
from core.services import service
from core.states import advance
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory
from tests.factories.partners import SlotFactory


def rival(cause: type[Exception]) -> OperationalError:
    error = OperationalError("rival")
    error.__cause__ = cause()
    return error


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "cause", [psycopg2.errors.DeadlockDetected, psycopg2.errors.LockNotAvailable, psycopg2.errors.SerializationFailure]
)
def test_a_deadlock_or_timeout_is_tried_three_times_with_a_clean_slate(cause: type[Exception]) -> None:
    tries: list[int] = []

    @service
    def open_account(*, luck: int) -> int:
        UserFactory()
        tries.append(1)
        if len(tries) < luck:
            raise rival(cause)
        return User.objects.count()

    assert open_account(luck=3) == 1
    tries.clear()
    with pytest.raises(Busy):
        open_account(luck=9)
    assert len(tries) == services.ATTEMPTS
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_other_trouble_is_not_hidden() -> None:
    @service
    def fail() -> None:
        raise OperationalError("disk full")

    with pytest.raises(OperationalError, match="disk full"):
        fail()
    assert connection.padan_inside == ""  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_waiting_for_a_lock_has_an_end() -> None:
    @service
    def ask() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    assert ask() == "3s"


@pytest.mark.django_db
def test_a_unique_row_that_a_rival_wrote_first_is_a_conflict() -> None:
    AgencyFactory(code="palu")

    @service
    def write(**values: object) -> None:
        AgencyFactory(**values)

    with pytest.raises(Conflict, match="already_there"):
        write(code="palu")
    with pytest.raises(IntegrityError, match="agency_unknown_gap_range"):
        write(expected_unknown_gap=0)


@pytest.mark.django_db
def test_an_id_becomes_a_row_only_among_the_visible() -> None:
    seen, hidden = UserFactory(), UserFactory()
    visible = User.objects.exclude(pk=hidden.pk)
    assert find(visible, seen.pk) == lock(visible, seen.pk) == seen
    for take in (find, lock):
        for pk in (hidden.pk, 0):
            with pytest.raises(NotFound):
                take(visible, pk)


@pytest.mark.django_db
def test_statuses_change_only_by_their_transitions() -> None:
    slot = SlotFactory(draft=True)
    with pytest.raises(AttributeError):
        slot.status = "published"
    with pytest.raises(Conflict) as refusal:
        advance(slot, "publish")
    assert (refusal.value.code, refusal.value.params["action"]) == ("not_in_this_state", "publish")
    advance(slot, "submit")
    assert slot.status == "submitted"


def test_require() -> None:
    require(True)
    with pytest.raises(NotAllowed) as refusal:
        require(False, "hr_only")
    assert (refusal.value.code, refusal.value.status) == ("hr_only", 403)


def test_a_row_of_a_batch_is_named() -> None:
    with pytest.raises(Invalid) as refusal, at_row(3):
        raise Invalid("nip_format", field="nip")
    assert (refusal.value.field, refusal.value.params) == ("3.nip", {"row": 3})


def test_not_found_says_nothing_about_what() -> None:
    error = NotFound()
    assert (error.code, error.field, error.params, str(error)) == ("not_found", "", {}, "not_found")
    assert str(uuid.uuid4()) not in str(error)
