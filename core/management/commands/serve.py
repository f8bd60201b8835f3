"""Run the whole of Padan on this machine."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.embedded import EmbeddedError
from core.supervisor import Problem, Stopped, Supervisor, check_port

WORKER = (
    *("-m", "celery", "-A", "config", "worker", "--pool", "prefork", "--concurrency", "2"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"),
)
BEAT = ("-m", "celery", "-A", "config", "beat", "--loglevel", "INFO")
WEB = (
    *("-m", "granian", "--interface", "wsgi", "config.wsgi:application", "--no-ws"),
    *("--workers", "1", "--blocking-threads", "4", "--log-level", "warning"),
    # one that is asked to stop while it starts would never stop
    *("--workers-kill-timeout", "5"),
)


class Command(BaseCommand):
    """Start the servers, the pages, the workers and the clock; stop all with Ctrl-C."""

    help = "Run servers, pages, workers and clock together until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options; the Makefile passes its variables on to them."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--dev", action="store_true", help="reload changed code")
        parser.add_argument("--demo", action="store_true", help="build the demo world and show it")
        parser.add_argument("--once", action="store_true", help="end after the demo's printout")
        parser.add_argument("--size", default="city", help="demo world: small or city")
        parser.add_argument("--seed", default="1", help="demo world: a number")

    def handle(self, **options: object) -> None:
        """Run until stopped; a problem is told in one sentence."""
        try:
            with Supervisor(settings.BASE_DIR) as supervisor:
                self._run(supervisor, **options)  # type: ignore[arg-type]
        except Stopped as stopped:
            self._say("Stopped; nothing is left running.")
            sys.exit(0 if stopped.signum == signal.SIGINT else 128 + stopped.signum)
        except (Problem, EmbeddedError) as problem:
            raise CommandError(str(problem)) from problem

    def _run(
        self,
        supervisor: Supervisor,
        *,
        host: str,
        port: int,
        dev: bool,
        demo: bool,
        once: bool,
        size: str,
        seed: str,
        **_: object,
    ) -> None:
        os.environ["OMP_NUM_THREADS"] = "1"  # or scikit-learn would take every core
        if dev:
            os.environ["DEBUG"] = "1"
        address = f"http://{host}:{port}"
        os.environ.setdefault("SITE_URL", address)  # links in mails lead here
        check_port(host, port)
        self._say("Starting the servers …")
        supervisor.start_servers(postgres=settings.EMBEDDED_POSTGRES, valkey=settings.EMBEDDED_VALKEY)
        supervisor.manage("prepare", quiet=True)
        self._say("Starting pages, workers and clock …")
        if dev:
            supervisor.start("web", ("manage.py", "runserver", f"{host}:{port}"))
        else:
            supervisor.start("web", (*WEB, "--host", host, "--port", str(port)))
        supervisor.start("worker", WORKER, signum=signal.SIGKILL)  # a killed parent waits for no task
        schedule = settings.BASE_DIR / ".padan" / "local" / "beat-schedule"
        supervisor.start("beat", (*BEAT, "--schedule", str(schedule), "--pidfile="))
        if demo:
            # while the others start, and with their help: what is announced goes to the workers
            supervisor.manage("seed_demo", "--size", size, "--seed", seed)
        supervisor.wait_until_healthy(address)
        if demo:
            supervisor.manage("demo", "--address", address)
        if once:
            return
        self._say(f"\nPadan is open at {address} – stop it with Ctrl-C.")
        supervisor.serve_until_stopped()

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
