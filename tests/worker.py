"""A real Celery worker in a process of its own, on the test database and queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import redis
from django.conf import settings
from django.db import connection

from core import embedded


class WorkerProcess:
    """Started by making it; end it with :meth:`stop`, or suddenly with :meth:`kill`."""

    def __init__(self, log: Path, *, concurrency: int = 1) -> None:
        self._log = log
        command = ["-m", "celery", "-A", "config", "worker", "--pool", "prefork"]
        command += ["--concurrency", str(concurrency), "--loglevel", "INFO", "--hostname", f"{log.stem}@%h"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "--include", "tests.handlers"]
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=settings.BASE_DIR,
                env=os.environ | _test_environment(),
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=embedded.child_setup(signal.SIGQUIT),
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """End it as a power cut would: the worker and its pool at once."""
        embedded.kill_group(self.process)
        self.process.wait()

    def stop(self) -> None:
        """Let it finish what it is doing, then end it."""
        embedded.stop_process(self.process, signal.SIGTERM, 20)

    def output(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    def _wait_until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while " ready." not in self.output():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the worker did not start:\n{self.output()}")
            time.sleep(0.05)


def _test_environment() -> dict[str, str]:
    """Name the database under test, and let the worker's own announcements ring."""
    name = quote(str(connection.settings_dict["NAME"]))
    return {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl(),
        "OUTBOX_RING": "1",
        "OMP_NUM_THREADS": "1",
    }


def empty_queue() -> None:
    """Forget every message of the test queue, those a killed worker held included."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(settings.CELERY_TASK_DEFAULT_QUEUE, "unacked", "unacked_index", "unacked_mutex")
    client.close()
