"""Signatures: only what was signed passes, whoever's key it was; keys are made once, rotated, and never leave."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from core import signing
from core.signing import Signature, canonical, is_genuine, sign

FACTS = {"name": "Ratna", "code": "ab", "nested": [1, "é"]}


@pytest.fixture(autouse=True)
def keys(settings: Settings, tmp_path: Path) -> Path:
    """A folder of keys of one's own."""
    settings.SIGNING_KEYS = tmp_path / "keys"
    return tmp_path / "keys"


def test_facts_have_one_form() -> None:
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": float("nan")})


def test_only_what_was_signed_passes() -> None:
    signature = sign(FACTS)
    assert is_genuine(FACTS, signature)
    assert not is_genuine({**FACTS, "name": "Ratno"}, signature)
    assert not is_genuine(FACTS, replace(signature, value=signature.value[:-4] + "AAA="))
    for value in ("", "x", "=" * 88, base64.b64encode(b"0" * 64).decode(), "é" * 88):
        assert not is_genuine(FACTS, replace(signature, value=value))
    for key_id in ("", "../../etc/passwd", "0" * 16, signature.key_id.upper() + "/"):
        assert not is_genuine(FACTS, replace(signature, key_id=key_id))


def test_the_private_key_is_for_its_owner_only(keys: Path) -> None:
    sign(FACTS)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}


def test_an_old_key_keeps_verifying_and_signs_no_more(keys: Path) -> None:
    before = sign(FACTS)
    signing.make_key(replace=True)
    after = sign(FACTS)
    assert before.key_id != after.key_id
    assert is_genuine(FACTS, before)
    assert is_genuine(FACTS, after)
    assert len(list(keys.glob("*.pem"))) == 1
    assert signing.make_key() == after.key_id  # one that is there stays


def test_a_foreign_key_under_a_known_name_does_not_pass(keys: Path) -> None:
    genuine = sign(FACTS)
    foreign = Ed25519PrivateKey.generate()
    forged = Signature(genuine.key_id, base64.b64encode(foreign.sign(canonical(FACTS))).decode())
    (keys / f"{genuine.key_id}.pub").write_text(foreign.public_key().public_bytes_raw().hex())
    assert not is_genuine(FACTS, forged)


def test_rivals_make_one_key() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: signing.make_key(), range(16)))
    assert found == {sign(FACTS).key_id}


def test_a_release_makes_up_no_key(settings: Settings) -> None:
    settings.RELEASE = True
    with pytest.raises(ImproperlyConfigured, match="signing_key"):
        sign(FACTS)
