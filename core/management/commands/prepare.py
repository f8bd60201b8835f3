"""Bring a database to the state that this release needs, in one process."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, make the table of the cache, load or refresh the reference data, make the key of certificates. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)  # counters of rate limits live in the database
        call_command("load_reference", stdout=self.stdout)
        call_command("signing_key", stdout=self.stdout)
