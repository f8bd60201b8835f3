"""Show the accounts to try the product with."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from web.demo.accounts import DemoAccount, demo_accounts


class Command(BaseCommand):
    help = "List the demo accounts: role, city, user name, password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = demo_accounts()
        if not accounts:
            raise CommandError("There is no demo world; `manage.py seed_demo` builds it.")
        if options["json"]:
            self.stdout.write(json.dumps([account.as_dict() for account in accounts], ensure_ascii=False, indent=2))
        else:
            Console().print(table_of(accounts))


def table_of(accounts: list[DemoAccount]) -> Table:
    """The accounts as a table that fits 80 columns, so that no password is cut."""
    table = Table(title="Akun contoh", title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in ("Peran", "Kota", "Nama pengguna", "Kata sandi"):
        table.add_column(heading, no_wrap=True)
    for account in accounts:
        table.add_row(account.role, account.city, account.username, account.password)
    return table
