"""Keep tests on this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

# "" is this machine; a Redis that the environment names may be on another one
_ALLOWED = {"", "localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104


class NetworkBlocked(RuntimeError):
    """A test tried to reach another machine."""


@contextmanager
def only_this_machine() -> Iterator[None]:
    """Refuse to look up or connect to anything but this machine."""
    allowed = _ALLOWED | {urlsplit(os.environ.get("REDIS_URL", "")).hostname or ""}
    allowed |= {str(info[4][0]) for host in allowed if host for info in socket.getaddrinfo(host, None)}
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in allowed:
            raise NetworkBlocked(f"a test tried to reach {address[0]}")
        connect(self, address)

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or ""
        if name not in allowed:
            raise NetworkBlocked(f"a test tried to look up {name}")
        return look_up(host, *args, **options)

    with (
        patch.object(socket.socket, "connect", guarded_connect),
        patch.object(socket, "getaddrinfo", guarded_look_up),
    ):
        yield


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
