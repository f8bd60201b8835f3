"""The whole of Padan from one terminal, in a copy of the checkout."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from core import embedded
from core.supervisor import Problem, check_port
from tests.network import free_port

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of its own, in a folder with a space and a letter beyond ASCII."""
    folder = tmp_path_factory.mktemp("salinan") / "kerja é"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = settings.BASE_DIR / name
        if name.startswith(("tests/", "docs/")) or not source.is_file():
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return folder


def running(copy: Path) -> list[str]:
    """Command lines of all processes of the copy: Valkey overwrites its environment, so look at both."""
    words = {str(copy), str(embedded.place(copy).sockets)}
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text(errors="replace").replace("\0", " ")
            told = command + (process / "environ").read_text(errors="replace")
        except OSError:
            continue
        if any(word in told for word in words):
            found.append(command)
    return found


def wait_until_gone(copy: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while left := running(copy):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.fixture
def serve(copy: Path) -> Iterator[Serve]:
    """A function that runs ``manage.py serve`` in the copy, on its own embedded servers."""
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PADAN_TEST_COPY": str(copy)}
    started: list[subprocess.Popen[str]] = []

    def run(*options: str, under: tuple[str, ...] = (), **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*under, sys.executable, "manage.py", "serve", *options],
            cwd=copy,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    wait_until_gone(copy)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"never said {words!r}:\n{said}")


def test_a_taken_port_is_named_with_its_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problem, match=rf"Port {port} is taken.*PORT={port + 1}"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


@pytest.mark.xdist_group("supervisor")
def test_it_serves_until_asked_to_stop(copy: Path, serve: Serve) -> None:
    port = str(free_port())
    padan = serve("--port", port)
    read_until(padan, f"Padan is open at http://127.0.0.1:{port}")
    with urllib.request.urlopen(f"http://localhost:{port}/health/") as answer:
        assert answer.status == 200
    parts = " ".join(running(copy))
    for part in (
        "manage.py serve",
        "granian",
        "celery -A config worker",
        "celery -A config beat",
        "postgres",
        "valkey",
    ):
        assert part in parts

    said, _ = serve("--port", port).communicate(timeout=30)
    assert f"Port {port} is taken" in said
    said, _ = serve("--port", str(free_port())).communicate(timeout=30)
    assert "already running from this folder" in said

    padan.send_signal(signal.SIGINT)
    said, _ = padan.communicate(timeout=40)
    assert said.endswith("Stopped; nothing is left running.\n")
    assert padan.returncode == 0
    assert running(copy) == []


@pytest.mark.xdist_group("supervisor")
def test_killed_it_leaves_no_process(copy: Path, serve: Serve) -> None:
    padan = serve("--port", str(free_port()))
    read_until(padan, "Padan is open")
    padan.kill()
    wait_until_gone(copy)


@pytest.mark.xdist_group("supervisor")
def test_it_ends_with_its_parent(copy: Path, serve: Serve) -> None:
    # the shell waits for it, as make does
    shell = ("sh", "-c", '"$@"; true', "sh")
    parent = serve("--port", str(free_port()), under=shell, PADAN_END_WITH_PARENT="1")
    read_until(parent, "Starting pages")
    parent.kill()
    wait_until_gone(copy)


@pytest.mark.xdist_group("supervisor")
def test_it_can_be_stopped_at_an_awkward_moment(copy: Path, serve: Serve) -> None:
    padan = serve("--port", str(free_port()))
    read_until(padan, "Starting the servers")
    time.sleep(0.3)
    padan.send_signal(signal.SIGTERM)
    padan.communicate(timeout=40)
    assert padan.returncode == 128 + signal.SIGTERM
    assert running(copy) == []


@pytest.mark.xdist_group("supervisor")
def test_a_part_that_fails_stops_the_others_and_is_quoted(copy: Path, serve: Serve) -> None:
    wsgi = copy / "config" / "wsgi.py"
    whole = wsgi.read_text()
    wsgi.write_text("raise RuntimeError('no pages today')\n")
    padan = serve("--port", str(free_port()))
    said, _ = padan.communicate(timeout=60)
    wsgi.write_text(whole)
    assert padan.returncode == 1
    assert "web ended by itself" in said
    assert "no pages today" in said
    assert running(copy) == []


@pytest.mark.xdist_group("supervisor")
def test_a_wrong_setting_is_told_in_a_sentence(serve: Serve) -> None:
    said, _ = serve(DEBUG="perhaps").communicate(timeout=30)
    assert said.startswith("Settings: ")
    assert "DEBUG" in said
    said, _ = serve(RELEASE="1").communicate(timeout=30)
    assert said == "Settings: SECRET_KEY is missing: give a long random text that never changes.\n"


def test_a_place_in_use_is_not_waited_for(tmp_path: Path) -> None:
    first = embedded.claim(tmp_path)
    assert first is not None
    assert embedded.claim(tmp_path) is None
    first.stop()
