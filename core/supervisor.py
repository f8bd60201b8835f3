"""Run everything Padan consists of from one terminal, and leave nothing behind.

For one person's machine. A server runs the same processes under its own
supervisor (see docs/operations.md).
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO

from core import embedded

READY_SECONDS = 60


class Problem(Exception):
    """Something a person can put right; the text says how."""


class Stopped(Exception):
    """Someone asked us to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def check_port(host: str, port: int) -> None:
    """Say in one sentence if the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Problem(
                    f"Port {port} is taken by another program: choose another one with PORT={port + 1}."
                ) from error
            if error.errno == errno.EACCES:
                raise Problem(f"Port {port} is not for ordinary users: use PORT=8000.") from error
            raise Problem(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error


class Supervisor:
    """Start the parts in order and stop them in the other order.

    Each part leads its own session, so that Ctrl-C reaches only us, and asks
    the kernel to be ended should we be killed.
    """

    def __init__(self, base_dir: Path) -> None:
        self._base_dir = base_dir
        self._logs = embedded.place(base_dir).home / "logs"
        self._parts: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._servers: embedded.Servers | None = None
        self._asked_to_stop = 0

    def __enter__(self) -> Supervisor:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._on_signal)
        if os.environ.get("PADAN_END_WITH_PARENT"):
            embedded.end_with_parent(signal.SIGTERM)
        self._logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)  # stopping takes seconds, and ends
        for _, process in reversed(self._parts):
            embedded.stop_process(process, signal.SIGTERM, 10)
        if self._servers:
            self._servers.stop()

    def start_servers(self, *, postgres: bool, valkey: bool) -> None:
        """Start the embedded servers that are wanted."""
        if not (postgres or valkey):
            return
        servers = embedded.claim(self._base_dir)
        if servers is None:
            raise Problem("Padan is already running from this folder: stop it first, with Ctrl-C.")
        self._servers = servers
        servers.start(postgres=postgres, valkey=valkey)

    def manage(self, *arguments: str, quiet: bool = False) -> None:
        """Run one command of manage.py to its end; a failing one stops everything."""
        log = self._logs / "manage.log"
        with log.open("wb") as quiet_log:
            process = self._popen(
                [sys.executable, "manage.py", *arguments],
                stdout=quiet_log if quiet else None,
                signum=signal.SIGTERM,
            )
            try:
                while (code := process.poll()) is None:
                    time.sleep(0.05)
                    self._check()
            except BaseException:
                embedded.stop_process(process, signal.SIGTERM, 5)
                raise
        if code != 0:
            last_words = f"\n{embedded.tail(log)}" if quiet else ""
            raise Problem(f"`manage.py {arguments[0]}` failed.{last_words}")

    def run_in_front(self, command: Sequence[str]) -> int:
        """Run a command that has the terminal, Ctrl-C included; return its status."""
        signal.signal(signal.SIGINT, lambda *_: None)
        process = subprocess.Popen(command, preexec_fn=embedded.child_setup(signal.SIGTERM))
        try:
            while (code := process.poll()) is None:
                time.sleep(0.05)
                self._check()
            return code
        except BaseException:
            embedded.stop_process(process, signal.SIGTERM, 5)
            raise

    def start(self, name: str, command: Sequence[str], *, signum: int = signal.SIGTERM) -> None:
        """Start a part that runs until the end; ``signum`` ends it if we are killed."""
        with (self._logs / f"{name}.log").open("wb") as log:
            process = self._popen([sys.executable, *command], stdout=log, signum=signum)
        self._parts.append((name, process))

    def wait_until_healthy(self, address: str) -> None:
        """Return when the health page answers."""
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            self._check()
            try:
                with urllib.request.urlopen(f"{address}/health/", timeout=2):  # noqa: S310
                    return
            except urllib.error.HTTPError as error:
                answer = error.read().decode(errors="replace")[:500]
            except OSError as error:
                answer = str(error)
            time.sleep(0.1)
        raise Problem(f"The health page does not answer: {answer}")

    def serve_until_stopped(self) -> None:
        """Watch the parts; returns only by an exception."""
        while True:
            self._check()
            time.sleep(0.3)

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        # Only noted: an exception from here would strike anywhere, even between the
        # birth of a process and the line that remembers it.
        self._asked_to_stop = signum

    def _check(self) -> None:
        if self._asked_to_stop:
            raise Stopped(self._asked_to_stop)
        for name, process in self._parts:
            if process.poll() is not None:
                raise Problem(f"{name} ended by itself.\n{embedded.tail(self._logs / f'{name}.log')}")
        if self._servers and (words := self._servers.failed()):
            raise Problem(words)

    def _popen(self, command: Sequence[str], *, stdout: IO[bytes] | None, signum: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd=self._base_dir,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout else None,
            start_new_session=True,
            preexec_fn=embedded.child_setup(signum),
        )
