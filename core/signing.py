"""Ed25519 signatures over facts. The keys live in a folder of their own, apart from code, database and backups.

``active.pem`` holds the one private key that signs. ``<key id>.pub`` holds each public key there ever was: what an old
key signed keeps verifying, and nobody can sign with it any more. A key's id follows from its public bytes, so a file
put under a known id does not pass.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_KEY_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Signature:
    """Whose key signed, and the 64 bytes as text."""

    key_id: str
    value: str


def canonical(facts: Mapping[str, Any]) -> bytes:
    """The one way these facts are written as bytes."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sign(facts: Mapping[str, Any]) -> Signature:
    """Sign with the active key."""
    private = active_key()
    value = base64.b64encode(private.sign(canonical(facts))).decode()
    return Signature(key_id_of(private.public_key()), value)


def is_genuine(facts: Mapping[str, Any], signature: Signature) -> bool:
    """Whether one of our keys signed exactly these facts."""
    public = _public_key(signature.key_id)
    if public is None:
        return False
    try:
        public.verify(base64.b64decode(signature.value, validate=True), canonical(facts))
    except (InvalidSignature, binascii.Error, TypeError, ValueError):
        return False
    return True


def key_id_of(public: Ed25519PublicKey) -> str:
    """The first 64 bits of the SHA-256 of the public bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def active_key() -> Ed25519PrivateKey:
    """The key that signs; on a machine of one's own it is made on first use, a release must have been given one."""
    path = _folder() / "active.pem"
    if not path.exists():
        if settings.RELEASE:
            raise ImproperlyConfigured(f"{path} is missing: make the key with `manage.py signing_key`.")
        make_key()
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ImproperlyConfigured(f"{path} holds no Ed25519 key.")
    return key


def make_key(*, replace: bool = False) -> str:
    """Make a key pair and let it sign from now on; an active key stays unless ``replace``. Returns the active id."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    key_id = key_id_of(private.public_key())
    # The public half first: nothing may be signed that cannot be verified.
    _write(folder / f"{key_id}.pub", private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex().encode())
    draft = folder / f"draft.{key_id}"
    _write(draft, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if replace:
        os.replace(draft, folder / "active.pem")
        return key_id
    try:
        os.link(draft, folder / "active.pem")  # unlike a rename, never replaces a rival's key
    except FileExistsError:
        (folder / f"{key_id}.pub").unlink()
        return key_id_of(active_key().public_key())
    finally:
        draft.unlink()
    return key_id


def _public_key(key_id: str) -> Ed25519PublicKey | None:
    path = _folder() / f"{key_id}.pub"
    if not _KEY_ID.fullmatch(key_id) or not path.is_file():
        return None
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(path.read_text()))
    except ValueError:
        return None
    return public if key_id_of(public) == key_id else None


def _folder() -> Path:
    return Path(settings.SIGNING_KEYS)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
