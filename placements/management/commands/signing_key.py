"""Make or rotate the key that signs certificates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core import signing
from placements.services import sign_unsigned_certificates


class Command(BaseCommand):
    """``signing_key`` makes the first key and leaves one that is there; ``--rotate`` puts a new one in its place."""

    help = "Make the key that signs certificates (kept in SIGNING_KEYS), or rotate it; old ones keep verifying."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the option."""
        parser.add_argument("--rotate", action="store_true", help="sign with a new key from now on")

    def handle(self, *args: Any, rotate: bool = False, **options: Any) -> None:
        """Make the key, then sign what has no signature yet."""
        key_id = signing.make_key(replace=rotate)
        signed = sign_unsigned_certificates()
        self.stdout.write(f"Certificates are signed with key {key_id} in {settings.SIGNING_KEYS}.")
        if signed:
            self.stdout.write(f"{signed} certificates without a signature were signed.")
