"""Set Padan up where it is hard to, and see what a newcomer would: `make check-setup`.

Every case makes a fresh clone of this checkout's HEAD in a place of its own, runs the commands of the README there, and looks
at what they say, at what they answer over HTTP and at what they leave behind. Cases that must fail have to say the one sentence
that helps. A case that cannot be exercised on this machine fails and says what it lacked.

    python3 scripts/check_setup.py [--only NAME …] [--keep] [--list]

It takes some minutes a case: packages are installed anew each time (downloaded once). Needs Linux, root (to become an
ordinary user and to take things away), git, make and util-linux; uses nothing of the project but the files it clones.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ORDINARY = "nobody"
PATIENCE = 1500  # seconds for one command; a slow machine with other work is no failure
CLONE_NEWUSER = 0x10000000
VARIABLES = ("PATH", "LANG", "PIP_CERT", "PIP_CACHE_DIR", "PIP_FIND_LINKS", "PIP_DEFAULT_TIMEOUT", "PIP_INDEX_URL")

Case = Callable[["Place"], None]
CASES: dict[str, Case] = {}


class Unmet(Exception):
    """What came out is not what a newcomer should see."""


class Lacking(Exception):
    """This machine cannot show the case."""


def case(function: Case) -> Case:
    """Register a case; the function's name is its name and the docstring says what it shows."""
    CASES[function.__name__.replace("_", "-")] = function
    return function


# --- what the cases are made of -------------------------------------------------------------------------------------


class Place:
    """A folder of its own for one case, and the commands run there."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.log = folder / "said.log"
        self.user: str | None = None
        self.prefix: tuple[str, ...] = ()
        self.started: list[subprocess.Popen[bytes]] = []

    def clone(self, name: str = "padan") -> Path:
        """A fresh clone, owned by whoever the case runs as."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _quiet(["git", "clone", "--quiet", "--no-hardlinks", str(HERE), str(target)])
        self.give(target)
        return target

    def give(self, path: Path) -> None:
        """To the case's user."""
        if self.user:
            _quiet(["chown", "-R", self.user, str(path)])

    def be(self, user: str) -> None:
        """Run all further commands as this user, with a home and a package cache of its own."""
        if shutil.which("runuser") is None:
            raise Lacking("runuser (util-linux)")
        self.user, self.prefix = user, ("runuser", "-u", user, "--")
        home = self.folder / "home"
        home.mkdir()
        own = self.folder / "cache"
        if self.cache.exists():
            shutil.copytree(self.cache, own)
        own.mkdir(exist_ok=True)
        self.cache = own
        self.give(home)
        self.give(own)

    def environment(self, **more: str) -> dict[str, str]:
        """Little more than a new terminal has."""
        kept = {name: os.environ[name] for name in VARIABLES if name in os.environ}
        home = self.folder / "home" if self.user else Path(os.environ.get("HOME", "/root"))
        return {**kept, "HOME": str(home), "PIP_CACHE_DIR": str(self.cache), **more}

    def start(self, where: Path, command: Sequence[str], **more: str) -> subprocess.Popen[bytes]:
        """Begin a command; what it says goes to the log."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self.prefix, *command],
                cwd=where,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def run(self, where: Path, command: Sequence[str], *, fails: bool = False, **more: str) -> str:
        """Run a command to its end, which must be well unless it `fails`, and return what it said."""
        before = self.log.stat().st_size if self.log.exists() else 0
        process = self.start(where, command, **more)
        try:
            code = process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Unmet(f"`{' '.join(command)}` did not end in {PATIENCE} s") from None
        said = self.said(before)
        if fails != bool(code):
            raise Unmet(f"`{' '.join(command)}` ended with {code}:\n{_last(said)}")
        return said

    def said(self, since: int = 0) -> str:
        """The log from a place on."""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def demo(self, where: Path, **more: str) -> None:
        """The README's first command, with a small world: it ends well, has matched, and leaves no process."""
        said = self.run(where, ["make", "demo", "ONCE=1", "SIZE=small", f"PORT={free_port()}"], fails=False, **more)
        expect(said, "dicocokkan dalam")
        expect(said, "lalu mengusulkan")
        self.nothing_left(where)

    def test(self, where: Path, **more: str) -> None:
        """The README's second command, on a part that needs both servers and a worker."""
        said = self.run(
            where, ["make", "test", "ARGS=tests/core/test_worker.py tests/accounts -q"], fails=False, **more
        )
        expect(said, " passed")
        if " skipped" in said or " failed" in said:
            raise Unmet(f"not all tests passed:\n{_last(said)}")
        self.nothing_left(where)

    def with_python(self, version: str) -> None:
        """Both commands with that Python."""
        python, clone = python_of(version), self.clone()
        self.demo(clone, PYTHON=python)
        made = (clone / ".venv" / "pyvenv.cfg").read_text()
        if f"version = {version}." not in made:
            raise Unmet(f"the environment was not made by Python {version}: {made}")
        self.test(clone, PYTHON=python)

    def nothing_left(self, where: Path) -> None:
        """No process of this checkout lives on."""
        deadline = time.monotonic() + 30
        while alive := processes_of(where):
            if time.monotonic() > deadline:
                raise Unmet(f"left running: {'; '.join(alive[:3])}")
            time.sleep(0.3)

    def sweep(self) -> None:
        """Whatever a failed case left."""
        for process in self.started:
            with _gone():
                os.killpg(process.pid, signal.SIGKILL)
        for line in processes_of(self.folder):
            with _gone():
                os.kill(int(line.split(" ", 1)[0]), signal.SIGKILL)


@contextmanager
def _gone() -> Iterator[None]:
    try:
        yield
    except ProcessLookupError:
        return


def _quiet(command: Sequence[str]) -> None:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise Unmet(f"`{' '.join(command)}`: {_last(answer.stdout + answer.stderr)}")


def _last(said: str, lines: int = 12) -> str:
    return "\n".join(said.strip().splitlines()[-lines:])


def expect(said: str, sentence: str) -> None:
    """That sentence, or part of it, was said, however the lines were broken."""
    if sentence not in " ".join(said.split()):
        raise Unmet(f"nobody said “{sentence}” in:\n{_last(said)}")


def processes_of(folder: Path) -> list[str]:
    """Processes that run in a folder or name it; zombies and ourselves left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(entry / "cwd")
        except OSError:
            continue
        if line and (str(folder) in line or Path(where).is_relative_to(folder)):
            found.append(f"{entry.name} {line[:120]}")
    return found


def free_port() -> int:
    """A port that nobody listens at now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def health(port: int) -> Mapping[str, str]:
    """What the health page answers, once it does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=5) as answer:
                said: Mapping[str, str] = json.load(answer)
                return said
        except OSError:
            time.sleep(0.5)
    raise Unmet(f"nothing answered at port {port}")


def python_of(version: str) -> str:
    """A Python of that version with its venv module."""
    patterns = [f"python{version}", *(f"{root}/{version}.*/bin/python3" for root in _version_roots())]
    for pattern in patterns:
        candidates = [shutil.which(pattern)] if "/" not in pattern else sorted(map(str, Path("/").glob(pattern[1:])))
        for candidate in filter(None, candidates):
            probe = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
            answer = subprocess.run([candidate, "-c", probe], capture_output=True, text=True, check=False)
            if answer.stdout.strip() == version:
                return candidate
    raise Lacking(f"Python {version} with its venv module")


def _version_roots() -> list[str]:
    return [str(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions")]


def need_root() -> None:
    """Some cases take things away, which only root can."""
    if os.geteuid() != 0:
        raise Lacking("root")


# --- machines on which it must work ---------------------------------------------------------------------------------


@case
def root(place: Place) -> None:
    """Root, where namespaces are allowed: demo and tests."""
    need_root()
    clone = place.clone()
    place.demo(clone)
    place.test(clone)


@case
def ordinary_user(place: Place) -> None:
    """An ordinary user: demo and tests."""
    need_root()
    place.be(ORDINARY)
    clone = place.clone()
    place.demo(clone)
    place.test(clone)


@case
def path_with_spaces(place: Place) -> None:
    """A path with spaces and quotes."""
    place.demo(place.clone("kerja baru/Padan 'uji coba'"))


@case
def non_ascii_path(place: Place) -> None:
    """A path with letters outside ASCII, in a terminal that knows none."""
    place.demo(place.clone("プロジェクト/ölçüm-é"), LANG="C", LC_ALL="C")


@case
def long_path(place: Place) -> None:
    """A path too long for a socket's name."""
    place.demo(place.clone("/".join(["folder-dengan-nama-panjang"] * 6) + "/padan"))


@case
def read_only_parent(place: Place) -> None:
    """An ordinary user who may not write beside the checkout."""
    need_root()
    place.be(ORDINARY)
    parent = place.folder / "parent"
    clone = place.clone("parent/padan")
    parent.chmod(0o555)
    probe = subprocess.run([*place.prefix, "touch", str(parent / "probe")], capture_output=True, check=False)
    if probe.returncode == 0:
        raise Lacking("a folder that an ordinary user cannot write to")
    place.demo(clone)
    if left := {path.name for path in parent.iterdir()} - {"padan"}:
        raise Unmet(f"written beside the checkout: {left}")


@case
def unshare_forbidden(place: Place) -> None:
    """Root in a container where `unshare` is forbidden."""
    need_root()
    where = place.clone()
    place.prefix = (sys.executable, str(Path(__file__).resolve()), "--without-unshare", "--")
    probe = subprocess.run([*place.prefix, "unshare", "--user", "true"], capture_output=True, check=False)
    if probe.returncode == 0:
        raise Lacking("a way to forbid `unshare`")
    place.demo(where)


@case
def two_checkouts(place: Place) -> None:
    """Two checkouts at once, each with a world of its own."""
    clones = [place.clone("satu"), place.clone("dua")]
    for clone in clones:  # one after the other: installing is not what this is about
        place.run(clone, ["make", "setup"])
    ports = [free_port(), free_port()]
    running = [
        place.start(clone, ["make", "demo", "SIZE=small", f"PORT={port}"])
        for clone, port in zip(clones, ports, strict=True)
    ]
    for port in ports:
        if health(port) != {"database": "up", "queue": "up"}:
            raise Unmet(f"port {port} answered {health(port)}")
    if any(process.poll() is not None for process in running):
        raise Unmet(_last(place.said()))
    for process in running:
        os.killpg(process.pid, signal.SIGINT)
    for process, clone in zip(running, clones, strict=True):
        process.wait(timeout=60)
        place.nothing_left(clone)


@case
def no_network(place: Place) -> None:
    """No network once the packages are there."""
    need_root()
    clone = place.clone()
    place.run(clone, ["make", "setup-dev"])
    place.prefix = ("unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    if shutil.which("ip") is None:
        raise Lacking("ip (iproute2)")
    reach = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=2)"
    if subprocess.run([*place.prefix, sys.executable, "-c", reach], capture_output=True, check=False).returncode == 0:
        raise Lacking("a way to close the network")
    place.demo(clone)
    place.run(
        clone, [".venv/bin/python", "-m", "pytest", "-q", "tests/core/test_worker.py", "tests/web/test_public.py"]
    )


@case
def killed_parent(place: Place) -> None:
    """Whoever started it is killed: all of it ends, and it starts again."""
    clone, port = place.clone(), free_port()
    make = place.start(clone, ["make", "demo", "SIZE=small", f"PORT={port}"])
    health(port)
    make.kill()
    make.wait()
    place.nothing_left(clone)
    place.demo(clone)


@case
def python_3_11(place: Place) -> None:
    """Python 3.11: demo and tests."""
    place.with_python("3.11")


@case
def python_3_12(place: Place) -> None:
    """Python 3.12: demo and tests."""
    place.with_python("3.12")


@case
def python_3_13(place: Place) -> None:
    """Python 3.13: demo and tests."""
    place.with_python("3.13")


# --- machines on which it cannot, and must say why ------------------------------------------------------------------


@case
def port_taken(place: Place) -> None:
    """The port is taken: said at once, with a free one."""
    clone = place.clone()
    place.run(clone, ["make", "setup"])
    with closing(socket.socket()) as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        port = rival.getsockname()[1]
        said = place.run(clone, ["make", "demo", f"PORT={port}"], fails=True)
    expect(said, f"Port {port} is taken")
    expect(said, f"PORT={port + 1}")
    place.nothing_left(clone)


@case
def same_checkout_twice(place: Place) -> None:
    """The same checkout a second time: refused, and the first lives on."""
    clone, port = place.clone(), free_port()
    first = place.start(clone, ["make", "demo", "SIZE=small", f"PORT={port}"])
    health(port)
    said = place.run(clone, ["make", "demo", f"PORT={free_port()}"], fails=True)
    expect(said, "already running from this folder")
    if first.poll() is not None or health(port)["database"] != "up":
        raise Unmet("the first one ended")
    os.killpg(first.pid, signal.SIGINT)
    first.wait(timeout=60)
    place.nothing_left(clone)


@case
def foreign_data(place: Place) -> None:
    """A data folder of another user: named, with the remedy."""
    need_root()
    place.be(ORDINARY)
    clone = place.clone()
    place.run(clone, ["make", "setup"])
    data = clone / ".padan"
    data.mkdir(mode=0o700)  # root's
    said = place.run(clone, ["make", "demo", "SIZE=small", f"PORT={free_port()}"], fails=True)
    expect(said, "belongs to another user: remove it, or work in a clone of your own.")
    place.nothing_left(clone)


@case
def no_python(place: Place) -> None:
    """No suitable Python: said which, and how to name one."""
    clone = place.clone()
    tools = place.folder / "bin"
    tools.mkdir()
    for name in ("sh", "make", "dirname", "cmp", "rm", "cp", "env"):
        found = shutil.which(name)
        if found is None:
            raise Lacking(name)
        (tools / name).symlink_to(found)
    said = place.run(clone, ["make", "demo"], fails=True, PATH=str(tools))
    expect(said, "Padan needs Python 3.11, 3.12 or 3.13 (found: none)")


@case
def no_network_at_first(place: Place) -> None:
    """No network for the first installation: said, and nothing half made is taken for whole."""
    need_root()
    clone = place.clone()
    place.cache = place.folder / "empty"
    offline = {
        "PIP_FIND_LINKS": "",
        "PIP_INDEX_URL": "https://192.0.2.1/simple",
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "2",
    }
    before = place.prefix
    place.prefix = ("unshare", "--net", "--")
    said = place.run(clone, ["make", "demo"], fails=True, PIP_CONFIG_FILE="/dev/null", **offline)
    expect(said, "Packages could not be installed: check the network (see the lines above) and run this again.")
    place.prefix = before
    if (clone / ".venv" / "requirements.txt").exists():
        raise Unmet("an environment without packages passes for whole")


# --- running them ---------------------------------------------------------------------------------------------------


def without_unshare(command: Sequence[str]) -> None:
    """Become a command in a user namespace that has all ids but allows no namespace below it."""
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child:
        os.read(ready[0], 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{name}").write_text("0 0 4294967295")
        os.write(go[1], b"x")
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda number, _: os.kill(child, number))
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER):
        os._exit(1)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execvp(command[0], list(command))  # noqa: S606


def main() -> int:
    """Run the cases one after the other; 0 when all pass."""
    if sys.argv[1:2] == ["--without-unshare"]:
        without_unshare(sys.argv[3:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=sorted(CASES), metavar="NAME", help="these cases only")
    parser.add_argument("--keep", action="store_true", help="leave the folders of failed cases")
    parser.add_argument("--list", action="store_true", help="name the cases and end")
    options = parser.parse_args()
    if options.list:
        for name, function in CASES.items():
            print(f"{name:<22} {function.__doc__}")
        return 0
    chosen = options.only or list(CASES)
    base = Path(tempfile.mkdtemp(prefix="padan-setup-"))
    base.chmod(0o755)
    cache = Path(os.environ.get("PIP_CACHE_DIR") or base / "cache")
    cache.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in chosen:
        function = CASES[name]
        place, began = Place(base / name, cache), time.monotonic()
        place.folder.mkdir()
        print(f"{name}: {function.__doc__}", flush=True)
        try:
            function(place)
            outcome = "pass"
        except Lacking as lacking:
            outcome = f"FAIL, not exercised: this machine lacks {lacking}"
        except Unmet as unmet:
            outcome = f"FAIL: {unmet}"
        finally:
            place.sweep()
        print(f"    {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
        if outcome != "pass":
            failed.append(name)
        if outcome == "pass" or not options.keep:
            shutil.rmtree(place.folder, ignore_errors=True)
    if not (failed and options.keep):
        shutil.rmtree(base, ignore_errors=True)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} pass." + (f" Failed: {', '.join(failed)}." if failed else ""))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
