"""A certificate cannot be forged: facts, code and bytes are signed, and whoever asks learns the minimum."""

from __future__ import annotations

import copy
import random
import secrets
import string
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from core import outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import AuditEvent
from core.signing import Signature
from placements import services
from placements.models import Certificate
from placements.states import CertificateState
from placements.verification import UNKNOWN, check_certificate, clean_code, is_same_file, is_untouched, short_name
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

ROUNDS = 10_000


@pytest.fixture
def issued() -> Certificate:
    road = make_road(employee={"name": "Ratna Sari Dewi"})
    road.complete()
    return Certificate.objects.get()


def test_the_public_learns_the_minimum(issued: Certificate) -> None:
    found = check_certificate(issued.code)
    road = issued.placement
    assert found.state == CertificateState.VALID
    assert (found.number, found.activity, found.partner) == (issued.number, road.slot.title, road.slot.partner.name)
    assert found.name == short_name(road.employee.full_name)
    told = repr(found)
    person = road.employee
    for secret in (person.nip, person.full_name, person.unit.name, person.position.title):
        assert secret not in told


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Dr. Ratna Sari Dewi, S.Kom.", "Ratna S. D."),
        ("Ratna", "Ratna"),
        ("Prof. Dr. I Made Putra", "I M. P."),
        ("", ""),
        ("M. Yusuf", "Yusuf"),
    ],
)
def test_names_are_shortened(name: str, short: str) -> None:
    assert short_name(name) == short


def test_a_code_is_read_however_it_is_typed(issued: Certificate) -> None:
    spaced = " ".join(issued.code[i : i + 4] for i in range(0, 32, 4)).upper()
    assert clean_code(f" {spaced} ") == issued.code
    assert check_certificate(spaced).state == CertificateState.VALID


def _altered(rng: random.Random, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with one thing changed, added or taken away."""
    changed = copy.deepcopy(facts)
    key = rng.choice([key for key in changed if key != "code"])
    value = changed[key]
    kind = rng.randrange(4)
    if kind == 0:
        del changed[key]
    elif kind == 1:
        changed[key + rng.choice(string.ascii_lowercase)] = value
    elif isinstance(value, str) and value:
        at = rng.randrange(len(value))
        changed[key] = value[:at] + chr((ord(value[at]) + rng.randrange(1, 90)) % 0xD000) + value[at + 1 :]
    else:
        changed[key] = rng.choice([None, 2, [], "1"])
    return changed


def _forgeries(issued: Certificate) -> list[tuple[str, dict[str, Any], Signature]]:
    rng = random.Random(26)
    genuine = Signature(issued.key_id, issued.signature)
    found = []
    for number in range(ROUNDS):
        facts, signature, code = dict(issued.facts), genuine, issued.code
        kind = number % 4
        if kind in (0, 1):
            facts = _altered(rng, facts)
        elif kind == 2:  # another code for the same facts, in the row and in the facts
            code = "".join(rng.choice("0123456789abcdef") for _ in range(32))
            facts["code"] = code
        else:
            at = rng.randrange(len(genuine.value) - 3)
            other = rng.choice([char for char in string.ascii_letters if char != genuine.value[at]])
            signature = Signature(genuine.key_id, genuine.value[:at] + other + genuine.value[at + 1 :])
        if (facts, signature, code) != (issued.facts, genuine, issued.code):
            found.append((code, facts, signature))
    assert len(found) == ROUNDS
    return found


def test_no_altered_fact_or_code_is_accepted(issued: Certificate) -> None:
    assert is_untouched(issued.code, issued.facts, Signature(issued.key_id, issued.signature))
    assert sum(is_untouched(*forged) for forged in _forgeries(issued)) == 0


def test_without_the_signature_forgeries_pass(issued: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: what is left without its guard lets most of them in."""
    monkeypatch.setattr("placements.verification.is_genuine", lambda facts, signature: True)
    assert sum(is_untouched(*forged) for forged in _forgeries(issued)) > ROUNDS / 2


def test_a_row_changed_in_the_database_is_unknown(issued: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    Certificate.objects.filter(pk=issued.pk).update(facts={**issued.facts, "name": "Orang Lain"})
    assert check_certificate(issued.code) == UNKNOWN
    assert "does not carry our signature" in caplog.text
    assert "Orang Lain" not in caplog.text


@pytest.mark.parametrize("text", ["", " ", "x" * 32, "0" * 31, "0" * 33, "é" * 32, "0" * 5000, "../", "\x00" * 32])
def test_malformed_codes_are_as_unknown_as_missing_ones(text: str) -> None:
    assert check_certificate(text) == UNKNOWN == check_certificate(secrets.token_hex(16))


def test_the_file_is_compared_by_its_bytes(issued: Certificate) -> None:
    outbox.drain()
    issued.refresh_from_db()
    assert issued.file is not None
    with issued.file.content.open("rb") as file:
        content = file.read()
    assert is_same_file(issued.code, [content[:100], content[100:]])
    assert not is_same_file(issued.code, [content + b" "])
    assert not is_same_file(secrets.token_hex(16), [content])
    # A hash put into the database without our signature does not count.
    Certificate.objects.filter(pk=issued.pk).update(file_signature=issued.signature)
    assert not is_same_file(issued.code, [content])


def test_hr_revokes_once_with_a_reason(issued: Certificate) -> None:
    road = issued.placement
    officer = AgencyMembershipFactory(agency=issued.agency).user
    with pytest.raises(Invalid) as caught:
        services.revoke_certificate(actor=officer, certificate_id=issued.pk, reason=" ")
    assert (caught.value.code, caught.value.field) == ("text_missing", "reason")
    services.revoke_certificate(actor=officer, certificate_id=issued.pk, reason="Logbook dipalsukan")
    assert check_certificate(issued.code).state == CertificateState.REVOKED
    assert AuditEvent.objects.filter(action="certificate.revoked", object_id=str(issued.pk)).count() == 1
    with pytest.raises(Conflict):
        services.revoke_certificate(actor=officer, certificate_id=issued.pk, reason="lagi")
    outbox.drain()
    assert road.employee.user is not None
    assert road.employee.user.notifications.filter(code="certificate_revoked").count() == 1


def test_nobody_else_revokes(issued: Certificate) -> None:
    road = issued.placement
    for actor in (road.employee.user, road.mentor.user if road.mentor else None):
        assert actor is not None
        with pytest.raises(NotAllowed):
            services.revoke_certificate(actor=actor, certificate_id=issued.pk, reason="x")
    stranger: Road = make_road()
    with pytest.raises(NotFound):
        services.revoke_certificate(actor=stranger.hr, certificate_id=issued.pk, reason="x")


def test_a_statement_says_until_when_the_person_stayed() -> None:
    road = make_road()
    road.start()
    left = road.slot.starts_on
    services.end_placement_early(
        actor=road.hr, placement_id=road.placement.pk, reason="health", now=road.at(left, hour=15)
    )
    statement = Certificate.objects.get()
    assert statement.facts["kind"] == "statement"
    assert statement.facts["ends_on"] == left.isoformat()
    assert check_certificate(statement.code).kind == "statement"


def test_the_command_rotates_and_signs_what_has_no_signature(
    issued: Certificate, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("signing_key", "--rotate")
    assert check_certificate(issued.code).state == CertificateState.VALID
    Certificate.objects.filter(pk=issued.pk).update(key_id="", signature="", facts={})
    assert check_certificate(issued.code) == UNKNOWN
    call_command("signing_key")
    assert "1 certificates without a signature were signed." in capsys.readouterr().out
    assert check_certificate(issued.code).state == CertificateState.VALID


def test_asking_takes_one_query(issued: Certificate) -> None:
    with CaptureQueriesContext(connection) as caught:
        check_certificate(issued.code)
    assert len(caught) == 1
