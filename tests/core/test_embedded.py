"""The servers of a machine that has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import psycopg2
import pytest
import redis

from core import embedded


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder whose path has all that a socket's path may not have."""
    folder = tmp_path / ("tempat kerja – " + "panjang" * 12)
    folder.mkdir()
    return folder


def connect(base_dir: Path) -> psycopg2.extensions.connection:
    return psycopg2.connect(host=str(embedded.place(base_dir).sockets), user="padan", dbname="padan")


def test_addresses_are_known_before_anything_runs(checkout: Path) -> None:
    first = embedded.database_url(checkout), embedded.redis_url(checkout)
    assert first == (embedded.database_url(checkout), embedded.redis_url(checkout))
    assert not (checkout / ".padan").exists()
    sockets = embedded.place(checkout).sockets
    assert len(bytes(sockets / ".s.PGSQL.5432.lock")) < 100
    assert str(sockets) in unquote(first[0])
    assert first[1] == f"unix://{sockets}/valkey.sock?db=0"


def test_two_checkouts_have_two_places(tmp_path: Path) -> None:
    assert embedded.database_url(tmp_path / "a") != embedded.database_url(tmp_path / "b")
    assert embedded.redis_url(tmp_path / "a") != embedded.redis_url(tmp_path / "b")
    assert embedded.redis_url(tmp_path / "a") != embedded.redis_url(tmp_path / "a", "test")


def test_servers_answer_and_keep_what_they_were_told(checkout: Path) -> None:
    servers = embedded.claim(checkout)
    assert servers is not None
    with servers:
        servers.start()
        connection = connect(checkout)
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE note AS SELECT 'halo' AS word")
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchone() == ("",)
            cursor.execute("SELECT datctype FROM pg_database WHERE datname = 'padan'")
            assert cursor.fetchone() == ("C.UTF-8",)
        connection.close()
        valkey = redis.Redis.from_url(embedded.redis_url(checkout))
        valkey.set("word", "halo")
        assert valkey.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert valkey.config_get("port")["port"] == "0"
        valkey.close()
        assert servers.failed() == ""
    assert not embedded.place(checkout).sockets.exists()

    again = embedded.claim(checkout)
    assert again is not None
    with again:
        again.start()
        connection = connect(checkout)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT word FROM note")
            assert cursor.fetchone() == ("halo",)
        connection.close()
        valkey = redis.Redis.from_url(embedded.redis_url(checkout))
        assert valkey.get("word") == b"halo"
        valkey.close()


def test_a_place_is_taken_once(checkout: Path) -> None:
    first = embedded.claim(checkout)
    assert first is not None
    assert embedded.claim(checkout) is None
    first.stop()
    second = embedded.claim(checkout)
    assert second is not None
    second.stop()


def test_servers_end_with_a_parent_that_was_killed(checkout: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from core import embedded\n"
        "servers = embedded.claim(Path(sys.argv[1])); servers.start()\n"
        "print('started', flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, checkout],
        stdout=subprocess.PIPE,
        cwd=Path(embedded.__file__).parent.parent,
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"started\n"
        connect(checkout).close()
        parent.kill()
    # the servers hold the lock, so it is free when the last of them has ended
    for _ in range(200):
        if servers := embedded.claim(checkout):
            break
        time.sleep(0.05)
    assert servers is not None
    with pytest.raises(psycopg2.OperationalError):
        connect(checkout)
    with servers:
        servers.start()
        connect(checkout).close()


def test_a_failing_server_says_its_last_words(checkout: Path) -> None:
    servers = embedded.claim(checkout)
    assert servers is not None
    servers.start(valkey=False)
    servers.stop()
    (servers.home / "postgres" / "postgresql.conf").write_text("nonsense here\n")
    servers = embedded.claim(checkout)
    assert servers is not None
    with pytest.raises(embedded.EmbeddedError, match='parameter "nonsense"'):
        servers.start(valkey=False)
    servers = embedded.claim(checkout)  # the place was given free
    assert servers is not None
    servers.stop()


def test_data_of_another_version_is_left_alone(checkout: Path) -> None:
    servers = embedded.claim(checkout)
    assert servers is not None
    data = servers.home / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.EmbeddedError, match="made by PostgreSQL 9"):
        servers.start()
    assert (data / "PG_VERSION").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_namespaces_becomes_nobody(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = tmp_path / "bin" / "unshare"
    forbidden.parent.mkdir()
    forbidden.write_text("#!/bin/sh\nexit 1\n")
    forbidden.chmod(0o755)
    monkeypatch.setenv("PATH", f"{forbidden.parent}:{os.environ['PATH']}")
    servers = embedded.claim(checkout)
    assert servers is not None
    try:
        with servers:
            servers.start()
            connect(checkout).close()
            redis.Redis.from_url(embedded.redis_url(checkout)).ping()
            owner = (servers.home / "postgres" / "PG_VERSION").stat()
            assert (owner.st_uid, owner.st_gid) == (embedded.NOBODY, embedded.NOBODY)
    finally:
        shutil.rmtree(embedded.place(checkout).refuge)


def test_the_secret_key_stays_the_same_and_private(checkout: Path) -> None:
    key = embedded.local_secret_key(checkout)
    assert len(key) > 50
    assert embedded.local_secret_key(checkout) == key
    assert (checkout / ".padan" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (checkout / ".padan").iterdir()] == ["secret_key"]
