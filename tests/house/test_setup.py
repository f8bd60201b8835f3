"""What a newcomer's machine may lack is named with its remedy, in one sentence."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SCRIPTS = settings.BASE_DIR / "scripts"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with the usual tools but no Python, and a checkout on it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "cmp", "cp", "rm", "mkdir", "chmod", "cat"):
        (tools / name).symlink_to(shutil.which(name) or name)
    checkout = tmp_path / "kerja baru"
    (checkout / "scripts").mkdir(parents=True)
    for name in ("setup", "chromium"):
        shutil.copy(SCRIPTS / name, checkout / "scripts")
    (checkout / "requirements.txt").write_text("one==1\n")
    (checkout / "requirements-dev.txt").write_text("one==1\ntwo==2\n")
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(machine: Path, script: str, *arguments: str, **variables: str) -> tuple[int, str]:
    answer = subprocess.run(
        [machine / "bin" / "sh", f"scripts/{script}", *arguments],
        cwd=machine / "kerja baru",
        env={"PATH": str(machine / "bin"), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return answer.returncode, answer.stdout


# A Python that is new enough, makes environments, and notes what pip is asked for.
GOOD = r"""
case "$*" in
  *"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *"-m pip"*) echo "$*" >> pip.log ;;
  *--version*) echo "Python 3.11.7" ;;
esac
"""


def test_no_python(machine: Path) -> None:
    assert run(machine, "setup") == (
        1,
        "Padan needs Python 3.11, 3.12 or 3.13 (found: none): install one, or name it with PYTHON=/path/to/python3.11.\n",
    )


def test_an_old_python(machine: Path) -> None:
    install(machine, "python3", 'case "$2" in *sys.exit*) exit 1 ;; *) echo 3.9 ;; esac')
    status, said = run(machine, "setup")
    assert status == 1
    assert "Padan needs Python 3.11, 3.12 or 3.13 (found: 3.9)" in said
    assert said.count("\n") == 1


def test_no_venv_module(machine: Path) -> None:
    install(machine, "python3", 'case "$2" in *"import venv"*) exit 1 ;; *print*) echo 3.11 ;; esac')
    assert run(machine, "setup") == (
        1,
        "Python 3.11 has no venv module: install it, on Debian and Ubuntu with `apt-get install python3.11-venv`.\n",
    )


def test_another_python_has_what_the_first_lacks(machine: Path) -> None:
    install(machine, "python3", 'case "$2" in *"import venv"*) exit 1 ;; esac')
    install(machine, "python3.12", GOOD)
    status, said = run(machine, "setup")
    assert (status, said.splitlines()[0]) == (0, "Making .venv with Python 3.11.7 …")


def test_packages_are_installed_once_for_each_lock(machine: Path) -> None:
    checkout = machine / "kerja baru"
    install(machine, "python3", GOOD)
    assert run(machine, "setup")[0] == 0
    assert "--require-hashes --requirement requirements.txt" in (checkout / "pip.log").read_text()
    assert run(machine, "setup") == (0, "")
    assert run(machine, "setup", "dev")[0] == 0
    assert run(machine, "setup", "dev") == (0, "")
    assert len((checkout / "pip.log").read_text().splitlines()) == 2
    (checkout / "requirements.txt").write_text("one==2\n")
    assert run(machine, "setup")[1].startswith("Installing the packages of requirements.txt")


def test_a_failed_installation_is_tried_again(machine: Path) -> None:
    install(machine, "python3", GOOD.replace('echo "$*" >> pip.log', "exit 1"))
    for _ in range(2):
        status, said = run(machine, "setup")
        assert status == 1
        assert "Packages could not be installed" in said


def test_chromium_is_installed_only_by_root_and_only_where_it_is_missing(machine: Path) -> None:
    log = machine / "kerja baru" / "apt.log"
    install(machine, "apt-get", f'echo "$*" >> "{log}"')
    install(machine, "id", "echo 1000")
    assert run(machine, "chromium") == (0, "")
    install(machine, "id", "echo 0")
    install(machine, "google-chrome", "")
    assert run(machine, "chromium") == (0, "")
    assert not log.exists()
    (machine / "bin" / "google-chrome").unlink()
    assert run(machine, "chromium") == (0, "Installing Chromium for the browser tests …\n")
    assert log.read_text().splitlines() == ["update", "install -y --no-install-recommends chromium"]
    install(machine, "apt-get", "exit 100")
    assert run(machine, "chromium")[1].endswith("Chromium could not be installed.\n")
