"""One Redis address, spelled as each library wants it.

The broker and the cache use neighbouring databases of one server: clearing
the cache empties its whole database, which must not be the queue's.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit


def database(url: str, step: int) -> str:
    """Return the address of the database ``step`` places after the one in ``url``."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={_socket_number(parts.query) + step}"
    if parts.scheme not in {"redis", "rediss"}:
        raise ValueError(f"{parts.scheme!r} is no scheme of a Redis address")
    number = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{number + step}").geturl()


def broker(url: str) -> str:
    """Return the address for Celery, which has a word of its own for sockets."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"redis+socket://{parts.path}?virtual_host={_socket_number(parts.query)}"
    return database(url, 0)


def _socket_number(query: str) -> int:
    return int(parse_qs(query).get("db", ["0"])[0])
