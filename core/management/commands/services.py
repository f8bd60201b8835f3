"""Run one command while the embedded servers are up."""

from __future__ import annotations

import sys
from argparse import REMAINDER, ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.embedded import EmbeddedError
from core.supervisor import Problem, Stopped, Supervisor


class Command(BaseCommand):
    """``manage.py services -- python manage.py shell``: servers on, command, servers off."""

    help = "Start the embedded servers, run the given command (or wait for Ctrl-C), stop them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the rest of the line as the command."""
        parser.add_argument("command", nargs=REMAINDER)

    def handle(self, *, command: list[str], **_: object) -> None:
        """End with the status of the command."""
        command = command[1:] if command[:1] == ["--"] else command
        try:
            with Supervisor(settings.BASE_DIR) as supervisor:
                supervisor.start_servers(postgres=settings.EMBEDDED_POSTGRES, valkey=settings.EMBEDDED_VALKEY)
                if command:
                    sys.exit(supervisor.run_in_front(command))
                self.stdout.write(f"{settings.DATABASE_URL}\n{settings.REDIS_URL}")
                supervisor.serve_until_stopped()
        except Stopped:
            return
        except (Problem, EmbeddedError) as problem:
            raise CommandError(str(problem)) from problem
