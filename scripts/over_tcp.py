"""Run a command against PostgreSQL and Redis over TCP, as on a real server.

    python scripts/over_tcp.py make test

In this order: what DATABASE_URL and REDIS_URL name; servers on the usual
ports; Debian's binaries, installed by apt where we are root, started on free
ports with passwords. Status 3 means that none of these was to be had.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BASE_DIR))

import psycopg2  # noqa: E402
import redis  # noqa: E402

from core import embedded  # noqa: E402

OLDEST_POSTGRES = 15_00_00
# databases of a Redis that others may use too: away from the first ones
REDIS_DATABASE = 8
NOTHING_FOUND = 3


def running_postgres() -> str | None:
    """The address of a server on the usual port that lets us make databases."""
    port = os.environ.get("PGPORT", "5432")
    password = os.environ.get("PGPASSWORD", "")
    for user in dict.fromkeys(filter(None, (os.environ.get("PGUSER"), "postgres", "root", "padan"))):
        address = f"postgresql://{user}{f':{password}' if password else ''}@127.0.0.1:{port}"
        try:
            connection = psycopg2.connect(f"{address}/postgres", connect_timeout=3)
        except psycopg2.OperationalError:
            continue
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = cursor.fetchone()
        new_enough = connection.server_version >= OLDEST_POSTGRES
        connection.close()
        if row and row[0] and new_enough:
            return f"{address}/padan_{os.getpid()}"
    return None


def running_redis() -> str | None:
    """The address of a Redis on the usual port that asks for no password."""
    address = f"redis://127.0.0.1:6379/{REDIS_DATABASE}"
    return address if answers(lambda: redis.Redis.from_url(address, socket_connect_timeout=3)) else None


def answers(connect: Callable[[], redis.Redis]) -> bool:
    """Whether a Redis answers."""
    client = connect()
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def debian(package: str, find: Callable[[], Path | None]) -> Path | None:
    """What ``find`` finds, if need be after apt has installed ``package``."""
    if (found := find()) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    print(f"Installing {package} …", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    return find()


def postgres_bin() -> Path | None:
    """The folder of the newest PostgreSQL of Debian."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, default=None)


def redis_binary() -> Path | None:
    """The server of Redis or Valkey."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_folder(runner: embedded.Runner) -> Iterator[Path]:
    """A folder for a server's data."""
    with tempfile.TemporaryDirectory(prefix="padan-tcp-") as name:
        folder = Path(name)
        runner.own(folder)
        yield folder


@contextmanager
def started_postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL of our own, with a password, on a free port."""
    runner, port, password = embedded.runner(Path(tempfile.gettempdir())), free_port(), secrets.token_hex(8)
    with own_folder(runner) as data, tempfile.TemporaryFile() as log, tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password)
        secret.flush()
        runner.own(Path(secret.name))
        made: list[str | Path] = ["-D", data / "data", "-U", "padan", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        made += ["--auth=scram-sha-256", f"--pwfile={secret.name}"]
        if runner.popen([folder / "initdb", *made], log=log, signum=signal.SIGKILL).wait() != 0:
            log.seek(0)
            raise SystemExit(log.read().decode())
        options: list[str | Path] = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", data, "-c", "fsync=off"]
        process = runner.popen([folder / "postgres", "-D", data / "data", *options], log=log, signum=signal.SIGINT)
        address = f"postgresql://padan:{password}@127.0.0.1:{port}"
        try:
            wait_for(lambda: connects(f"{address}/postgres"), "PostgreSQL")
            yield f"{address}/padan"
        finally:
            embedded.stop_process(process, signal.SIGINT, 20)


def connects(address: str) -> bool:
    """Whether a PostgreSQL answers."""
    try:
        psycopg2.connect(address).close()
    except psycopg2.OperationalError:
        return False
    return True


@contextmanager
def started_redis(binary: Path) -> Iterator[str]:
    """A Redis of our own, with a password, on a free port."""
    runner, port, password = embedded.runner(Path(tempfile.gettempdir())), free_port(), secrets.token_hex(8)
    with own_folder(runner) as data, tempfile.TemporaryFile() as log:
        options: list[str | Path] = [
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--requirepass",
            password,
            "--dir",
            data,
            "--save",
            "",
        ]
        process = runner.popen([binary, *options], log=log, signum=signal.SIGTERM)
        address = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            wait_for(lambda: answers(lambda: redis.Redis.from_url(address)), "Redis")
            yield address
        finally:
            embedded.stop_process(process, signal.SIGTERM, 10)


def wait_for(ready: Callable[[], bool], name: str, seconds: float = 30) -> None:
    """Return when ``ready``."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"{name} did not start.")
        time.sleep(0.1)


def main(command: list[str]) -> int:
    """Find or start the pair, run the command, return its status."""
    with ExitStack() as stack:
        database = os.environ.get("DATABASE_URL") or running_postgres()
        if database is None and (folder := debian("postgresql", postgres_bin)):
            database = stack.enter_context(started_postgres(folder))
        queue = os.environ.get("REDIS_URL") or running_redis()
        if queue is None and (binary := debian("redis-server", redis_binary)):
            queue = stack.enter_context(started_redis(binary))
        if not database or not queue:
            print("No PostgreSQL 15 or newer, or no Redis: set DATABASE_URL and REDIS_URL.", file=sys.stderr)
            return NOTHING_FOUND
        for name, address in (("PostgreSQL", database), ("Redis", queue)):
            print(f"{name} at {address.rpartition('@')[2].removeprefix('redis://')}", flush=True)
        environment = os.environ | {"DATABASE_URL": database, "REDIS_URL": queue}
        return subprocess.run(command, env=environment, cwd=BASE_DIR, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
